"""What each part of the detection is worth: `python -m benchmarks.detection.ablation` writes `ablation.md`.

Made counties and, with RISKWATCH_DATA, the real year are replayed whole, then with one part taken
out at a time. Names of parts as arguments run those beside the whole, and write no page.
"""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.detection.busy import (
    COUNTIES,
    WARM_DAYS,
    Planted,
    delay_h,
    instant_us,
    planted_of,
    replayed,
)
from benchmarks.montco911 import FILE, WARM_UP, found, happenings
from benchmarks.page import ROOT, asked, noted, provenance, table
from riskwatch.app import Pipeline
from riskwatch.audit.intervals import wilson
from riskwatch.core.alerts import Alert, AlertKind, Level
from riskwatch.core.clock import DAY_US, SystemClock, from_us
from riskwatch.desk import Desk, Place
from riskwatch.ingest.intake import FileIntake
from riskwatch.score.kinship import Kinship
from riskwatch.settings import Settings, load_settings

MADE = ("planted 90", "planted 400", "planted 90, unseen", "planted 400, unseen")
REAL = "the real year"
COMMAND = "python -m benchmarks.detection.ablation"
SHORT_H = 6  # windows up to here are the short ones


@dataclass(frozen=True, slots=True)
class Part:
    """What is taken out: by other settings, or of the pipeline before its first tick."""

    settings: Callable[[Settings], Settings] = lambda s: s
    pipeline: Callable[[Pipeline], None] = lambda _: None


def _nothing(*_: object) -> None:
    """Learn nothing."""


def _each_place_alone(settings: Settings) -> Settings:
    return replace(settings, bundle=settings.bundle.model_copy(update={"prior": None}))


def _weights(keep: Callable[[int], bool], *, sizes: bool = True) -> Callable[[Settings], Settings]:
    """Only the windows to `keep` weigh, and large counts more than small ones only with `sizes`."""

    def change(settings: Settings) -> Settings:
        member = settings.bundle.members["surprise_odds"]
        kept = np.array([keep(h) for h in settings.features["call_volume"].given["windows_h"]], float)
        frozen = dict(member.frozen)
        frozen["weights"] = (kept * frozen["weights"]).tolist()
        frozen["size_weights"] = (kept * sizes * frozen["size_weights"]).tolist()
        less = settings.bundle.model_copy(
            update={"members": {"surprise_odds": member.model_copy(update={"frozen": frozen})}}
        )
        return replace(settings, bundle=less)

    return change


def _as_the_prior_says(pipeline: Pipeline) -> None:
    pipeline.volume._tail.learn = _nothing


def _one_row_a_happening(pipeline: Pipeline) -> None:
    pipeline.volume._clumps.learn = _nothing


def _poisson(pipeline: Pipeline) -> None:
    dispersion = pipeline.volume.expectation.dispersion
    dispersion.value[:] = 0.0
    dispersion.learn = _nothing


def _flat_week(pipeline: Pipeline) -> None:
    profile = pipeline.volume.expectation.profile
    learn = profile.learn

    def flat(*given: object) -> None:
        learn(*given)
        profile.shape[:] = 1.0

    profile.learn = flat


def _no_siblings(pipeline: Pipeline) -> None:
    expectation = pipeline.volume.expectation
    expectation._prior = lambda: (expectation._count + 0.5) / np.maximum(expectation._exposure, 1e-9)


def _uncapped(pipeline: Pipeline) -> None:
    expectation = pipeline.volume.expectation
    expectation._cap = lambda exposure: np.full(expectation.rate.shape, np.inf)
    expectation._trimmed_ticks = lambda kept: expectation._today_roots


def _every_node_speaks(pipeline: Pipeline) -> None:
    strongest = pipeline.duty._judges[pipeline.duty.champion.version].strongest
    strongest._kinship = lambda cells: _Strangers(strongest._tree, cells)


class _Strangers(Kinship):
    """Nobody is anybody's relative."""

    def stronger(self, order: Sequence[int]) -> dict[int, list[int]]:
        return {row: [] for row in order}


