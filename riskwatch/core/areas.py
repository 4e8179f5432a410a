"""The administrative tree as arrays: read by the panel builder, the composite, grading and routing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.errors import ConfigError, Fault
from riskwatch.core.vicinities import Vicinities, between


@dataclass(frozen=True, slots=True)
class Area:
    """One node of the tree.

    `population` is None where it is not known; `vulnerability` lies in [0, 1] (0.5 where nobody
    said otherwise); `groups` are labels that audits split by and that no score may read.
    `position` is (latitude, longitude) of its middle in degrees; `neighbours` are codes of areas it
    borders on. Where an area borders on others, either is enough (`riskwatch.core.vicinities`).
    """

    code: str
    name: str
    parent: str | None
    level: str
    population: int | None = None
    vulnerability: float = 0.5
    groups: Mapping[str, str] = field(default_factory=dict)
    name_zh: str = ""
    position: tuple[float, float] | None = None
    neighbours: tuple[str, ...] = ()

    def name_in(self, lang: str) -> str:
        """The name a person reads in that language."""
        return self.name_zh if lang == "zh" and self.name_zh else self.name


class AreaTree:
    """All areas, indexed 0..n-1 in an order where a parent comes before its children.

    >>> tree = AreaTree([Area("T", "Town", "C", "town"), Area("C", "County", None, "county")])
    >>> tree.codes, tree.parent.tolist(), tree.depth.tolist()
    (('C', 'T'), [-1, 0], [0, 1])
    >>> tree.line("T")
    ('T', 'C')
    """

    def __init__(self, areas: Iterable[Area], file: str = "areas") -> None:
        by_code = _by_code(list(areas), file)
        order = _parents_first(by_code, file)
        self.areas: tuple[Area, ...] = tuple(by_code[code] for code in order)
        self.codes: tuple[str, ...] = tuple(order)
        self.index: dict[str, int] = {code: i for i, code in enumerate(order)}
        self.parent: NDArray[np.int32] = np.array(
            [self.index[a.parent] if a.parent else -1 for a in self.areas], dtype=np.int32
        )
        self.depth: NDArray[np.int32] = np.zeros(len(order), dtype=np.int32)
        for i, up in enumerate(self.parent):
            if up >= 0:
                self.depth[i] = self.depth[up] + 1
        self.paths: NDArray[np.int32] = self._paths()
        self._lines: dict[str, tuple[str, ...]] = {}
        listed = self._listed(file)
        self._pairs = listed if any(area.neighbours for area in self.areas) else None

    @cached_property
    def vicinities(self) -> Vicinities:
        """The neighbours of each area: those that areas list; where none lists any, by position."""
        pairs = self._pairs
        if pairs is None:
            pairs = between([area.position for area in self.areas], self.depth)
        return Vicinities.of_pairs(len(self), pairs)

    def _listed(self, file: str) -> list[tuple[int, int]]:
        """Pairs of areas of which one lists the other."""
        faults: list[Fault] = []
        pairs = []
        for n, area in enumerate(self.areas):
            for code in area.neighbours:
                where = f"area '{area.code}'"
                if code not in self.index:
                    what = f"its neighbour '{code}' is not listed"
                    faults.append(Fault(file, where, what, "fix the code, or add the area"))
                elif code in self.line(area.code) or area.code in self.line(code):
                    what = f"its neighbour '{code}' lies above or below it"
                    faults.append(Fault(file, where, what, "name areas that lie beside it"))
                else:
                    pairs.append((n, self.index[code]))
        if faults:
            raise ConfigError(faults)
        return pairs

    def _paths(self) -> NDArray[np.int32]:
        """[areas, depth + 1]: each area, its parent, up to the root; padded with -1."""
        width = int(self.depth.max(initial=0)) + 1
        paths = np.full((len(self.codes), width), -1, dtype=np.int32)
        at = np.arange(len(self.codes), dtype=np.int32)
        for step in range(width):
            paths[:, step] = at
            at = np.where(at >= 0, self.parent[at], -1).astype(np.int32)
        return paths

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, code: str) -> Area:
        return self.areas[self.index[code]]

    def line(self, code: str) -> tuple[str, ...]:
        """The area's code, its parent's, up to the root's."""
        line = self._lines.get(code)
        if line is None:
            line = self._lines[code] = tuple(
                self.codes[i] for i in self.paths[self.index[code]].tolist() if i >= 0
            )
        return line

    def below(self, code: str) -> tuple[str, ...]:
        """The codes of the subtree under an area, the area first."""
        mine = self.index[code]
        return tuple(self.codes[i] for i in np.flatnonzero((self.paths == mine).any(axis=1)))


def _by_code(areas: list[Area], file: str) -> dict[str, Area]:
    faults = []
    by_code: dict[str, Area] = {}
    for area in areas:
        if area.code in by_code:
            faults.append(Fault(file, f"area '{area.code}'", "is listed twice", "keep one of them"))
        by_code[area.code] = area
    if not areas:
        faults.append(Fault(file, "", "lists no area", "add at least one"))
    for area in areas:
        if area.parent is not None and area.parent not in by_code:
            faults.append(
                Fault(
                    file,
                    f"area '{area.code}'",
                    f"its parent '{area.parent}' is not listed",
                    "add the parent, or leave the column empty for a root",
                )
            )
    if faults:
        raise ConfigError(faults)
    return by_code


def _parents_first(by_code: dict[str, Area], file: str) -> list[str]:
    children: dict[str | None, list[str]] = {}
    for area in by_code.values():
        children.setdefault(area.parent, []).append(area.code)
    order: list[str] = list(children.get(None, []))
    for code in order:  # grows while it is walked: breadth first
        order.extend(children.get(code, []))
    if len(order) < len(by_code):
        stuck = sorted(set(by_code) - set(order))[:5]
        raise ConfigError(
            [Fault(file, f"areas {', '.join(stuck)}", "their parents form a circle", "let one be a root")]
        )
    return order
