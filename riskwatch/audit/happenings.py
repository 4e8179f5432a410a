"""What really happened, as somebody outside the engine says: planted truth or an outside register.

Verdicts exist only where alerts were, so a detection rate needs one of these, or an audit sample.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import iso, to_us
from riskwatch.core.errors import ConfigError, Fault, SourceError
from riskwatch.core.indicators import IndicatorRegistry

_SUBJECTS = ("signature", "indicator", "domain")


@dataclass(frozen=True, slots=True)
class Happening:
    """One incident: where (with all below), when, and which signatures an alert of it would have."""

    id: str
    areas: tuple[str, ...]
    signatures: frozenset[str]
    domain: str
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class Outside:
    """All that an audit knows from outside.

    `complete` says that an alert which fits no happening was false. `judged` are the (area, start of
    day) that were looked at, if not everything was; `coverage` is by partition and label, how much
    happened and how much was reported at all, where that is known.
    """

    kind: str
    happenings: tuple[Happening, ...]
    span_us: tuple[int, int]
    complete: bool
    digest: str
    judged: frozenset[tuple[str, int]] | None = None
    coverage: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)


def within(outside: Outside, span_us: tuple[int, int]) -> Outside:
    """What began in the span that an engine has decided; raises SourceError where none of it lies there."""
    start_us, end_us = max(outside.span_us[0], span_us[0]), min(outside.span_us[1], span_us[1])
    if start_us >= end_us:
        theirs, mine = (" to ".join(iso(at) for at in span) for span in (outside.span_us, span_us))
        raise SourceError(
            f"the truth is about {theirs} and the store has decided {mine}; "
            "give the truth of the store's own records"
        )
    kept = tuple(h for h in outside.happenings if start_us <= h.start_us < end_us)
    return replace(outside, happenings=kept, span_us=(start_us, end_us))


def load_truth(path: Path, tree: AreaTree, registry: IndicatorRegistry) -> Outside:
    """The truth that `riskwatch simulate --truth` wrote; raises SourceError or ConfigError."""
    raw = _bytes(path)
    try:
        truth: dict[str, Any] = json.loads(raw)
        span = _instant(truth["start"]), _instant(truth["end"])
        listed = truth["incidents"]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path}: is not a truth file ({error}); give the one that riskwatch simulate --truth wrote"
        ) from None
    faults: list[Fault] = []
    happenings = []
    for n, incident in enumerate(listed):
        where = f"incident '{incident.get('id', n)}'"
        areas = tuple(incident["areas"])
        _known_areas(areas, tree, path, where, faults)
        struck = [i for i in incident["indicators"] if i in registry.index]
        if not struck:
            faults.append(Fault(path.name, where, "strikes no indicator of the store", "use its own truth"))
            continue
        domain = _domain(incident["signature"], struck, registry)
        signatures = frozenset({registry[i].signature for i in struck})
        span_h = _instant(incident["start"]), _instant(incident["end"])
        happenings.append(Happening(str(incident["id"]), areas, signatures, domain, *span_h))
    if faults:
        raise ConfigError(faults)
    coverage = truth.get("coverage") or {}
    return Outside("planted", tuple(happenings), span, True, _sha(raw), coverage=coverage)


def load_register(
    path: Path,
    tree: AreaTree,
    registry: IndicatorRegistry,
    *,
    span_us: tuple[int, int],
    complete: bool = False,
) -> Outside:
    """A CSV of area, one of signature, indicator or domain, start and end (ISO 8601 with an offset).

    Rows outside `span_us` are left aside. Raises SourceError, or ConfigError with every bad row.
    """
    raw = _bytes(path)
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    header = set(rows[0]) if rows else set()
    if not {"area", "start", "end"} <= header or not header & set(_SUBJECTS):
        raise SourceError(
            f"{path}: needs the columns area, start, end and one of {', '.join(_SUBJECTS)}; "
            f"it has {', '.join(sorted(header)) or 'no row'}"
        )
    faults: list[Fault] = []
    happenings = []
    for n, row in enumerate(rows, start=2):
        found = _registered(row, f"line {n}", path.name, tree, registry, faults)
        if found and found.start_us < span_us[1] and found.end_us > span_us[0]:
            happenings.append(found)
    if faults:
        raise ConfigError(faults)
    return Outside("register", tuple(happenings), span_us, complete, _sha(raw))


def _registered(
    row: Mapping[str, str],
    where: str,
    file: str,
    tree: AreaTree,
    registry: IndicatorRegistry,
    faults: list[Fault],
) -> Happening | None:
    before = len(faults)
    area = (row.get("area") or "").strip()
    _known_areas((area,), tree, Path(file), where, faults)
    signatures, domain = subject_of(row, where, file, registry, faults)
    times = []
    for key in ("start", "end"):
        try:
            times.append(_instant((row.get(key) or "").strip()))
        except ValueError as error:
            faults.append(Fault(file, where, f"{key}: {error}", "write 2025-02-09T17:00:00+00:00"))
    if len(times) == 2 and times[1] <= times[0]:
        faults.append(Fault(file, where, "ends before it starts", "swap start and end"))
    if len(faults) > before:
        return None
    return Happening(f"{file}:{where}", (area,), signatures, domain, times[0], times[1])


def subject_of(
    row: Mapping[str, str], where: str, file: str, registry: IndicatorRegistry, faults: list[Fault]
) -> tuple[frozenset[str], str]:
    """The signatures and the domain that a row is about; an unknown one is a fault."""
    signature, indicator, domain = ((row.get(key) or "").strip() for key in _SUBJECTS)
    if signature in registry.signature_index:
        return frozenset({signature}), registry.signature(signature).domain
    if indicator in registry.index:
        return frozenset({registry[indicator].signature}), registry[indicator].domain
    of_domain = frozenset(s.id for s in registry.signatures if s.domain == domain)
    if not of_domain:
        what = f"is about '{signature or indicator or domain}', which the store does not watch"
        known = ", ".join(s.id for s in registry.signatures)
        faults.append(Fault(file, where, what, f"use a signature ({known}), an indicator or a domain"))
    return of_domain, domain


def _known_areas(
    areas: tuple[str, ...], tree: AreaTree, path: Path, where: str, faults: list[Fault]
) -> None:
    for area in areas:
        if area not in tree.index:
            fix = "use codes of the store's area file"
            faults.append(Fault(path.name, where, f"area '{area}' is not in the tree", fix))


def _domain(signature: str, struck: list[str], registry: IndicatorRegistry) -> str:
    if signature in registry.signature_index:
        return registry.signature(signature).domain
    return registry[struck[0]].domain


def _instant(text: str) -> int:
    return to_us(datetime.fromisoformat(text))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the name") from None


def _sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
