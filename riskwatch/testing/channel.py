"""The contract of delivery channels as checks; run on every class in `riskwatch/deliver/channels/`."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Sequence

from riskwatch.core.channels import Channel, ChannelError, Message, Receipt

MAX_TIMEOUT_S = 60.0

Make = Callable[[], Channel]


def check_channel(
    make: Make, *, arrived: Callable[[], Sequence[str]], broken: Make, secret: str | None = None
) -> None:
    """Hold a channel against the contract; raises AssertionError that begins with the rule's name.

    `arrived` gives the ids that the other side holds; `broken` makes the same channel where it
    cannot deliver; `secret` is the text in its settings (a token, a key) that nobody may see.
    """
    _timeout_is_bounded(make())
    _same_id_is_accepted(make, arrived)
    _failure_says_why(broken)
    if secret is not None:
        _secret_stays_secret(broken, secret)


def _message(n: int) -> Message:
    return Message(f"rw-check-{n}", {"sentence": f"check {n}: 校验", "level": 2})


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
