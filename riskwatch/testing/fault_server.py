"""A web server on loopback that answers as it is told: late, never, cut short, reset, or any status."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_LONGEST_S = 60.0


class How(StrEnum):
    """How an answer goes out."""

    WHOLE = "whole"
    HUNG = "hung"  # nothing comes until `release`
    RESET = "reset"  # the connection is torn down
    TRUNCATED = "truncated"  # fewer bytes than announced
    DRIP = "drip"  # a byte of the header now and then, until `release`


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    how: How = How.WHOLE


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request that was read whole, whatever it was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    answer: Answer


class FaultServer:
    """Keeps what arrives, and gives the answers of `then` in turn, after them `always`.

    >>> with FaultServer() as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, certificate: tuple[str, str] | None = None) -> None:
        self.always = Answer()
        self._answers: deque[Answer] = deque()
        self._arrived: list[Arrived] = []
        self._lock, self._released = threading.Lock(), threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._scheme}://127.0.0.1:{self.port}/hook"

    @property
    def arrived(self) -> list[Arrived]:
        """What has arrived so far."""
        with self._lock:
            return list(self._arrived)

    def then(self, *answers: Answer) -> Self:
        """The next answers, in turn."""
        with self._lock:
            self._answers.extend(answers)
        return self

    def release(self) -> None:
        """Let what hangs go on."""
        self._released.set()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Keep a request and say what it gets."""
        with self._lock:
            answer = self._answers.popleft() if self._answers else self.always
            self._arrived.append(Arrived(path, headers, body, answer))
        return answer

    def wait_released(self, timeout_s: float = _LONGEST_S) -> bool:
        """Wait until `release`."""
        return self._released.wait(timeout_s)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what this server is for."""


def _handler(server: FaultServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:  # the client died in the middle: nothing arrived
                self.close_connection = True
                return
            self._answer(server.take(self.path, dict(self.headers.items()), body))

        do_GET = do_POST  # noqa: N815 - the name http.server calls

        def _answer(self, answer: Answer) -> None:
            if answer.how is How.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            if answer.how is How.HUNG:
                server.wait_released()
            if answer.how is How.DRIP:
                self._drip()
                return
            content = b"" if answer.status == 204 else b"taken"
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            extra = 100 if answer.how is How.TRUNCATED else 0
            self.send_header("Content-Length", str(len(content) + extra))
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = True

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not server.wait_released(0.05):
                self.wfile.write(b".")
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what matters."""

    return Handler
