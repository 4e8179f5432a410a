"""When time alone may change a case next: those whose time has come, without asking all of them."""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf


class Due:
    """An instant in microseconds for each id, infinite where none will come; ids in the order they came.

    The heap holds what was ever set; an entry that the dictionary no longer bears out is dropped when
    its time comes.
    """

    def __init__(self) -> None:
        self._at_us: dict[str, float] = {}
        self._place: dict[str, int] = {}
        self._heap: list[tuple[float, str]] = []
        self._next_place = 0

    def set(self, name: str, at_us: float) -> None:
        """Let it be due at an instant; one that is known keeps its place."""
        known = self._at_us.get(name)
        if known is None:
            self._place[name] = self._next_place
            self._next_place += 1
        if known != at_us:
            self._at_us[name] = at_us
            if at_us < inf:
                heappush(self._heap, (at_us, name))

    def drop(self, name: str) -> None:
        """Forget it."""
        del self._at_us[name], self._place[name]

    def all(self) -> list[str]:
        """Every id, in order."""
        return list(self._at_us)

    def by(self, at_us: int) -> list[str]:
        """The ids that are due by an instant, in order."""
        found: dict[str, float] = {}
        while self._heap and self._heap[0][0] <= at_us:
            due_us, name = heappop(self._heap)
            if self._at_us.get(name) == due_us:
                found[name] = due_us
        for name, due_us in found.items():
            heappush(self._heap, (due_us, name))
        return sorted(found, key=self._place.__getitem__)

    def after(self, at_us: int) -> float | None:
        """The first instant behind another at which something is due; None if there is none."""
        return min((due_us for due_us in self._at_us.values() if at_us < due_us < inf), default=None)
