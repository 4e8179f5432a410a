"""The file channel: durable lines, each id once."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from riskwatch.core.channels import Channel, ChannelError, Message, Receipt
from riskwatch.deliver.channels.file import FileChannel
from riskwatch.testing import OtherSide, check_channel
from riskwatch.testing.channel import RETRY_TABLE

FIRST = Message("rw-1", {"sentence": "一 alert", "level": 2})
SECOND = Message("rw-2", {"level": 3})
TOKEN = "s3cr3t"  # noqa: S105 - made up, to see that it is never shown


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_file_channel_keeps_the_contract(tmp_path: Path) -> None:
    """Retries, receipts, failures and timeouts are as every channel's."""
    path = tmp_path / "sent.jsonl"
    check_channel(
        lambda: FileChannel(path),
        arrived=lambda: [str(line["id"]) for line in lines(path)],
        broken=lambda: FileChannel(tmp_path / "no-folder" / "sent.jsonl"),
    )


def test_document_arrives_as_it_was_sent(tmp_path: Path) -> None:
    """A line holds the id and the document, in UTF-8."""
    FileChannel(tmp_path / "sent").send(FIRST)
    assert lines(tmp_path / "sent") == [{"id": "rw-1", "document": {"sentence": "一 alert", "level": 2}}]


def test_id_that_another_process_wrote_is_not_written_again(tmp_path: Path) -> None:
    """Two channels on one file write each id once."""
    one, other = FileChannel(tmp_path / "sent"), FileChannel(tmp_path / "sent")
    one.send(FIRST)
    other.send(SECOND)
    assert one.send(SECOND) == Receipt("rw-2", repeated=True)
    assert [line["id"] for line in lines(tmp_path / "sent")] == ["rw-1", "rw-2"]


def test_line_that_a_crash_cut_short_is_written_anew(tmp_path: Path) -> None:
    """A last line without its end was never receipted: it is taken off, and a retry writes it whole."""
    path = tmp_path / "sent"
    FileChannel(path).send(FIRST)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id": "rw-2", "docu')
    assert FileChannel(path).send(SECOND) == Receipt("rw-2")
    assert path.read_bytes().startswith(whole)
    assert [line["id"] for line in lines(path)] == ["rw-1", "rw-2"]


def test_file_that_was_rotated_is_begun_again(tmp_path: Path) -> None:
    """Where the file is gone, what is sent next is written to a new one."""
    path = tmp_path / "sent"
    channel = FileChannel(path)
    channel.send(FIRST)
    path.unlink()
    channel.send(SECOND)
    assert [line["id"] for line in lines(path)] == ["rw-2"]


def test_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """A file that no file channel wrote is refused and keeps its bytes."""
    path = tmp_path / "notes.txt"
    path.write_text("my notes\nsecond line, no end")
    with pytest.raises(ChannelError, match="no file channel wrote; name another file"):
        FileChannel(path).send(FIRST)
    assert path.read_text() == "my notes\nsecond line, no end"


def test_locked_file_is_told_at_once(tmp_path: Path) -> None:
    """The channel waits for nobody: a file that another process is writing is a failure to retry."""
    path = tmp_path / "sent"
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ChannelError, match="another process is writing; send again"):
            FileChannel(path).send(FIRST)
    assert FileChannel(path).send(FIRST) == Receipt("rw-1")


def test_document_that_is_no_json_is_told(tmp_path: Path) -> None:
    """A value that JSON cannot hold fails before the file is touched."""
    with pytest.raises(ChannelError, match="message rw-3 is not JSON"):
        FileChannel(tmp_path / "sent").send(Message("rw-3", {"p": float("nan")}))
    assert not (tmp_path / "sent").exists()


