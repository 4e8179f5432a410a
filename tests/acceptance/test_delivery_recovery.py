"""A receiver that answers again: the gravest first, also of what waits to be tried again."""

from __future__ import annotations

from pathlib import Path

from riskwatch.core.alerts import Level
from riskwatch.core.channels import ChannelError, Message, Receipt
from riskwatch.testing.post import Post, served_by

DOWN = ChannelError("desk: no answer within 10 s")
ASKS = ChannelError("desk: answered 429", retry_after_s=900)
MINUTE_S = 60


def told(post: Post) -> list[str]:
    """The alerts whose messages arrived, in that order."""
    return [message.document["alert"]["id"] for message in post.desk.taken]


def outage(post: Post, *alerts: tuple[str, Level], seconds: float = 20 * MINUTE_S) -> None:
    """They open while the receiver is down, each in an area of its own, and are tried until it is up."""
    post.desk.down = DOWN
    for name, level in alerts:
        post.open(name, area=f"area of {name}", level=level)
    for _ in range(round(seconds / MINUTE_S)):
        post.sends(MINUTE_S)
    post.desk.down = None


def test_a_red_one_that_waits_for_its_retry_goes_when_its_receiver_answers(post: Post) -> None:
    """After twenty minutes down its own retry is minutes away; the first success lets it go at once."""
    outage(post, ("rw-red", Level.RED))
    assert post.sends() == 0
    post.open("rw-new", area="B", level=Level.BLUE)
    post.sends()
    assert told(post) == ["rw-new", "rw-red"]


def test_of_those_that_wait_the_gravest_goes_first(post: Post) -> None:
    """Three levels wait for their retries; a fresh red one that arrives brings them in their order."""
    outage(post, ("rw-blue", Level.BLUE), ("rw-red", Level.RED), ("rw-yellow", Level.YELLOW))
    post.lines["desk"] = served_by(post.desk, parallel=1)
    post.worker = post.another("w2")
    post.open("rw-new", area="B", level=Level.RED)
    post.sends()
    assert told(post) == ["rw-new", "rw-red", "rw-yellow", "rw-blue"]


def test_one_that_was_raised_waits_behind_its_own_first_message(post: Post) -> None:
    """The line of an area goes by the gravest in it, before a yellow one, and from its first message on."""
    post.desk.down = DOWN
    town = post.open("rw-town", area="A", level=Level.BLUE)
    post.open("rw-other", area="B", level=Level.YELLOW)
    post.sends()
    post.sends(5)
    post.raised(town)
    post.sends(MINUTE_S)
    post.sends(5 * MINUTE_S)
    post.desk.down = None
    post.lines["desk"] = served_by(post.desk, parallel=1)
    post.worker = post.another("w2")
    post.open("rw-new", area="C")
    post.sends()
    assert told(post) == ["rw-new", "rw-town", "rw-other", "rw-town"]
    assert post.desk.told("sequence") == [1, 1, 1, 2]


def test_without_a_success_each_keeps_to_its_own_retry(post: Post) -> None:
    """While the receiver is down a fresh message, however grave, brings nothing forward."""
    outage(post, ("rw-a", Level.RED), ("rw-b", Level.RED))
    post.desk.down = DOWN
    before = len(post.desk.tried)
    post.open("rw-new", area="B", level=Level.RED)
    assert (post.sends(), len(post.desk.tried) - before) == (1, 1)


def test_the_success_of_another_receiver_brings_nothing_forward(tmp_path: Path) -> None:
    """One is up and is told; the other is down, and its message waits for its own time."""
    post = Post(tmp_path, "desk", "other")
    post.channels["other"].down = DOWN
    post.open("rw-a", area="A")
    post.sends()
    post.sends(5)
    tried = len(post.channels["other"].tried)
    post.channels["desk"].taken.clear()
    post.channels["other"].down = None
    post.planner = type(post.planner)(("desk",))  # type: ignore[call-arg] # told who to tell
    post.open("rw-b", area="B")
    post.sends()
    assert told(post) == ["rw-b"]
    assert len(post.channels["other"].tried) == tried


def test_what_a_receiver_asked_to_wait_with_waits(post: Post) -> None:
    """Retry-After is obeyed although the receiver takes other messages meanwhile."""
    post.desk.fails.append(ASKS)
    post.open("rw-asked", area="A", level=Level.RED)
    post.sends()
    post.open("rw-new", area="B")
    post.sends(MINUTE_S)
    assert told(post) == ["rw-new"]
    post.open("rw-newer", area="C")
    post.sends(15 * MINUTE_S)
    assert sorted(told(post)) == ["rw-asked", "rw-new", "rw-newer"]


class Refusing:
    """A channel that always fails for one alert."""

    name, timeout_s = "refusing", 1.0

    def __init__(self, alert: str) -> None:
        self.alert, self.tried = alert, 0

    def send(self, message: Message) -> Receipt:
        """Take all but one."""
        if message.document["alert"]["id"] == self.alert:
            self.tried += 1
            raise DOWN
        return Receipt(message.id)


def test_a_message_that_always_fails_is_brought_forward_once(post: Post) -> None:
    """Forty others arrive after it within a minute; it is tried at its own times and once beside them."""
    refusing = Refusing("rw-bad")
    post.lines["desk"] = served_by(refusing)
    post.worker = post.another("w2")
    post.open("rw-bad", area="A", level=Level.RED)
    post.sends()
    for n in range(40):
        post.open(f"rw-{n}", area=f"B{n}")
        post.sends(1.5)
    assert refusing.tried <= 4 + 1  # at 0, 5, 20 and 50 s, and once beside


def test_a_receiver_that_falters_again_is_left_to_the_retries(post: Post) -> None:
    """A hundred wait, and the receiver takes three and is down again: at most a round of them was tried."""
    outage(post, *((f"rw-{n:03}", Level.ORANGE) for n in range(100)), seconds=10 * MINUTE_S)
    post.sends(1)
    before = len(post.desk.tried)

    class Faltering:
        name, timeout_s = "faltering", 1.0
        left, tried = 3, 0

        def send(self, message: Message) -> Receipt:
            self.tried += 1
            if self.left == 0:
                raise DOWN
            self.left -= 1
            return Receipt(message.id)

    faltering = Faltering()
    post.lines["desk"] = served_by(faltering, parallel=2)
    post.worker = post.another("w2")
    post.open("rw-new", area="B")
    post.sends()
    assert len(post.desk.tried) == before
    assert 3 < faltering.tried <= 1 + 8 + 8
