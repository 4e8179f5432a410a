"""The email channel: one plain-text mail a message over SMTP with TLS, threaded by alert."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from typing import Any

from riskwatch.core.channels import ChannelError, Failure, Message, Receipt
from riskwatch.deliver.egress import Egress


class Security(StrEnum):
    """How the connection is protected; `none` sends a password to nobody."""

    TLS = "tls"  # from the first byte (RFC 8314)
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class Server:
    """An SMTP server and how it is spoken to."""

    host: str
    port: int
    egress: Egress = field(repr=False)
    security: Security = Security.TLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    timeout_s: float = 20.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class EmailChannel:
    """Sends each message to all recipients at once; a retry carries the same Message-ID."""

    server: Server
    sender: str
    to: tuple[str, ...]
    name = "email"

    @property
    def timeout_s(self) -> float:
        """That of the session as a whole."""
        return self.server.timeout_s

    def send(self, message: Message) -> Receipt:
        """Send one mail; raises ChannelError where not every recipient was taken."""
        mail, session = self._mail(message), _session(self.server)
        cut = threading.Timer(self.timeout_s, _cut, (session,))
        cut.daemon = True
        cut.start()
        try:
            _greet(session, self.server)
            refused = session.send_message(mail, self.sender, self.to)
            with suppress(smtplib.SMTPException, OSError):
                session.quit()  # the mail is taken, whatever the server says to a goodbye
        except ChannelError:
            raise
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPResponseException as error:
            raise self._answered(error.smtp_code, _kind(error)) from None
        except (smtplib.SMTPException, ssl.SSLError) as error:
            told = f"{self.server}: {_kind(error)}"
            retry = isinstance(error, smtplib.SMTPServerDisconnected | ssl.SSLError)
            raise ChannelError(told, Failure.RETRY if retry else Failure.STOP) from None
        except TimeoutError:
            raise ChannelError(f"{self.server}: no answer within {self.timeout_s:g} s") from None
        except OSError as error:
            raise ChannelError(f"{self.server}: {error.strerror or _kind(error)}") from None
        finally:
            cut.cancel()
            session.close()
        if refused:
            code = max(code for code, _ in refused.values())
            raise self._answered(code, f"refused {', '.join(sorted(refused))}")
        return Receipt(message.id)

    def _answered(self, code: int, what: str) -> ChannelError:
        """4yz is for now, 5yz for good (RFC 5321, 4.2.1)."""
        failure = Failure.STOP if code >= 500 else Failure.RETRY
        return ChannelError(f"{self.server}: answered {code} ({what})", failure)

    def _mail(self, message: Message) -> EmailMessage:
        document = message.document
        domain = Address(addr_spec=self.sender).domain or "riskwatch"
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = self.sender, ", ".join(self.to)
        title = str(document.get("title") or document.get("sentence") or message.id)
        mail["Subject"] = " ".join(title.split())
        mail["Message-ID"] = f"<{message.id}@{domain}>"
        thread = (document.get("alert") or {}).get("id")
        if thread:
            mail["References"] = mail["In-Reply-To"] = f"<{thread}@{domain}>"
        if document.get("date"):
            mail["Date"] = str(document["date"])
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Riskwatch-Send"] = message.id
        mail.set_content(str(document.get("text") or title) + "\n")
        return mail


def _session(server: Server) -> _Session:
    if server.security is Security.TLS:
        return _SecureSession(server, ssl.create_default_context(cafile=server.ca_file))
    return _Session(server)


def _greet(session: smtplib.SMTP, server: Server) -> None:
    """Connect, protect the connection and sign in."""
    session.connect(server.host, server.port)
    if server.security is Security.STARTTLS:
        session.starttls(context=ssl.create_default_context(cafile=server.ca_file))
    if server.user is not None and server.password is not None:
        session.login(server.user, server.password)


def _cut(session: smtplib.SMTP) -> None:
    """End a session whose time is up; each wait in it has a limit, all of them together do not."""
    if session.sock is not None:
        with suppress(OSError):
            session.sock.shutdown(socket.SHUT_RDWR)


class _Session(smtplib.SMTP):
    def __init__(self, server: Server, **given: Any) -> None:
        super().__init__(timeout=server.timeout_s, local_hostname="riskwatch", **given)
        self._server = server
        self._host = server.host  # starttls checks the certificate against it

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._server.egress.connect(host, port, timeout)


class _SecureSession(_Session):
    def __init__(self, server: Server, context: ssl.SSLContext) -> None:
        super().__init__(server)
        self._context = context

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        try:
            return self._context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def _kind(error: Exception) -> str:
    """The error's kind alone: a server's text may repeat what was said to it."""
    return type(error).__name__
