"""The partitions that audits may split areas by, written down before the data: a chain of entries.

`configs/partitions.yaml` is append-only: each entry's hash covers the entry and the one before, so an
edited, reordered or dropped entry is seen at load. Group labels are read here and in the audit alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path

import yaml
from pydantic import Field

from riskwatch.core.documents import Document, read_document
from riskwatch.core.errors import ConfigError, Fault

FILE = "partitions.yaml"
_HEAD = """\
# The partitions that a fairness audit may split areas by. `riskwatch audit register` appends to it; each
# hash covers its entry and the hash before, so what stands here is not changed afterwards.
"""


class Partition(Document):
    """One way to split the areas: by the label of a group key, registered by whom and when."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    group_key: str = Field(min_length=1)
    registered: date
    by: str = Field(min_length=1)
    hash: str = ""

    def chained(self, before: str) -> str:
        """The hash (SHA-256, 16 digits) of this entry behind the entry with that hash."""
        told = [before, self.name, self.group_key, self.registered.isoformat(), self.by]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]

    def is_exploratory(self, data_end: date) -> bool:
        """Whether it was registered when the data were already there to look at."""
        return self.registered > data_end


class PartitionsFile(Document):
    """`configs/partitions.yaml`: the entries in the order they were registered."""

    partitions: tuple[Partition, ...]


def load_partitions(path: Path, file: str = FILE) -> tuple[Partition, ...]:
    """Read and check the chain; raises ConfigError with every entry that does not hold."""
    entries = read_document(path, PartitionsFile, file).partitions
    faults, before, seen = [], "", set()
    for entry in entries:
        where = f"partition '{entry.name}'"
        if entry.name in seen:
            faults.append(Fault(file, where, "is registered twice", "give the later one another name"))
        if entry.hash != entry.chained(before):
            what = "does not have the hash of what it says; it or one before it was changed"
            faults.append(Fault(file, where, what, "restore the file, and register changes as new entries"))
        seen.add(entry.name)
        before = entry.hash
    if faults:
        raise ConfigError(faults)
    return entries


def registered(entries: Sequence[Partition], name: str) -> Partition:
    """The entry of that name; raises ConfigError on one that nobody registered."""
    for entry in entries:
        if entry.name == name:
            return entry
    known = ", ".join(e.name for e in entries) or "none yet"
    fix = f"use one of {known}, or register it before the data: riskwatch audit register {name} --by WHO"
    raise ConfigError([Fault(FILE, f"partition '{name}'", "is not registered", fix)])


def unlabelled(entries: Sequence[Partition], known: AbstractSet[str]) -> list[Fault]:
    """A fault for every entry whose group key no area has a label of."""
    fix = f"the areas' groups are: {', '.join(sorted(known)) or 'none'}"
    return [
        Fault(FILE, f"partition '{e.name}'", f"splits by '{e.group_key}', a group that no area has", fix)
        for e in entries
        if e.group_key not in known
    ]


def appended(entries: Sequence[Partition], entry: Partition) -> tuple[Partition, ...]:
    """The entries and the new one behind them, hashed; raises ConfigError if the name is taken."""
    if any(e.name == entry.name for e in entries):
        what = "is registered already"
        raise ConfigError([Fault(FILE, f"partition '{entry.name}'", what, "give the new one another name")])
    before = entries[-1].hash if entries else ""
    return (*entries, entry.model_copy(update={"hash": entry.chained(before)}))


def written(entries: Sequence[Partition]) -> str:
    """The file's text."""
    body = {"partitions": [e.model_dump() for e in entries]}
    return _HEAD + yaml.safe_dump(body, sort_keys=False, allow_unicode=True)
