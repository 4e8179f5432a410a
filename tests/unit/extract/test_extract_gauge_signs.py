"""Signs of many gauges at once: the same as the recipe says of one, and what the recipe does not do."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.gauge_surprise import SIGNS, GaugeSurprise
from riskwatch.extract import gauge_signs as signs

STEP_S = 900


def memory(n: int) -> signs.Memory:
    """The memory of gauges that were never read."""
    shape = (n, signs.SIGNS, signs.BLOCKS)
    return signs.Memory(
        rows=np.zeros(n, np.int64),
        past=np.zeros((n, signs.PAST)),
        differed=np.zeros((n, signs.DAYPART)),
        hours=np.full((n, signs.HOURS), np.nan),
        mean=np.zeros(n),
        highs=np.full(shape, -np.inf),
        lows=np.full(shape, np.inf),
        sizes=np.zeros((n, signs.BLOCKS)),
        over=np.full((n, signs.SIGNS), -np.inf),
        under=np.full((n, signs.SIGNS), np.inf),
    )


def looked(values: NDArray[np.float64], bad: int = 1, growth: float = 0.1) -> NDArray[np.float64]:
    """[n] the excess of each of one gauge's readings, one every 15 minutes."""
    held, found = memory(1), []
    for n, value in enumerate(values):
        hour = n * STEP_S // 3600 % signs.HOURS
        at = np.array([0])
        found.append(signs.look(at, np.array([value]), hour, np.array([bad]), growth, held)[0])
    return np.array(found)


def river(n: int, seed: int = 0) -> NDArray[np.float64]:
    """A daily wave with slow noise around 3 m."""
    draw = np.random.default_rng(seed)
    slow = 0.0
    levels = []
    for k in range(n):
        slow = 0.97 * slow + draw.normal(0, 0.03)
        levels.append(3 + 0.2 * np.sin(k / 96 * 2 * np.pi) + slow)
    return np.array(levels)


@pytest.mark.parametrize("seed", range(3))
def test_the_signs_are_those_of_the_recipe_row_by_row(seed):
    """Against `models.gauge_surprise`, plain and slow, until its memory of 2,016 rows is full."""
    draw = np.random.default_rng(seed)
    n, gauges = 1900, 4
    values = np.stack([river(n, seed * 10 + g) for g in range(gauges)])
    values[1] = draw.normal(0, 1, n).cumsum()
    values[2, 1200:1260] += 2.0
    values[3] = np.round(draw.gamma(0.3, 10, n))
    slow = [GaugeSurprise(silent_rows=0) for _ in range(gauges)]
    held, bad = memory(gauges), np.zeros(gauges, np.int64)
    seen = 0
    for k in range(n):
        here = np.flatnonzero(draw.random(gauges) < 0.9)  # each misses some
        found = signs.look(here, values[here, k], k * STEP_S // 3600 % 168, bad, np.inf, held)
        for g, excess in zip(here, found, strict=True):
            row = {"value": float(values[g, k]), "at_s": float(k * STEP_S)}
            want = max(slow[g].excess_one(row).values(), default=0.0)
            assert excess == pytest.approx(min(want, signs.MOST), rel=1e-6, abs=1e-9)
            slow[g].learn_one(row)
            seen += want > 0
    assert seen > 50
    assert len(SIGNS) == signs.SIGNS


def test_a_flood_does_not_raise_its_own_baseline_while_it_stands():
    """Half a day of readings far above are all beyond; where they are learnt at once, the first are."""
    levels = river(1500)
    levels[1440:1488] += 2.0
    found = looked(levels)
    assert found[:1440].max() < 0.3
    assert (found[1446:1488] > 0.5).all()
    assert looked(levels, growth=np.inf)[1470:1488].max() < 0.1


def test_a_new_normal_is_learnt_in_days_and_not_in_one():
    """A river that stays a metre higher is news for days and no longer after a month."""
    levels = river(1500 + 96 * 30)
    levels[1500:] += 1.0
    found = looked(levels)
    assert found[1500 + 96 : 1500 + 2 * 96].max() > 0.1
    assert found[-96 * 5 :].max() < 0.1


def test_only_the_bad_direction_counts():
    """A river that falls dry is no flood, and for a reservoir it is what is watched for."""
    levels = river(1600)
    levels[1500:1560] -= 2.0
    assert looked(levels, bad=1)[1500:1560].max() == 0.0
    assert looked(levels, bad=-1)[1510:1560].min() > 0.5
    assert looked(levels, bad=0)[1510:1560].min() > 0.5


def test_coming_back_from_the_good_side_is_no_news():
    """After a dry week the rise to the usual is steep, and harms nobody."""
    levels = river(2000)
    levels[1500:1700] -= 1.5
    assert looked(levels)[1700:1800].max() < 0.15


def test_the_unit_does_not_matter():
    """Metres or millimetres, with another zero: the same excess."""
    levels = river(1500)
    levels[1440:] += 1.0
    assert looked(levels * 1000.0 + 7.0) == pytest.approx(looked(levels), rel=1e-6, abs=1e-9)


def test_a_tick_slides_the_windows_exactly():
    """Sums and counts of every window are those of the last readings, missing ones left out."""
    draw, widths = np.random.default_rng(4), np.array([4, 12, 96])
    held = (np.full((3, 96), -1, np.int16), np.zeros((3, 3), np.int32), np.zeros((3, 3), np.int32))
    every = np.full((3, 400), -1)
    for tick in range(400):
        here = np.flatnonzero(draw.random(3) < 0.7)
        fresh = draw.integers(0, 10_000, len(here))
        every[here, tick] = fresh
        signs.slide(held, widths, tick, here, fresh)
        for w, width in enumerate(widths):
            last = every[:, max(tick - width + 1, 0) : tick + 1]
            assert held[1][:, w].tolist() == np.where(last >= 0, last, 0).sum(axis=1).tolist()
            assert held[2][:, w].tolist() == (last >= 0).sum(axis=1).tolist()
