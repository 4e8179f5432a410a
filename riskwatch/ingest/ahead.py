"""Reading ahead: items are made in a thread while the last ones are worked on; used by the desk."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")

_LOOK_S = 0.1  # how often the thread looks whether anyone still wants its items


def ahead(items: Iterator[T], most: int = 2) -> Generator[T, None, None]:
    """The same items in the same order, at most `most` made before they are asked for.

    What the iterator raises is raised here, after the items before it. The thread ends with the
    generator: close it, or exhaust it.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    ready: Queue[tuple[T | None, BaseException | None]] = Queue(most)
    closed = threading.Event()

    def put(item: T | None, error: BaseException | None) -> bool:
        while not closed.is_set():
            try:
                ready.put((item, error), timeout=_LOOK_S)
            except Full:
                continue
            return True
        return False

    def make() -> None:
        error: BaseException | None = _End()
        try:
            for item in items:
                if not put(item, None):
                    return
        except BaseException as raised:
            error = raised
        put(None, error)

    thread = threading.Thread(target=make, name="riskwatch-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, _End):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc] # an item comes without an error
    finally:
        closed.set()
        thread.join()


class _End(Exception):  # noqa: N818 - marks the end, is never raised
    """The iterator is exhausted."""
