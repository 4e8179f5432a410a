"""The contract of delivery channels as checks; run on every class in `riskwatch/deliver/channels/`."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from riskwatch.core.channels import Channel, ChannelError, Failure, Message, Receipt

MAX_TIMEOUT_S = 60.0
_SLACK_S = 5.0

Make = Callable[[], Channel]


class OtherSide(StrEnum):
    """How the other side can behave."""

    FAILS = "fails"  # for now: a fault of its own, 5xx, SMTP 4yz
    REFUSES = "refuses"  # for good: any other 4xx, SMTP 5yz
    ASKS_TO_WAIT = "asks_to_wait"  # 429 with Retry-After: 120
    IS_GONE = "is_gone"  # 410
    REDIRECTS = "redirects"
    HANGS = "hangs"
    RESETS = "resets"
    CUTS_SHORT = "cuts_short"


RETRY_TABLE = {
    OtherSide.FAILS: Failure.RETRY,
    OtherSide.REFUSES: Failure.STOP,
    OtherSide.ASKS_TO_WAIT: Failure.RETRY,
    OtherSide.IS_GONE: Failure.GONE,
    OtherSide.REDIRECTS: Failure.STOP,
    OtherSide.HANGS: Failure.RETRY,
    OtherSide.RESETS: Failure.RETRY,
    OtherSide.CUTS_SHORT: Failure.RETRY,
}
"""What each behaviour means for the message; the worker acts on it."""

_MUST_HAVE = (OtherSide.FAILS, OtherSide.REFUSES, OtherSide.HANGS, OtherSide.RESETS)


def check_channel(
    make: Make,
    *,
    arrived: Callable[[], Sequence[str]],
    broken: Make,
    secret: str | None = None,
    facing: Mapping[OtherSide, Make] | None = None,
) -> None:
    """Hold a channel against the contract; raises AssertionError that begins with the rule's name.

    `arrived` gives the ids that the other side holds; `broken` makes the same channel where it
    cannot deliver; `secret` is the text in its settings (a token, a key) that nobody may see.
    `facing` makes it before another side that behaves in one way; a channel that waits for another
    side (`timeout_s` over 0) must have met those that fail, refuse, hang and reset.
    """
    _timeout_is_bounded(make())
    _same_id_is_accepted(make, arrived)
    _failure_says_why(broken)
    makes = dict(facing or {})
    if make().timeout_s > 0:
        missing = [str(side) for side in _MUST_HAVE if side not in makes]
        assert not missing, f"retry_table: it never met a side that {', '.join(missing)}"
    for side, faced in makes.items():
        _keeps_the_table(side, faced)
    if secret is not None:
        for unable in (broken, *makes.values()):
            _secret_stays_secret(unable, secret)


def _keeps_the_table(side: OtherSide, make: Make) -> None:
    channel, started = make(), time.monotonic()
    _, error = _failure(lambda: channel)
    took_s, expected = time.monotonic() - started, RETRY_TABLE[side]
    rule = f"retry_table: a side that {side}"
    assert error.failure is expected, f"{rule} means {expected}, not {error.failure} ({error})"
    assert took_s <= channel.timeout_s + _SLACK_S, (
        f"timeout_is_kept: {took_s:.1f} s, not {channel.timeout_s:g}"
    )
    if side is OtherSide.ASKS_TO_WAIT:
        assert error.retry_after_s == 120, f"{rule} for 120 s is left alone for {error.retry_after_s}"


def _message(n: int) -> Message:
    """A message as the worker makes them, with texts in two scripts."""
    at = "2025-02-05T12:00:00Z"
    alert = {
        "id": f"rw-{n}",
        "kind": "risk",
        "area": "T1",
        "signature": "gastro",
        "level": 2,
        "level_history": [{"at": at, "level": 2}],
        "opened_at": at,
        "updated_at": at,
        "closed_at": None,
    }
    told = {"title": f"II orange, T1: check {n} 校验", "text": f"check {n}: 校验"}
    place = {"area": "T1", "sequence": n, "step": 0, "reason": "first"}
    return Message(f"rw-check-{n}", {**told, **place, "alert": alert})


def _timeout_is_bounded(channel: Channel) -> None:
    timeout = channel.timeout_s
    bounded = math.isfinite(timeout) and 0 <= timeout <= MAX_TIMEOUT_S
    assert bounded, f"timeout_is_bounded: timeout_s is {timeout}, not 0 to {MAX_TIMEOUT_S:g}"
    assert channel.name, "has_a_name: name is empty"


def _same_id_is_accepted(make: Make, arrived: Callable[[], Sequence[str]]) -> None:
    rule = "same_id_is_accepted"
    channel, other = make(), _message(2)
    for sender, again in ((channel, False), (channel, True), (make(), True)):
        try:
            receipt = sender.send(_message(1))
        except ChannelError as error:
            raise AssertionError(
                f"{rule}: {'a retry' if again else 'a message'} is refused ({error})"
            ) from error
        assert isinstance(receipt, Receipt), f"{rule}: send gave no receipt"
        assert receipt.message_id == "rw-check-1", f"{rule}: the receipt is of another message"
        assert again or not receipt.repeated, f"{rule}: the first delivery is called repeated"
    assert channel.send(other).message_id == other.id, f"{rule}: a second message is refused"
    assert set(arrived()) == {"rw-check-1", "rw-check-2"}, f"{rule}: what arrived is not what was sent"


def _failure(broken: Make) -> tuple[Channel, ChannelError]:
    channel = broken()
    try:
        channel.send(_message(3))
    except ChannelError as error:
        return channel, error
    except Exception as error:
        raise AssertionError(f"failure_says_why: {type(error).__name__} instead of ChannelError") from error
    raise AssertionError("failure_says_why: a channel that cannot deliver gave a receipt")


def _failure_says_why(broken: Make) -> None:
    _, error = _failure(broken)
    assert str(error).strip(), "failure_says_why: the error has no text"


def _secret_stays_secret(broken: Make, secret: str) -> None:
    channel, error = _failure(broken)
    told = {
        "the error": "".join(traceback.format_exception(error)),
        "its repr": repr(error),
        "the channel's repr": repr(channel),
    }
    for where, text in told.items():
        assert secret not in text, f"secret_stays_secret: {where} shows it"
