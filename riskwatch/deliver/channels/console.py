"""The console channel: one line a message, for a terminal or a service's log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TextIO

from riskwatch.core.channels import ChannelError, Message, Receipt


@dataclass(frozen=True)
class ConsoleChannel:
    """Writes `ID  TITLE  TEXT` and flushes; raises ChannelError where the stream is closed."""

    stream: TextIO = field(repr=False)
    name = "console"
    timeout_s = 0.0

    def send(self, message: Message) -> Receipt:
        """Write one line."""
        told = (str(message.document.get(key) or "") for key in ("title", "text"))
        line = "  ".join((message.id, *(" ".join(part.split()) for part in told)))
        try:
            self.stream.write(line.rstrip() + "\n")
            self.stream.flush()
        except (OSError, ValueError) as error:
            raise ChannelError(f"console: cannot be written ({error})") from None
        return Receipt(message.id)
