"""One HTTP request of a channel: through the egress guard, without redirects, whole within its time."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from riskwatch.core.channels import ChannelError, Failure
from riskwatch.deliver.egress import Egress

_MOST_BYTES = 64 << 10
_LONGEST_WAIT_S = 6 * 3600.0
USER_AGENT = "riskwatch"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that is posted to; its path and query may be secret, so only scheme and host are ever told."""

    url: str = field(repr=False)
    egress: Egress = field(repr=False)
    timeout_s: float = 10.0
    ca_file: str | None = None

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}"

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body; returns on a 2xx whose answer was read whole, else raises ChannelError.

        429 and 5xx are tried again, after Retry-After where it is given; 410 says that the receiver
        is gone; a redirect and any other answer end the message (RFC 9110, section 15).
        """
        self._ask("POST", body, headers)

    def get(self) -> None:
        """Fetch the URL; what it answers is of no interest, only that it does."""
        self._ask("GET", None, {})

    def _ask(self, method: str, body: bytes | None, headers: Mapping[str, str]) -> None:
        parts = urlsplit(self.url)
        path = parts.path or "/"
        connection = _Connection(self, parts)
        try:
            connection.request(
                method,
                f"{path}?{parts.query}" if parts.query else path,
                body,
                {"User-Agent": USER_AGENT, "Connection": "close", **headers},
            )
            answer = connection.getresponse()
            if 200 <= answer.status < 300:
                short = answer.length is not None and answer.length <= _MOST_BYTES
                answer.read(None if short else _MOST_BYTES)  # read whole, an answer that was cut is told
            else:
                raise _refused(str(self), answer)
        except ChannelError:
            raise
        except TimeoutError:
            raise ChannelError(f"{self}: no answer within {self.timeout_s:g} s") from None
        except ssl.SSLError as error:
            raise ChannelError(f"{self}: TLS failed ({error.reason or 'no reason given'})") from None
        except OSError as error:
            raise ChannelError(f"{self}: {error.strerror or type(error).__name__}") from None
        except http.client.HTTPException as error:
            raise ChannelError(f"{self}: not an HTTP answer ({type(error).__name__})") from None
        finally:
            connection.end()


class _Connection(http.client.HTTPConnection):
    """A connection to a checked address, with one deadline for all that is read and written."""

    def __init__(self, endpoint: Endpoint, parts: SplitResult) -> None:
        self._tls = parts.scheme == "https"
        host = parts.hostname or ""
        super().__init__(host, parts.port or (443 if self._tls else 80))
        self._endpoint = endpoint
        self._raw: socket.socket | None = None

    def end(self) -> None:
        """Close the connection itself; http.client closes its half before the answer is read."""
        self.close()
        if self._raw is not None:
            self._raw.close()

    def connect(self) -> None:
        deadline = time.monotonic() + self._endpoint.timeout_s
        raw = self._raw = self._endpoint.egress.connect(self.host, self.port, self._endpoint.timeout_s)
        raw.settimeout(_left_s(deadline))
        if self._tls:
            context = ssl.create_default_context(cafile=self._endpoint.ca_file)
            raw = self._raw = context.wrap_socket(raw, server_hostname=self.host)
        self.sock = _Hurried(raw, deadline)  # the part of a socket that http.client uses


class _Hurried:
    """A socket whose every read and write ends by one deadline: a drip of bytes cannot hold it."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw, self._deadline = raw, deadline

    def sendall(self, data: Any) -> None:
        self._raw.settimeout(_left_s(self._deadline))
        self._raw.sendall(data)

    def makefile(self, _mode: str = "rb", *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._raw, self._deadline))

    def close(self) -> None:
        """Nothing: the answer is still to be read."""


class _Reader(io.RawIOBase):
    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw, self._deadline = raw, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._raw.settimeout(_left_s(self._deadline))
        return self._raw.recv_into(buffer)


def _left_s(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _refused(where: str, answer: http.client.HTTPResponse) -> ChannelError:
    """What an answer that is no 2xx means for the message."""
    status, wait_s = answer.status, _retry_after_s(answer)
    told = f"{where}: answered {status}"
    if status == 410:
        return ChannelError(f"{told}: the receiver is gone", Failure.GONE)
    if status == 429 or status >= 500:
        return ChannelError(told, retry_after_s=wait_s)
    if 300 <= status < 400:
        return ChannelError(f"{told}: redirects are not followed; give the address itself", Failure.STOP)
    return ChannelError(told, Failure.STOP)


def _retry_after_s(answer: http.client.HTTPResponse) -> float | None:
    """Seconds of Retry-After: a number, or a date held against the answer's own Date (RFC 9110, 10.2.3)."""
    text = (answer.headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), _LONGEST_WAIT_S)
    try:
        asked, sent = parsedate_to_datetime(text), parsedate_to_datetime(answer.headers["Date"])
        return min(max((asked - sent).total_seconds(), 0.0), _LONGEST_WAIT_S)
    except (TypeError, ValueError):
        return None
