"""The recipe of gauges on the Numenta Anomaly Benchmark: `python -m benchmarks.detection.nab`.

Needs RISKWATCH_DATA. Writes `nab.md` beside it: the score by category, each category left out of
every choice in turn, the ablation of each sign, and what plainer detectors reach. Takes some minutes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.page import ROOT, asked, provenance, table
from models.gauge_surprise import SIGNS, GaugeSurprise
from riskwatch.audit.nab import judge, scores
from riskwatch.audit.nab_corpus import Corpus, Stream
from riskwatch.audit.nab_score import PROFILES, Scored, best_threshold, normalised, probation, raw

FloatArray = NDArray[np.float64]
STANDARD = PROFILES[0]
PUBLISHED = (("ARTime", 74.9), ("Numenta HTM", 70.5), ("CAD OSE", 69.9))
SHARES = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2)
SHARE, SILENT = 0.05, 100
NOISE_ROWS, NOISE_STREAMS = 5000, 20

TRIED = (
    "Tried on the five in place of, or beside, what ships, and left out since it did not help (best "
    "score in brackets where it stands for the whole): tails of each sign by a generalised Pareto fit "
    "(64), the same beside the range (75 to 76 at one threshold, less at those beside it), extremes that "
    "fade instead of a memory that ends (65), half of all rows as the memory where that is more (75; on "
    "made streams of 16,000 rows with heavy bursts it finds fewer of the largest); the spread over 12 to "
    "192 rows and its logarithm, the difference of neighbours, residuals by hour of the day, a sum in "
    "place of the largest sign, a share that grows while the past is short, a share that grows with the "
    "stream's own alarms, and an alarm within the silence where the excess is several times that of the "
    "last."
)


# --- scores --------------------------------------------------------------------------------------


def excesses(stream: Stream, gauge: GaugeSurprise) -> FloatArray:
    """By sign, how far each row leaves the past [rows, signs]; 0 where a sign is not warm."""
    found = np.zeros((len(stream.values), len(SIGNS)))
    for n, (value, at_s) in enumerate(zip(stream.values, stream.at_s, strict=True)):
        row = {"value": value, "at_s": at_s}
        given = gauge.excess_one(row)
        found[n] = [given.get(sign, 0.0) for sign in SIGNS]
        gauge.learn_one(row)
    return found


def silenced(excess: FloatArray, share: float, rows: int = SILENT) -> FloatArray:
    """Scores [rows] as the recipe makes them of its largest excess, silent after each alarm."""
    found: FloatArray = excess / (excess + share)
    until = 0
    for row in np.flatnonzero(found >= GaugeSurprise.ALARM):
        if row >= until:
            until = row + 1 + rows
            found[row + 1 : until] = 0.0
    return found


def out_of_range(values: FloatArray) -> FloatArray:
    """How far each value lies outside of all before it, as a share of their range [rows]."""
    high, low = np.maximum.accumulate(values)[:-1], np.minimum.accumulate(values)[:-1]
    beyond = np.maximum(np.maximum(values[1:] - high, low - values[1:]), 0.0)
    width = np.maximum(high - low, 1e-9 * np.maximum(np.abs(high), np.abs(low)))
    share = np.divide(beyond, width, out=np.zeros_like(beyond), where=width > 0)
    return np.r_[np.zeros(10), share[9:]]


def half_space_trees(stream: Stream) -> FloatArray:
    """River's half-space trees on the value alone, scaled by the least and most so far [rows]."""
    from river import anomaly, preprocessing

    scale, trees = preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=7)
    found = np.zeros(len(stream.values))
    for n, value in enumerate(stream.values):
        scale.learn_one({"value": value})
        row = scale.transform_one({"value": value})
        found[n] = trees.score_one(row)
        trees.learn_one(row)
    return found


# --- judging -------------------------------------------------------------------------------------


