"""The meter of long work: a bar on a terminal, a line every few seconds elsewhere, on standard error.

It is also where long work is stopped. Ctrl-C raises KeyboardInterrupt at the next update, not
between any two instructions: compiled loops, and the compiler behind them, crash on an exception
that comes in their midst. A second Ctrl-C ends the process at once, which no store minds.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_LINE_EVERY_S = 5.0
_STOPPED = 130  # what shells expect of a process that Ctrl-C ended


class Meter:
    """Shows how much of `total` is done; a total of 0 means that nobody knows it.

    `stopping` is what a person reads who asks the work to stop.
    """

    def __init__(self, console: Console, title: str, total: int, stopping: str) -> None:
        self._console, self._title, self._total = console, title, total
        self._stopping, self._asked, self._owns_signal = stopping, False, False
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            from rich.progress import (
                BarColumn,
                Progress,
                TaskProgressColumn,
                TextColumn,
                TimeRemainingColumn,
            )

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[detail]}"),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task(self._title, total=self._total or None, detail="")
            self._bar.start()
        self._owns_signal = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._owns_signal:
            signal.signal(signal.SIGINT, self._ask)
        return self

    def _ask(self, *_: object) -> None:
        """The handler of Ctrl-C; it may run between any two instructions, so it only marks and tells."""
        if self._asked:
            os._exit(_STOPPED)
        self._asked = True
        with suppress(OSError):
            os.write(2, f"\n{self._stopping}\n".encode())

    def update(self, done: int, detail: str) -> None:
        """Say how far it is; raises KeyboardInterrupt if the work was asked to stop."""
        if self._asked:
            raise KeyboardInterrupt
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, detail=detail)
            return
        now = time.monotonic()
        if now - self._told >= _LINE_EVERY_S:
            self._told = now
            part = f"{min(done / self._total, 1.0):4.0%}  " if self._total else ""
            self._console.print(f"{self._title}  {part}{detail}", markup=False, soft_wrap=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owns_signal:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._bar is not None:
            self._bar.stop()


def text_bytes(path: Path) -> int:
    """The bytes of text in a file; of a gzip file what its last four bytes say, 0 if that cannot be."""
    size = path.stat().st_size
    if path.suffix.lower() != ".gz":
        return size
    if size < 18:
        return 0
    with path.open("rb") as file:
        file.seek(-4, 2)
        claimed = int.from_bytes(file.read(4), "little")
    return claimed if claimed >= size else 0
