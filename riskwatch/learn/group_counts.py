"""The frozen count table of a gate and of an audit: what each group had and got, block by block."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

COUNTED = ("incidents", "detected", "alerts", "false_alerts")


@dataclass(frozen=True, slots=True)
class GroupCell:
    """One group in one block: what a row of the table is made from; cells of one place add up."""

    group: str
    block: str
    incidents: int = 0
    detected: int = 0
    alerts: int = 0
    false_alerts: int = 0
    area_months: float = 0.0
    person_months: float = 0.0


@dataclass(frozen=True)  # no slots: arrays of one shape are checked once, when it is made
class GroupCounts:
    """Counts [groups, blocks]; a block (a week, say) is the same stretch for every group.

    `detected` <= `incidents` and `false_alerts` <= `alerts` in every cell; `area_months` and
    `person_months` are the exposure of false alerts. Raises ValueError where that does not hold.

    >>> cells = [GroupCell("rural", "w1", incidents=4, detected=2), GroupCell("urban", "w1", incidents=3)]
    >>> table = GroupCounts.from_cells(cells)
    >>> table.groups, table.blocks, table.incidents.tolist(), table.detected.tolist()
    (('rural', 'urban'), ('w1',), [[4], [3]], [[2], [0]])
    """

    groups: tuple[str, ...]
    blocks: tuple[str, ...]
    incidents: IntArray
    detected: IntArray
    alerts: IntArray
    false_alerts: IntArray
    area_months: FloatArray
    person_months: FloatArray

    def __post_init__(self) -> None:
        shape = (len(self.groups), len(self.blocks))
        for name in (*COUNTED, "area_months", "person_months"):
            table = getattr(self, name)
            if table.shape != shape:
                raise ValueError(f"count table: {name} is {table.shape}, groups x blocks is {shape}")
            if not np.all(np.isfinite(table)) or (table < 0).any():
                raise ValueError(f"count table: {name} holds a number below 0 or none at all")
        for part, whole in (("detected", "incidents"), ("false_alerts", "alerts")):
            if (getattr(self, part) > getattr(self, whole)).any():
                raise ValueError(f"count table: a cell has more {part} than {whole}")
        if len(set(self.groups)) < shape[0] or len(set(self.blocks)) < shape[1]:
            raise ValueError("count table: a group or a block is named twice")

    @classmethod
    def from_cells(cls, cells: Iterable[GroupCell], *, groups: Sequence[str] = ()) -> Self:
        """Add cells up; `groups` also lists those that had nothing. Both axes are sorted by name."""
        listed = list(cells)
        names = tuple(sorted({c.group for c in listed} | set(groups)))
        blocks = tuple(sorted({c.block for c in listed}))
        row, column = {g: i for i, g in enumerate(names)}, {b: i for i, b in enumerate(blocks)}
        shape = (len(names), len(blocks))
        tables: dict[str, Any] = {name: np.zeros(shape, dtype=np.int64) for name in COUNTED}
        tables |= {name: np.zeros(shape) for name in ("area_months", "person_months")}
        for c in listed:
            at = row[c.group], column[c.block]
            for name, table in tables.items():
                table[at] += getattr(c, name)
        return cls(names, blocks, **tables)

    def of(self, group: str) -> Self:
        """The table of one group alone."""
        return self.rows([self.groups.index(group)])

    def only(self, groups: Iterable[str]) -> Self:
        """The table of these groups, in the order of this table."""
        wanted = set(groups)
        return self.rows([i for i, g in enumerate(self.groups) if g in wanted])

    def rows(self, rows: list[int]) -> Self:
        """The table of these rows, in this order."""
        tables = {f.name: getattr(self, f.name)[rows] for f in fields(self)[2:]}
        return type(self)(tuple(self.groups[i] for i in rows), self.blocks, **tables)

    def document(self) -> dict[str, Any]:
        """As plain JSON values; `from_document` reads it back."""
        return {f.name: np.asarray(getattr(self, f.name)).tolist() for f in fields(self)}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """The table that `document` gave; raises ValueError or KeyError on another shape."""
        shape = (len(document["groups"]), len(document["blocks"]))
        tables: dict[str, Any] = {
            n: np.asarray(document[n], dtype=np.int64).reshape(shape) for n in COUNTED
        }
        for name in ("area_months", "person_months"):
            tables[name] = np.asarray(document[name], dtype=np.float64).reshape(shape)
        return cls(tuple(document["groups"]), tuple(document["blocks"]), **tables)

    def digest(self) -> str:
        """SHA-256 of the table's content: what a verdict was about."""
        text = json.dumps(self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