PARTS: dict[str, Part] = {
    "the prior: how rare something real is on the whole desk": Part(settings=_each_place_alone),
    "the empirical tail: surprise from what is really seen": Part(pipeline=_as_the_prior_says),
    "overdispersion: counts as Poisson's": Part(pipeline=_poisson),
    "clumps: each row a happening": Part(pipeline=_one_row_a_happening),
    "the hour-of-week profile": Part(pipeline=_flat_week),
    "levels shrunk along the tree": Part(pipeline=_no_siblings),
    "caps on what a burst teaches": Part(pipeline=_uncapped),
    "the strongest node: every node speaks": Part(pipeline=_every_node_speaks),
    "windows over 6 hours": Part(settings=_weights(lambda h: h <= SHORT_H)),
    "windows up to 6 hours": Part(settings=_weights(lambda h: h > SHORT_H)),
    "the weights of size": Part(settings=_weights(lambda h: True, sizes=False)),
}
WHOLE = "nothing: the whole"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one county heard: grave false words a day, incidents found, and what would be at other cuts.

    `ranked` has of every alert its likelihood and whether it was false, and of each incident the
    likelihoods of the words that found it.
    """

    days: float
    false: int
    delays: tuple[float | None, ...]
    ranked_false: tuple[float, ...]
    ranked_found: tuple[float, ...]


def heard(name: str, part: str) -> Heard:
    """A county replayed without a part."""
    out = PARTS.get(part, Part())
    with tempfile.TemporaryDirectory() as folder:
        return _real(Path(folder), out) if name == REAL else _made(name, Path(folder), out)


def _made(name: str, folder: Path, out: Part) -> Heard:
    desk, told, _ = replayed(COUNTIES[name], folder, out.settings, out.pipeline)
    begin_us, end_us = instant_us(told["start"]) + WARM_DAYS * DAY_US, instant_us(told["end"])
    planted = planted_of(desk.settings.world, told)
    mine = [a for a in _risks(desk) if a.opened_at_us >= begin_us]
    counted = [p for p in planted if p.first_us >= begin_us]
    false = [a for a in mine if not any(p.has(a) for p in planted)]
    return Heard(
        (end_us - begin_us) / DAY_US,
        sum(a.shown and a.peak_level <= Level.ORANGE for a in false),
        tuple(delay_h(p, [a for a in mine if a.shown], Level.ORANGE) for p in counted),
        tuple(a.likelihood or 0.0 for a in false),
        tuple(max((a.likelihood or 0.0 for a in _told_of(p, mine)), default=0.0) for p in counted),
    )


def _told_of(planted: Planted, alerts: Iterable[Alert]) -> list[Alert]:
    return [a for a in alerts if planted.has(a) and a.opened_at_us <= planted.last_us]


def _real(folder: Path, out: Part) -> Heard:
    data = Path(os.environ["RISKWATCH_DATA"]) / "montco911"
    known = happenings(data)
    clock = SystemClock()
    settings = out.settings(load_settings(ROOT, ["montco911"], today=clock.now().date()))
    place = Place(ROOT, folder / "store")
    place.home.mkdir()
    desk = Desk(place, settings, clock)
    with desk.engine(tell=False) as pipeline:
        out.pipeline(pipeline)
        for taken in FileIntake(settings.world, settings.mappings["montco911"], desk.inbox, clock).read(
            data / FILE
        ):
            pipeline.catch_up(taken.seq)
    begin = min(h.start for h in known if h.kind == "feed_gap") - timedelta(days=7, hours=6) + WARM_UP
    days = (from_us(desk.alerts.standing().clock_us) - begin) / timedelta(days=1)  # type: ignore[union-attr]
    shown = [a for a in _risks(desk) if a.shown]
    grave = [a for a in shown if a.peak_level <= Level.ORANGE and from_us(a.opened_at_us) >= begin]
    delays = []
    for happening in known:
        if happening.kind == "incident":
            hits = found(shown, happening, Level.ORANGE)
            delays.append((hits[0][0] - happening.start) / timedelta(hours=1) if hits else None)
    return Heard(days, len(grave), tuple(delays), (), ())


def _risks(desk: Desk) -> list[Alert]:
    return [
        a for a in desk.alerts.find(everything=True) if a.kind is AlertKind.RISK and a.inhibited_by is None
    ]


def at_equal_words(one: Heard, whole: Heard) -> int:
    """How many incidents are found at the likelihood over which as many words are false as the whole's."""
    false = sorted(one.ranked_false, reverse=True)
    cut = false[whole.false] if len(false) > whole.false else 0.0
    return sum(likelihood > cut for likelihood in one.ranked_found)


def line(part: str, by_county: dict[str, Heard], whole: dict[str, Heard]) -> list[object]:
    """One row of the table: all made counties together, then the real year."""
    made = [by_county[name] for name in MADE]
    delays = [d for one in made for d in one.delays]
    hours = [d for d in delays if d is not None]
    equal = sum(at_equal_words(by_county[name], whole[name]) for name in MADE)
    row: list[object] = [
        part,
        f"{sum(one.false for one in made) / sum(one.days for one in made):.2f}",
        f"{_share(len(hours), len(delays))}, {np.median(hours):.0f} h" if hours else _share(0, len(delays)),
        _share(equal, len(delays)),
    ]
    if REAL in by_county:
        real = by_county[REAL]
        row += [
            f"{real.false / real.days:.2f}",
            f"{sum(d is not None for d in real.delays)} of {len(real.delays)}",
        ]
    return row


def _share(n: int, of: int) -> str:
    low, high = wilson(n, of)
    return f"{n} of {of} ({low:.2f}-{high:.2f})"


def main() -> None:
    """Live through every county with every part out in turn; print, write the page if all were run."""
    chosen = asked(__doc__, PARTS)
    counties = [*MADE, *([REAL] if "RISKWATCH_DATA" in os.environ else [])]
    cases = list(product([WHOLE, *chosen], counties))
    with ProcessPoolExecutor(2) as pool:
        every = pool.map(heard, *zip(*((name, part) for part, name in cases), strict=True))
        results = dict(zip(cases, every, strict=True))
    by_part = {part: {name: results[part, name] for name in counties} for part in (WHOLE, *chosen)}
    header = ["taken out", "false orange or red a day", "found at orange or red, middle delay"]
    header += ["found at as many false words as the whole has"]
    header += ["the real year: orange or red a day", "its incidents found"] if REAL in counties else []
    text = table(header, [line(part, mine, by_part[WHOLE]) for part, mine in by_part.items()])
    print(text)
    if len(chosen) < len(PARTS):
        return
    used_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    parts = [
        "# What each part of the detection is worth",
        f"Four made counties ({', '.join(MADE)} of [busy.md](busy.md))"
        f"{' and the 911 calls of 2016' if REAL in counties else ''}, replayed whole and then with one "
        "part taken out, all else as it is: nothing was fitted anew, so a part that others could stand in "
        "for looks worth more than it is. False words are shown orange and red alerts that no planted "
        "incident explains. In the fourth column alerts of any level are cut at the likelihood over which "
        "as many are false as the whole has at orange or red, county by county. "
        "Intervals are Wilson's; incidents of one county are not independent.",
        f"{provenance(('RISKWATCH_DATA=… ' if REAL in counties else '') + COMMAND)} {used_s:.0f} s of "
        "processor time.",
        text,
    ]
    parts += noted(__file__)
    Path(__file__).with_name("ablation.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