class Board:
    """The streams, and what scores for all of them are worth."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self.streams = streams
        self.categories = sorted({s.category for s in streams})

    def scored(self, found: Iterable[FloatArray]) -> list[Scored]:
        """Scores with their windows."""
        return [Scored(f, s.windows) for f, s in zip(found, self.streams, strict=True)]

    def raws(self, found: Iterable[FloatArray]) -> FloatArray:
        """[files, (raw standard score at the alarm threshold, windows)]."""
        return np.array([raw([file], STANDARD, GaugeSurprise.ALARM) for file in self.scored(found)])

    def best(self, found: Iterable[FloatArray]) -> float:
        """The standard score at the one threshold that is best."""
        return best_threshold(self.scored(found), STANDARD).score

    def inside(self, category: str) -> NDArray[np.bool_]:
        """[files] which lie in a category."""
        return np.array([s.category == category for s in self.streams])


def total(raws: FloatArray) -> float:
    """The normalised standard score of some files."""
    return normalised(float(raws[:, 0].sum()), int(raws[:, 1].sum()), STANDARD)


def interval(raws: FloatArray) -> tuple[float, float]:
    """The 5th and 95th percentile of the score over files drawn again, 2000 times."""
    draw = np.random.default_rng(7)
    found = [total(raws[draw.integers(0, len(raws), len(raws))]) for _ in range(2000)]
    low, high = np.percentile(found, [5, 95])
    return float(low), float(high)


def best_silenced(board: Board, excess: Sequence[FloatArray]) -> tuple[float, float]:
    """(standard score, share) of an excess [rows] a file, at the best of `SHARES`, silenced."""
    return max((total(board.raws(silenced(e, share) for e in excess)), share) for share in SHARES)


# --- the page ------------------------------------------------------------------------------------


def by_category(board: Board, found: list[FloatArray]) -> str:
    """What ships, by category and profile."""
    scored = [(s.category, file) for s, file in zip(board.streams, board.scored(found), strict=True)]
    verdicts = [judge(scored, p, GaugeSurprise.ALARM) for p in PROFILES]
    lines: list[list[object]] = []
    for line in zip(*(v.standings for v in verdicts), strict=True):
        one = line[0]
        cells = ["" if s.score is None else f"{s.score:.1f}" for s in line]
        lines.append(
            [one.category or "all five", one.files, one.windows, one.found, one.false_alarms, *cells]
        )
    best = [judge(scored, p) for p in PROFILES]
    cells = [f"{v.overall.score:.1f} at {v.threshold:.4f}" for v in best]
    lines.append(["all five, best threshold", "", "", "", "", *cells])
    names = [p.name for p in PROFILES]
    return table(["category", "files", "windows", "found", "false alarms", *names], lines)


def left_out(board: Board, excess: Sequence[FloatArray]) -> str:
    """Signs and share chosen on four categories, then judged on the fifth."""
    subsets = list(chain.from_iterable(combinations(range(len(SIGNS)), n) for n in range(1, 6)))
    tried = {
        (subset, share): board.raws(silenced(e[:, subset].max(axis=1), share) for e in excess)
        for subset in subsets
        for share in SHARES[1:7]
    }
    shipped = tried[tuple(range(len(SIGNS))), SHARE]
    lines: list[list[object]] = []
    chosen_raws = np.zeros_like(shipped)
    for category in board.categories:
        inside = board.inside(category)
        choice = max(tried, key=lambda key: total(tried[key][~inside]))
        chosen_raws[inside] = tried[choice][inside]
        there = [tried[choice][inside], shipped[inside]]
        lines.append(
            [
                category,
                " ".join(SIGNS[n] for n in choice[0]),
                choice[1],
                f"{total(tried[choice][~inside]):.1f}",
                *(f"{total(r):.1f}" if r[:, 1].sum() else f"{r[:, 0].sum():.2f} raw" for r in there),
            ]
        )
    lines.append(["all five", "", "", "", f"{total(chosen_raws):.1f}", f"{total(shipped):.1f}"])
    header = ["left out", "signs chosen", "share", "on the four", "on the one left out", "as shipped"]
    return table(header, lines)


def ablation(board: Board, excess: Sequence[FloatArray]) -> str:
    """Every sign left out, and alone."""
    lines: list[list[object]] = []
    for n, sign in enumerate(SIGNS):
        others = [k for k in range(len(SIGNS)) if k != n]
        without = [e[:, others].max(axis=1) for e in excess]
        kept = total(board.raws(silenced(e, SHARE) for e in without))
        retuned = best_silenced(board, without)[0]
        alone, share = best_silenced(board, [e[:, n] for e in excess])
        lines.append([sign, f"{kept:.1f}", f"{retuned:.1f}", f"{alone:.1f} at {share}"])
    return table(["sign", "without it", "without it, best share", "alone, best share"], lines)


def choices(board: Board, excess: Sequence[FloatArray], rerun: Callable[..., list[FloatArray]]) -> str:
    """How the score moves with each of the three numbers."""
    most = [e.max(axis=1) for e in excess]
    shares = [f"{s}: {total(board.raws(silenced(e, s) for e in most)):.1f}" for s in SHARES]
    silences = [
        f"{rows}: {total(board.raws(silenced(e, SHARE, rows) for e in most)):.1f}"
        for rows in (1, 25, 50, 75, 100, 125, 150, 200)
    ]
    memories = [
        f"{rows}: {total(board.raws(silenced(e.max(axis=1), SHARE) for e in rerun(memory_rows=rows))):.1f}"
        for rows in (500, 1000, 1500, 2016, 3000, 8000)
    ]
    lines: list[list[object]] = [
        ["share", ", ".join(shares)],
        ["silent rows", ", ".join(silences)],
        ["memory rows", ", ".join(memories)],
    ]
    return table(["number", "standard score at its values"], lines)


def plainer(board: Board, excess: Sequence[FloatArray]) -> str:
    """What other detectors reach in the same run, each at its best threshold."""
    values = [out_of_range(np.array(s.values)) for s in board.streams]
    trees = [half_space_trees(s) for s in board.streams]
    quiet = [
        [silenced(t / at * SHARE, SHARE) for t in trees] for at in (0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
    ]
    blind = [np.where(np.arange(len(s.values)) % 300 == 0, 1.0, 0.0) for s in board.streams]
    together = [e.max(axis=1) for e in excess]
    lines: list[list[object]] = []
    for name, loud, silent in (
        ("this recipe", together, best_silenced(board, together)[0]),
        ("out-of-range rule on the value", values, best_silenced(board, values)[0]),
        ("River HalfSpaceTrees on the value", trees, max(board.best(q) for q in quiet)),
        ("an alarm every 300 rows, blind", blind, None),
    ):
        told = "" if silent is None else f"{silent:.1f}"
        lines.append([name, f"{board.best(loud):.1f}", told])
    return table(["detector", "as it is", "silent for 100 rows after an alarm"], lines)


def on_noise() -> float:
    """False alarms a stream of independent normal noise, behind probation."""
    draw = np.random.default_rng(7)
    alarms = 0
    for _ in range(NOISE_STREAMS):
        values = tuple(draw.normal(size=NOISE_ROWS).tolist())
        noise = Stream("noise/noise.csv", (), tuple(range(0, 300 * NOISE_ROWS, 300)), values, ())
        found = scores(noise, GaugeSurprise())[probation(NOISE_ROWS) :]
        alarms += int((found >= GaugeSurprise.ALARM).sum())
    return alarms / NOISE_STREAMS


def main() -> None:
    """Read, run, judge, write the page."""
    asked(__doc__)
    corpus = Corpus.open(Path(os.environ["RISKWATCH_DATA"]) / "nab")
    board = Board([corpus.read(name) for name in corpus.files])
    rows = sum(len(s.values) for s in board.streams)
    started = time.process_time()
    found = [scores(s, GaugeSurprise()) for s in board.streams]
    row_us = (time.process_time() - started) / rows * 1e6

    def rerun(**given: int) -> list[FloatArray]:
        return [excesses(s, GaugeSurprise(**given)) for s in board.streams]

    excess = rerun()
    again = [silenced(e.max(axis=1), SHARE) for e in excess]
    assert all(np.array_equal(a, b) for a, b in zip(again, found, strict=True))  # noqa: S101 - the page's ground
    low, high = interval(board.raws(found))
    parts = [
        "# One recipe for every gauge",
        f"`models/gauge_surprise.py` on the Numenta Anomaly Benchmark: {len(board.streams)} files and "
        f"{rows:,} rows of five of its seven categories. `realKnownCause` and `realTweets` were not seen "
        "while it was made. One configuration for all files; each row is scored before it is learned, in "
        f"{row_us:.0f} µs for both. Standard score over the five at the threshold that ships, with the 5th "
        f"and 95th percentile over files drawn again: **{total(board.raws(found)):.1f}** ({low:.1f} to "
        f"{high:.1f}).",
        "Published, each over all seven categories and at its best threshold, so not the same sum: "
        + ", ".join(f"{name} {score}" for name, score in PUBLISHED)
        + ". What separates these is less than the width of the interval.",
        provenance("RISKWATCH_DATA=… python -m benchmarks.detection.nab"),
        "## By category",
        "At the threshold of the recipe (0.5, an excess of 5% of the range), and at the best that the "
        "labels of the five allow.",
        by_category(board, found),
        "## Each category left out",
        "Signs and share are chosen anew on four categories, out of all 31 sets of signs and six shares, "
        "and judged on the fifth. The windows of the signs, the silent rows and the memory are not chosen "
        "anew, so this is less optimistic than the score above and still not blind.",
        left_out(board, excess),
        "## Ablation",
        ablation(board, excess),
        "## The three numbers",
        "One moved, the others as shipped.",
        choices(board, excess, rerun),
        "## Plainer detectors in the same run",
        "Each at its best threshold. A false alarm costs 0.11 and a window found is worth up to 2, so even "
        "blind alarms gain.",
        plainer(board, excess),
        "## What it does not do",
        f"- On independent normal noise it raises {on_noise():.1f} alarms in {NOISE_ROWS:,} rows: new "
        "extremes of slow means are no rare thing while the past is short.\n"
        "- A peak lower than one in memory is not seen, and a second event within the silence is not told; "
        "most windows that are missed are of these kinds.\n"
        "- The end of an event may echo in the slow signs once the silence is over.",
        TRIED,
    ]
    page = "\n\n".join(parts) + "\n"
    (ROOT / "benchmarks" / "detection" / "nab.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
