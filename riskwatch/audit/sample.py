"""The audit sample: area-days drawn blind by a seed, judged by people, and read back as outside truth.

The file shows nothing of alerts. Read back, it must hold exactly the area-days that its seed draws, so
that nobody can leave out the awkward ones.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from riskwatch.audit.happenings import Happening, Outside, subject_of
from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import from_us, to_us
from riskwatch.core.errors import ConfigError, Fault, SourceError
from riskwatch.core.indicators import IndicatorRegistry

_COLUMNS = ("draw", "area", "name", "day", "happened")
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Frame:
    """What is drawn from: the areas without children, and the whole local days of a span."""

    areas: tuple[str, ...]
    first_day: date
    days: int
    timezone: str

    def instants(self, day: date) -> tuple[int, int]:
        """The start of a local day and of the next, in microseconds."""
        zone = ZoneInfo(self.timezone)
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        after = day + timedelta(days=1)
        return to_us(start), to_us(datetime(after.year, after.month, after.day, tzinfo=zone))


def frame_of(tree: AreaTree, span_us: tuple[int, int], timezone: str) -> Frame:
    """The frame of a store; raises SourceError where no whole day was decided yet."""
    parents = {a.parent for a in tree.areas}
    leaves = tuple(a.code for a in tree.areas if a.code not in parents)
    zone = ZoneInfo(timezone)
    first, last = (from_us(at).astimezone(zone) for at in span_us)
    start = first.date() + timedelta(days=first.timetz().replace(tzinfo=None) > datetime.min.time())
    days = (last.date() - start).days
    if days < 1:
        raise SourceError("audit sample: the store holds no whole day yet; replay more into it")
    return Frame(leaves, start, days, timezone)


def draw_sample(frame: Frame, n: int, seed: int) -> list[tuple[str, date]]:
    """`n` different area-days, all with the same chance, in drawn order; fewer if there are fewer."""
    total = len(frame.areas) * frame.days
    picked = np.random.default_rng(seed).permutation(total)[: min(n, total)]
    return [
        (
            frame.areas[int(k) % len(frame.areas)],
            frame.first_day + timedelta(days=int(k) // len(frame.areas)),
        )
        for k in picked
    ]


def sample_text(frame: Frame, tree: AreaTree, n: int, seed: int) -> str:
    """The CSV that judges fill in: `happened` gets signatures with `;` between, or "none"."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for area, day in draw_sample(frame, n, seed):
        table.writerow([f"{seed}/{n}", area, tree[area].name, day.isoformat(), ""])
    return text.getvalue()


def load_sample(path: Path, frame: Frame, registry: IndicatorRegistry) -> Outside:
    """A judged sample as outside truth; raises SourceError or ConfigError with every fault."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    if not rows or not set(_COLUMNS) <= set(rows[0]):
        raise SourceError(f"{path}: is no audit sample; make one with: riskwatch audit sample")
    _as_drawn(path, rows, frame)
    faults: list[Fault] = []
    happenings, judged = [], set()
    for n, row in enumerate(rows, start=2):
        where, said = f"line {n}", row["happened"].strip()
        start_us, end_us = frame.instants(date.fromisoformat(row["day"]))
        if not said:
            fix = f"write the signatures that happened, or {NOTHING}"
            faults.append(Fault(path.name, where, "is not judged", fix))
            continue
        judged.add((row["area"], start_us))
        for name in (part.strip() for part in said.split(";")):
            if name == NOTHING:
                continue
            signatures, domain = subject_of({"signature": name}, where, path.name, registry, faults)
            happenings.append(
                Happening(f"{path.name}:{n}:{name}", (row["area"],), signatures, domain, start_us, end_us)
            )
    if faults:
        raise ConfigError(faults)
    span = frame.instants(frame.first_day)[0], frame.instants(frame.first_day + timedelta(frame.days))[0]
    digest = hashlib.sha256(raw).hexdigest()
    return Outside("sample", tuple(happenings), span, True, digest, judged=frozenset(judged))


def _as_drawn(path: Path, rows: list[dict[str, str]], frame: Frame) -> None:
    try:
        seed, n = (int(part) for part in rows[0]["draw"].split("/"))
    except ValueError:
        raise SourceError(f"{path}: column draw is not SEED/N; leave it as it was drawn") from None
    drawn = {(area, day.isoformat()) for area, day in draw_sample(frame, n, seed)}
    if drawn != {(row["area"], row["day"]) for row in rows} or len(rows) != len(drawn):
        raise SourceError(
            f"{path}: these are not the area-days that seed {seed} draws from this store; "
            "judge all of the drawn rows, and no others"
        )
