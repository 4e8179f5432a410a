"""The email channel against a real SMTP server: plain, STARTTLS, TLS, and every way it fails."""

from __future__ import annotations

import email
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from other_sides import certificate

from riskwatch.core.channels import Channel, ChannelError, Failure, Message
from riskwatch.deliver.channels.email import EmailChannel, Security, Server
from riskwatch.deliver.egress import Egress
from riskwatch.testing import OtherSide, check_channel

LOCAL = Egress.of(["127.0.0.0/8"])
PASSWORD = "s3cr3t-pass"  # noqa: S105 - made up, to see that it is never shown
MESSAGE = Message(
    "rs-1",
    {
        "title": "II级 橙色，镇一：肠道疾病（新预警）",
        "text": "镇一：恶心呕吐求助4次。",
        "alert": {"id": "rw-1"},
    },
)


class Inbox:
    """Keeps what it is given, or answers what it is told to."""

    def __init__(self, answer: str = "250 taken", refuse: str = "") -> None:
        self.answer, self.refuse = answer, refuse
        self.mails: list[email.message.EmailMessage] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address == self.refuse:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return self.answer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def smtp(inbox: Inbox, **given: object) -> Iterator[int]:
    """A server on loopback; yields its port."""
    port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **given)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextmanager
def mute() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@contextmanager
def rude() -> Iterator[int]:
    """A server that hangs up on everyone."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


def channel(port: int, *to: str, timeout_s: float = 5.0, **given: object) -> EmailChannel:
    server = Server(
        "127.0.0.1", port, LOCAL, **{"security": Security.NONE, "timeout_s": timeout_s, **given}
    )
    return EmailChannel(server, "riskwatch@example.org", to or ("duty@example.org",))


def test_email_keeps_the_contract_before_every_other_side(tmp_path) -> None:
    """Retry table, timeout, one Message-ID on every retry; no error shows the password."""
    inbox = Inbox()
    login = {"user": "riskwatch", "password": PASSWORD}
    with ExitStack() as stack:
        port = stack.enter_context(smtp(inbox))
        busy = stack.enter_context(smtp(Inbox("451 later")))
        never = stack.enter_context(smtp(Inbox("554 never")))
        silent, hung_up = stack.enter_context(mute()), stack.enter_context(rude())
        closed = free_port()

        def before(at: int) -> Channel:
            return channel(at, timeout_s=1.0)

        check_channel(
            lambda: channel(port),
            arrived=lambda: [mail["X-Riskwatch-Send"] for mail in inbox.mails],
            broken=lambda: channel(closed, **login),
            secret=PASSWORD,
            facing={
                OtherSide.FAILS: lambda: before(busy),
                OtherSide.REFUSES: lambda: before(never),
                OtherSide.HANGS: lambda: before(silent),
                OtherSide.RESETS: lambda: before(hung_up),
            },
        )
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 2


def test_a_mail_has_a_chinese_subject_and_is_threaded_by_alert() -> None:
    """Subject and text arrive as they were; all mails of an alert refer to it."""
    inbox = Inbox()
    with smtp(inbox) as port:
        channel(port, "a@example.org", "b@example.org").send(MESSAGE)
    (mail,) = inbox.mails
    assert mail["Subject"] == MESSAGE.document["title"]
    assert mail.get_content().strip() == MESSAGE.document["text"]
    assert mail["To"] == "a@example.org, b@example.org"
    assert (mail["Message-ID"], mail["References"]) == ("<rs-1@example.org>", "<rw-1@example.org>")
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_mail_goes_over_tls_with_a_login_and_a_checked_certificate(tmp_path, security) -> None:
    """Both ways of TLS; a certificate that nobody vouches for, and a wrong password, are failures."""
    pair = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)

    def known(server, session, envelope, mechanism, data) -> AuthResult:
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    how = {"tls_context": context, "require_starttls": True}
    if security is Security.TLS:
        how = {"ssl_context": context, "auth_require_tls": False}
    inbox = Inbox()
    with smtp(inbox, authenticator=known, **how) as port:
        given = {"security": security, "user": "riskwatch"}
        if security is Security.STARTTLS:
            channel(port, ca_file=pair[0], password=PASSWORD, **given).send(MESSAGE)
            with pytest.raises(ChannelError, match="answered 535") as wrong:
                channel(port, ca_file=pair[0], password="guess-" + PASSWORD, **given).send(MESSAGE)
            assert wrong.value.failure is Failure.STOP
            assert PASSWORD not in str(wrong.value)
        else:
            channel(port, ca_file=pair[0], security=security).send(MESSAGE)
        with pytest.raises(ChannelError, match="SSLCertVerificationError"):
            channel(port, security=security).send(MESSAGE)
    assert len(inbox.mails) == 1


def test_a_server_without_starttls_is_not_spoken_to_in_the_clear() -> None:
    """Where protection was asked for, its absence ends the message."""
    inbox = Inbox()
    with smtp(inbox) as port, pytest.raises(ChannelError, match="SMTPNotSupportedError") as error:
        channel(port, security=Security.STARTTLS).send(MESSAGE)
    assert error.value.failure is Failure.STOP
    assert inbox.mails == []


def test_a_recipient_that_is_refused_is_told() -> None:
    """The others have the mail; the one who has not is not kept silent."""
    inbox = Inbox(refuse="gone@example.org")
    with smtp(inbox) as port:
        for to in (("duty@example.org", "gone@example.org"), ("gone@example.org",)):
            with pytest.raises(ChannelError, match=r"answered 550 \(refused gone@example.org\)") as error:
                channel(port, *to).send(MESSAGE)
            assert error.value.failure is Failure.STOP
    assert len(inbox.mails) == 1
