"""The webhook channel: signed CloudEvents over connections that are checked, and every way they fail."""

from __future__ import annotations

import base64
import json
import socket
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone

import pytest
from other_sides import certificate, facing
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from riskwatch.core.channels import ChannelError, Failure, Message
from riskwatch.core.clock import MovableClock, SystemClock
from riskwatch.deliver.channels.webhook import WebhookChannel
from riskwatch.deliver.egress import Egress
from riskwatch.deliver.http import Endpoint
from riskwatch.deliver.signature import key_of, signed_headers
from riskwatch.testing import Answer, FaultServer, How, check_channel

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()
LOCAL = Egress.of(["127.0.0.0/8"])
ALERT = {"id": "rw-1", "updated_at": "2025-02-05T12:00:00Z"}
MESSAGE = Message("rs-1", {"reason": "first", "area": "T", "sequence": 7, "title": "校验", "alert": ALERT})


def channel(url: str, *secrets: str, timeout_s: float = 0.6, ca_file: str | None = None) -> WebhookChannel:
    keys = tuple(key_of(secret) for secret in secrets)
    return WebhookChannel(Endpoint(url, LOCAL, timeout_s, ca_file), SystemClock(), keys)


def test_webhook_keeps_the_contract_before_every_other_side() -> None:
    """The retry table, the timeout, one id on every retry, and no error that shows secret or path."""
    token = "t0k3n"  # noqa: S105 - made up, to see that it is never shown
    with ExitStack() as stack:
        good, free = stack.enter_context(FaultServer()), stack.enter_context(FaultServer())
        free.__exit__(None, None, None)
        check_channel(
            lambda: channel(good.url, SECRET),
            arrived=lambda: [a.headers["webhook-id"] for a in good.arrived],
            broken=lambda: channel(free.url + "/" + token, SECRET),
            secret=SECRET.removeprefix("whsec_"),
            facing=facing(stack, lambda url: channel(url + "/" + token, SECRET)),
        )
        for side, make in facing(stack, lambda url: channel(url + "/" + token, SECRET)).items():
            with pytest.raises(ChannelError) as error:
                make().send(MESSAGE)
            assert token not in str(error.value) + repr(make()), side


def test_the_body_is_a_cloudevent() -> None:
    """CloudEvents 1.0 in structured JSON, with its Sequence and Partitioning extensions."""
    with FaultServer() as server:
        channel(server.url, SECRET).send(MESSAGE)
    (arrived,) = server.arrived
    assert arrived.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert json.loads(arrived.body) == {
        "specversion": "1.0",
        "id": "rs-1",
        "source": "/riskwatch",
        "type": "riskwatch.alert.first",
        "subject": "rw-1",
        "time": "2025-02-05T12:00:00Z",
        "partitionkey": "T",
        "sequence": "000000000007",
        "datacontenttype": "application/json",
        "data": dict(MESSAGE.document),
    }


def test_the_signature_is_one_that_others_verify_with_any_secret_in_rotation() -> None:
    """The standardwebhooks package takes it with the new and with the old secret, and no other body."""
    with FaultServer() as server:
        channel(server.url, SECRET, OLD).send(MESSAGE)
    (arrived,) = server.arrived
    headers = {name.lower(): value for name, value in arrived.headers.items()}
    for secret in (SECRET, OLD):
        assert Webhook(secret).verify(arrived.body, headers)["id"] == "rs-1"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(arrived.body.replace(b"first", b"fired"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(arrived.body, headers)


def test_the_time_that_is_signed_is_utc_wherever_the_clock_stands() -> None:
    """A clock at +08:00 signs the same seconds as one in UTC, which the verifying package gets wrong."""
    at = datetime(2025, 2, 5, 20, tzinfo=timezone(timedelta(hours=8)))
    with FaultServer() as server:
        for clock in (MovableClock(at), MovableClock(at.astimezone(UTC))):
            WebhookChannel(Endpoint(server.url, LOCAL), clock, (key_of(SECRET),)).send(MESSAGE)
    first, second = server.arrived
    assert first.headers["webhook-timestamp"] == second.headers["webhook-timestamp"] == "1738756800"
    assert first.headers["webhook-signature"] == second.headers["webhook-signature"]
    assert (
        Webhook(SECRET).sign("rs-1", at.astimezone(UTC), first.body.decode())
        == signed_headers("rs-1", 1738756800, first.body, [key_of(SECRET)])["webhook-signature"]
    )


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!!", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    """24 to 64 bytes of base64."""
    with pytest.raises(ValueError, match="the secret") as error:
        key_of(secret)
    assert secret not in str(error.value)


def test_a_drip_of_bytes_does_not_hold_the_channel() -> None:
    """The limit is that of the request, not of each byte."""
    with FaultServer() as server:
        server.always = Answer(how=How.DRIP)
        with pytest.raises(ChannelError, match=r"no answer within 0.6 s"):
            channel(server.url).send(MESSAGE)


def test_an_answer_after_the_client_gave_up_is_sent_again_under_its_id() -> None:
    """The other side has it twice, and can tell by the id."""
    with FaultServer() as server:
        server.then(Answer(how=How.HUNG))
        with pytest.raises(ChannelError, match="no answer"):
            channel(server.url, SECRET).send(MESSAGE)
        server.release()
        channel(server.url, SECRET).send(MESSAGE)
    assert [a.headers["webhook-id"] for a in server.arrived] == ["rs-1", "rs-1"]


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "999999999999999"}, 6 * 3600.0),
        ({"Retry-After": "Wed, 05 Feb 2025 12:01:30 GMT", "Date": "Wed, 05 Feb 2025 12:00:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_where_it_can_be(headers: dict[str, str], wait_s: float | None) -> None:
    """Seconds, up to six hours; what cannot be read is not obeyed."""
    with FaultServer() as server:
        server.always = Answer(503, headers)
        with pytest.raises(ChannelError, match="answered 503") as error:
            channel(server.url).send(MESSAGE)
    if "GMT" in headers.get("Retry-After", ""):
        assert error.value.retry_after_s == 0.0  # held against the server's own present, long after
    else:
        assert error.value.retry_after_s == wait_s


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path) -> None:
    """TLS is checked against the authorities of the machine, or those of ca_file."""
    pair = certificate(tmp_path)
    with FaultServer(pair) as server:
        with pytest.raises(ChannelError, match="TLS failed"):
            channel(server.url, timeout_s=5).send(MESSAGE)
        channel(server.url, timeout_s=5, ca_file=pair[0]).send(MESSAGE)
        other = server.url.replace("127.0.0.1", "hooks.example.org")
        resolved = Egress.of(["127.0.0.0/8"], lambda *_: ["127.0.0.1"])
        with pytest.raises(ChannelError, match="TLS failed"):
            WebhookChannel(Endpoint(other, resolved, 5, pair[0]), SystemClock()).send(MESSAGE)
    assert len(server.arrived) == 1


def test_what_is_no_json_is_given_up() -> None:
    """No retry makes it one."""
    with pytest.raises(ChannelError, match="is not JSON") as error:
        channel("http://127.0.0.1:9/").send(Message("rs-1", {"x": float("nan")}))
    assert error.value.failure is Failure.STOP


def test_nothing_that_speaks_another_protocol_is_taken_for_an_answer() -> None:
    """A web address that names a server of something else is a failure that says so."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def babble() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        with pytest.raises(ChannelError, match="not an HTTP answer"):
            channel(f"http://127.0.0.1:{other.getsockname()[1]}/").send(MESSAGE)
        thread.join()
