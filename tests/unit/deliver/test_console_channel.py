"""The console channel: a line a message."""

from __future__ import annotations

import io

from riskwatch.core.channels import Message
from riskwatch.deliver.channels.console import ConsoleChannel
from riskwatch.testing import check_channel


def test_console_keeps_the_contract() -> None:
    """A stream that is closed is a failure that says so."""
    stream, closed = io.StringIO(), io.StringIO()
    closed.close()
    check_channel(
        lambda: ConsoleChannel(stream),
        arrived=lambda: [line.split()[0] for line in stream.getvalue().splitlines()],
        broken=lambda: ConsoleChannel(closed),
    )


def test_a_message_is_one_line_whatever_it_holds() -> None:
    """A line break in a name does not make two messages of one."""
    stream = io.StringIO()
    ConsoleChannel(stream).send(Message("rs-1", {"title": "II 橙色", "text": "one\ntwo"}))
    assert stream.getvalue() == "rs-1  II 橙色  one two\n"