class Kept:
    """A sound channel into a list; the broken ones are made of it."""

    name, timeout_s = "kept", 5.0

    def __init__(
        self, sent: list[str], token: str = "", *, down: bool = False, side: OtherSide = OtherSide.FAILS
    ) -> None:
        self._sent, self._token, self._down, self._side = sent, token, down, side

    def send(self, message: Message) -> Receipt:
        if self._down:
            raise self._failed("kept: not taken")
        again = message.id in self._sent
        self._sent.append(message.id)
        return Receipt(message.id, repeated=again)

    def _failed(self, text: str) -> ChannelError:
        wait_s = 120 if self._side is OtherSide.ASKS_TO_WAIT else None
        return ChannelError(text, RETRY_TABLE[self._side], retry_after_s=wait_s)


class WaitsForEver(Kept):
    timeout_s = float("inf")


class RefusesARetry(Kept):
    def send(self, message: Message) -> Receipt:
        if message.id in self._sent:
            raise ChannelError("kept: has it already")
        return super().send(message)


class DropsSilently(Kept):
    def send(self, message: Message) -> Receipt:
        if not self._down and message.id.endswith("2"):
            return Receipt(message.id)
        return super().send(message)


class ClaimsToHaveSent(Kept):
    def send(self, message: Message) -> Receipt:
        return Receipt(message.id) if self._down else super().send(message)


class FailsItsOwnWay(Kept):
    def send(self, message: Message) -> Receipt:
        if self._down:
            raise ConnectionError("refused")
        return super().send(message)


class ShowsItsToken(Kept):
    def send(self, message: Message) -> Receipt:
        if self._down:
            raise self._failed(f"https://desk.example/hook?token={self._token} answered 503")
        return super().send(message)


class ShowsItsTokenInTheCause(Kept):
    def send(self, message: Message) -> Receipt:
        if self._down:
            raise self._failed("answered 503") from ValueError(f"Bearer {self._token}")
        return super().send(message)


class NeverGivesUp(Kept):
    def send(self, message: Message) -> Receipt:
        if self._down:
            raise ChannelError("kept: not taken")
        return super().send(message)


class DoesNotWait(Kept):
    def send(self, message: Message) -> Receipt:
        if self._down:
            raise ChannelError("kept: not taken", RETRY_TABLE[self._side])
        return super().send(message)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (WaitsForEver, "timeout_is_bounded"),
        (RefusesARetry, "same_id_is_accepted"),
        (DropsSilently, "same_id_is_accepted"),
        (ClaimsToHaveSent, "failure_says_why"),
        (FailsItsOwnWay, "failure_says_why"),
        (NeverGivesUp, "retry_table"),
        (DoesNotWait, "retry_table"),
        (ShowsItsToken, "secret_stays_secret"),
        (ShowsItsTokenInTheCause, "secret_stays_secret"),
    ],
)
def test_broken_channel_is_caught_by_name(broken: type[Kept], rule: str) -> None:
    """A channel that breaks a rule fails with that rule's name first."""
    with pytest.raises(AssertionError, match=f"^{rule}: "):
        _check(broken)


def test_sound_channel_passes() -> None:
    """The channel that the broken ones are made of has no fault."""
    _check(Kept)


def _check(cls: type[Kept]) -> None:
    sent: list[str] = []

    def make() -> Channel:
        return cls(sent, TOKEN)

    def broken() -> Channel:
        return cls([], TOKEN, down=True)

    def faced(side: OtherSide) -> Callable[[], Channel]:
        return lambda: cls([], TOKEN, down=True, side=side)

    facing = {side: faced(side) for side in OtherSide}
    check_channel(make, arrived=lambda: sent, broken=broken, secret=TOKEN, facing=facing)


def test_a_channel_that_waits_must_have_met_what_can_go_wrong() -> None:
    """A channel is not held sound by leaving the other sides out."""
    sent: list[str] = []
    with pytest.raises(AssertionError, match=r"^retry_table: it never met a side that fails, refuses"):
        check_channel(lambda: Kept(sent), arrived=lambda: sent, broken=lambda: Kept([], down=True))
