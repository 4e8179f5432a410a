"""What adding up domains would say of the real year: `python -m benchmarks.detection.compound_real`.

Writes `compound_real.md`: every word of `cross_domain.py` at a tenth of an alert a day, and whether
a signature of the engine spoke near it.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from benchmarks.detection.compound import COMPOUND, LEAST_SURPRISE, WHOLE
from benchmarks.detection.cross_domain import WINDOWS_H, CrossDomain, nats_now
from benchmarks.detection.lived import LEAST, MIN_CALLS, Word, _Floor, cut_for, episodes
from benchmarks.montco911 import FILE, local
from benchmarks.page import ROOT, asked, provenance, table
from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import DAY_US, HOUR_US, SystemClock, from_us
from riskwatch.core.indicators import DOMAINS
from riskwatch.desk import Desk, Place
from riskwatch.ingest.intake import FileIntake

RATE, ENGINE_RATE = 0.1, 1.0  # alerts a day: the compound's, and the engine's it is held beside
NEAR_US = 12 * HOUR_US
JUDGED = Path(__file__).with_name("compound_real_judged.yaml")


@dataclass(frozen=True, slots=True)
class Year:
    """What spoke over the year, and what each domain and indicator brought to the compound's words."""

    engine: list[Word]
    compound: list[Word]
    why: dict[tuple[int, str], str]
    days: float


def year(desk: Desk, file: Path) -> Year:
    """Replay the year and listen to both."""
    world, everywhere = desk.settings.world, _Floor()
    trial = CrossDomain(world.tree, world.registry)
    engine: list[Word] = []
    compound: list[Word] = []
    why: dict[tuple[int, str], str] = {}
    span: list[int] = []
    with desk.engine(tell=False) as pipeline:

        def look(panel) -> None:
            volume, at_us = pipeline.volume, panel.decided_at_us
            span[1:] = [at_us]
            span[:1] = span[:1] or [at_us]
            features = volume.read()
            found = pipeline.duty.assess(features, pipeline.duty.score(features), {}, everywhere)
            engine.extend(
                Word(at_us, a.area, a.signature, a.likelihood)
                for a in found
                if a.inhibited_by is None and a.calls >= MIN_CALLS and a.likelihood >= LEAST
            )
            if panel.tick % volume._per_hour or not volume.expectation.ready:
                return
            nats, rate = nats_now(volume, [volume.windows_h.index(h) for h in WINDOWS_H])
            surprise = trial.look(nats, rate)
            for a in np.flatnonzero(surprise > LEAST_SURPRISE).tolist():
                word = Word(at_us, world.tree.codes[a], COMPOUND, min(float(surprise[a]) / WHOLE, 1.0))
                compound.append(word)
                why[(at_us, word.area)] = _why(trial, nats, a, world.registry.ids)

        pipeline.on_tick = look
        for taken in FileIntake(world, desk.settings.mappings["montco911"], desk.inbox, desk.clock).read(
            file
        ):
            pipeline.catch_up(taken.seq)
    begin_us = span[0] + 30 * DAY_US
    return Year(
        [w for w in engine if w.at_us >= begin_us],
        [w for w in compound if w.at_us >= begin_us],
        why,
        (span[-1] - begin_us) / DAY_US,
    )


def _why(trial: CrossDomain, nats, area: int, ids: tuple[str, ...]) -> str:
    window = int(trial.over[:, :, area].sum(axis=1).argmax())
    parts = [f"{d} {x:.1f}" for d, x in zip(DOMAINS, trial.over[window, :, area], strict=True) if x > 0]
    mine = nats[area, :, window]
    most = [f"{ids[i]} {mine[i]:.1f}" for i in np.argsort(-mine, kind="stable")[:4] if mine[i] > 0]
    return f"{WINDOWS_H[window]} h: {', '.join(parts)} ({', '.join(most)})"


def main() -> None:
    """Replay, list, write the page."""
    asked(__doc__)
    with tempfile.TemporaryDirectory() as home:
        desk = Desk.open(Place(ROOT, Path(home)), SystemClock(), sources=["montco911"])
        told = year(desk, Path(os.environ["RISKWATCH_DATA"]) / "montco911" / FILE)
        text = page(told, desk.settings.world.tree)
    (ROOT / "benchmarks" / "detection" / "compound_real.md").write_text(text, encoding="utf-8")
    print(text)


def page(told: Year, tree: AreaTree) -> str:
    """Every word of the compound at its rate, and what of the engine spoke near it."""
    cut = cut_for(told.engine, ENGINE_RATE, told.days)
    spoke = [w for w in told.engine if w.likelihood >= cut]
    judged = yaml.safe_load(JUDGED.read_text(encoding="utf-8")) or {}
    rows: list[list[object]] = []
    for word in episodes(told.compound, cut_for(told.compound, RATE, told.days)):
        line = {*tree.line(word.area), *tree.below(word.area)}
        near = {w.signature for w in spoke if w.area in line and abs(w.at_us - word.at_us) <= NEAR_US}
        at = local(from_us(word.at_us))
        rows.append(
            [
                at,
                word.area,
                told.why[(word.at_us, word.area)],
                ", ".join(sorted(near)) or "**none**",
                judged.get(f"{at} {word.area}", "not read yet") if not near else "",
            ]
        )
    alone = sum(row[3] == "**none**" for row in rows)
    listed = table(["when", "area", "nats beyond the floor, by domain", "engine near it", "judged"], rows)
    parts = [
        "# Weak signs of several domains over the real year",
        f"Every word of `cross_domain.py` at {RATE} a day after a warm-up of 30 days, and the engine's "
        f"signatures (at {ENGINE_RATE:g} a day) that spoke in the area, above or below it within 12 hours. "
        f"{len(rows)} words, {alone} with no signature near. Those were read beside their counts: likely "
        "(something else of the day points at it) or chance. One reader judged, who knew the evidence.",
        provenance("RISKWATCH_DATA=… python -m benchmarks.detection.compound_real"),
        listed,
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
