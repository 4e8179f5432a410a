"""What a list is narrowed to: an area with all below it, a level and graver, a kind, a state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from riskwatch.api.refusals import UnknownFilter
from riskwatch.core.alerts import AlertKind, Level, State
from riskwatch.core.areas import AreaTree
from riskwatch.messages.names import Names

_LISTED_WHOLE = 400  # a larger tree is walked down step by step


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters of a request, checked; None does not narrow."""

    area: str | None = None
    level: Level | None = None
    kind: AlertKind | None = None
    state: State | None = None

    @classmethod
    def of(cls, tree: AreaTree, *, area: str, level: str, kind: str = "", state: str = "") -> Filter:
        """From the texts of a query; empty ones do not narrow. Raises UnknownFilter."""
        if area and area not in tree.index:
            raise UnknownFilter("area", area, tree.codes)
        numbers = tuple(str(int(one)) for one in Level)
        if level and level not in numbers:
            raise UnknownFilter("level", level, numbers)
        if kind and kind not in tuple(AlertKind):
            raise UnknownFilter("kind", kind, tuple(AlertKind))
        if state and state not in tuple(State):
            raise UnknownFilter("state", state, tuple(State))
        return cls(
            area or None,
            Level(int(level)) if level else None,
            AlertKind(kind) if kind else None,
            State(state) if state else None,
        )

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return any((self.area, self.level, self.kind, self.state))

    def query(self, tree: AreaTree) -> dict[str, Any]:
        """As the store is asked."""
        return {
            "areas": tree.below(self.area) if self.area else None,
            "level": self.level and int(self.level),
            "kind": self.kind and str(self.kind),
        }

    def told(self, words: Names) -> str:
        """What the list is narrowed to, in words."""
        parts = [words.area(self.area)] if self.area else []
        if self.level:
            parts.append(words.text("page.level_up", level=words.level_full(self.level)))
        if self.kind:
            parts.append(words.text(f"kind.{self.kind}"))
        if self.state:
            parts.append(words.text(f"state.{self.state}"))
        return words.catalogue.joined(parts)


def area_options(tree: AreaTree, names: Names, chosen: str | None) -> list[tuple[str, str]]:
    """Codes and indented names: the whole tree, or of a large one the way down and the next step."""
    roots = [code for code, up in zip(tree.codes, tree.parent, strict=True) if up < 0]
    if len(tree) <= _LISTED_WHOLE:
        codes = _walked(tree, roots)
    else:
        way = list(reversed(tree.line(chosen))) if chosen else roots
        codes = [*way, *_children(tree).get(way[-1], [])]
    return [(c, "\u2003" * int(tree.depth[tree.index[c]]) + names.area(c)) for c in codes]


def _children(tree: AreaTree) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for area in tree.areas:
        if area.parent is not None:
            children.setdefault(area.parent, []).append(area.code)
    return children


def _walked(tree: AreaTree, roots: list[str]) -> list[str]:
    """Depth first, so that what lies below an area stands under it."""
    children, stack, walked = _children(tree), roots[::-1], []
    while stack:
        code = stack.pop()
        walked.append(code)
        stack.extend(reversed(children.get(code, [])))
    return walked
