"""The indicators of one simulation: the first N of the entries, numbered variants beyond them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskwatch.simulate.entries import DEPARTMENTS, ENTRIES, TOPICS, UNKNOWN_CODES, Entry, Topic


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All codes that are sent: `listed` of them are in the indicator file, the rest are unknown to it.

    `entries` has the listed ones first; `first_days` says for each when it starts (days, 0 as a rule).
    """

    entries: tuple[Entry, ...]
    listed: int
    first_days: tuple[float, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The indicator codes, in order."""
        return tuple(e.id for e in self.entries)

    def department_of(self) -> NDArray[np.int64]:
        """Index into DEPARTMENTS, for each code."""
        return np.array([DEPARTMENTS.index(e.department) for e in self.entries], dtype=np.int64)

    def steady(self) -> list[int]:
        """Indices of the codes that run from the first day."""
        return [i for i in range(self.listed) if self.first_days[i] <= 0]

    def of_signature(self, signature: str) -> list[int]:
        """Indices of the steady codes of a signature."""
        return [i for i in self.steady() if self.entries[i].signature == signature]

    def one_per_department(self, among: list[int]) -> list[int]:
        """At most one code of each department: from `among`, and else the first steady one."""
        chosen = []
        for department in DEPARTMENTS:
            for i in [*among, *self.steady()]:
                if self.entries[i].department == department:
                    chosen.append(i)
                    break
        return sorted(chosen)


def topic(signature: str) -> Topic:
    """What a signature is about; `gastro_2` is the second of its kind.

    >>> topic("gastro_2").en
    'stomach illness 2'
    """
    base, _, number = signature.rpartition("_")
    if base in TOPICS and number.isdigit():
        return replace(TOPICS[base], en=f"{TOPICS[base].en} {number}", zh=f"{TOPICS[base].zh}{number}")
    return TOPICS[signature]


def listed_entries(count: int) -> tuple[Entry, ...]:
    """The first `count` entries; each further round of them is a numbered variant, signatures too.

    >>> [e.id for e in listed_entries(26)][-2:]
    ['nausea_vomiting_2', 'food_complaint_2']
    """
    entries = []
    for n in range(count):
        entry, lap = ENTRIES[n % len(ENTRIES)], n // len(ENTRIES) + 1
        if lap > 1:
            entry = replace(
                entry,
                id=f"{entry.id}_{lap}",
                signature=f"{entry.signature}_{lap}",
                en=f"{entry.en} {lap}",
                zh=f"{entry.zh}{lap}",
            )
        entries.append(entry)
    return tuple(entries)


def unknown_entries(count: int, per_100k_day: float) -> tuple[Entry, ...]:
    """Codes that no indicator file lists."""
    entries = []
    for n in range(count):
        code, department = UNKNOWN_CODES[n % len(UNKNOWN_CODES)]
        lap = n // len(UNKNOWN_CODES) + 1
        code = code if lap == 1 else f"{code}_{lap}"
        entries.append(
            Entry(code, department, "", code, code, "", 0.0, per_100k_day, "round_the_clock", 0.0, 1)
        )
    return tuple(entries)
