"""Call volume where areas have neighbours: spread troubles speak together, single ones alone."""

from __future__ import annotations

import numpy as np
import pytest

from features.call_volume import CallVolume
from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import World
from riskwatch.extract.arrivals import Accepted
from riskwatch.extract.expectation import Memory
from riskwatch.extract.panels import PanelBuilder
from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.made import MONDAY_US, base_load, bordering, burst, made_panels, made_world

PLAIN = made_world(levels=3, children=3, signatures=2, indicators_each=2)
WORLD = bordering(PLAIN, [("A02", "A10"), ("A02", "A20"), ("A10", "A20"), ("A00", "A01")])
DAYS = Memory().speak_days
BORDER = ("A02", "A10", "A20")
"""One in each town, all beside each other."""


@pytest.fixture(scope="module")
def panels() -> list[Panel]:
    """Some days longer than it takes to know, with bursts, a blind spell and a newcomer."""
    return made_panels(WORLD, days=DAYS + 8, per_day=4.0, seed=3)


def lived(struck: dict[str, int], world: World = WORLD, hours: float = 0.75) -> CallVolume:
    """Quiet days, then so many calls of one indicator in these leaves within the hour."""
    start = MONDAY_US + (DAYS + 2) * DAY_US
    rows = base_load(world, days=DAYS + 2, per_day=1.0, seed=5)
    for area, n in struck.items():
        rows += burst(world, area=area, indicator="s0_0", start_us=start, n=n, over_h=hours)
    builder, volume = PanelBuilder(world), CallVolume(world)
    index, order = world.tree.index, world.registry.index
    at = np.array([row[4] for row in rows])
    ordered = np.argsort(at, kind="stable")
    one = np.ones(len(rows), np.int64)
    builder.add(
        Accepted(
            np.array([index[rows[n][2]] for n in ordered]),
            np.array([order[rows[n][3]] for n in ordered]),
            0 * one,
            at[ordered],
            one,
        )
    )
    for panel in builder.close(start + round((hours + 0.25) * HOUR_US), 1):
        volume.update(panel)
    return volume


def around(volume: CallVolume, area: str) -> set[str]:
    """Whom an area speaks with, of the first signature."""
    tree = WORLD.tree
    cells = volume.cells(np.array([tree.index[area]]), 0)
    return {tree.codes[n] for n in cells.areas_of(0)} - {area}


def test_a_little_in_each_of_three_towns_speaks_as_one():
    """Four calls in each of three neighbours under three towns: one of them speaks with the others."""
    volume = lived(dict.fromkeys(BORDER, 4))
    speaking = [area for area in BORDER if around(volume, area)]
    assert len(speaking) == 1
    assert around(volume, speaking[0]) == set(BORDER) - set(speaking)
    cells = volume.cells(np.array([WORLD.tree.index[speaking[0]]]), 0)
    assert cells.observed[0, 0, 1:].min() >= 12
    alone = lived(dict.fromkeys(BORDER, 4), PLAIN)
    mine = np.array([PLAIN.tree.index[speaking[0]]])
    assert (
        volume.weigh(0, cells).rows[0, :-1].max() > alone.weigh(0, alone.cells(mine, 0)).rows[0, :-1].max()
    )


def test_much_in_one_of_them_is_its_own():
    """Neighbours that saw nothing are not drawn into it, and its numbers are those of the area."""
    volume, plain = lived({"A02": 12}), lived({"A02": 12}, PLAIN)
    assert not any(around(volume, area) for area in BORDER)
    here = np.array([WORLD.tree.index["A02"]])
    mine, theirs = volume.cells(here, 0), plain.cells(here, 0)
    assert np.array_equal(mine.observed, theirs.observed)
    assert np.array_equal(mine.expected, theirs.expected)


def test_what_is_told_of_a_vicinity_adds_its_areas_up():
    """The instant of the first call, the hours of the chart, and how many are usual."""
    volume = lived(dict.fromkeys(BORDER, 4))
    areas = [WORLD.tree.index[area] for area in BORDER]
    assert volume.first_instant(areas, [0], 2) == min(
        filter(None, (volume.first_instant([a], [0], 2) for a in areas))
    )
    observed, expected = volume.history(areas, [0, 1], 24)
    each = [volume.history([a], [0, 1], 24) for a in areas]
    assert observed == np.sum([o for o, _ in each], axis=0).tolist()
    assert expected == pytest.approx(np.sum([e for _, e in each], axis=0))
    assert volume.daily_rate(areas, [0]) == pytest.approx(sum(volume.daily_rate([a], [0]) for a in areas))


def test_weighing_the_cells_gives_the_row_that_was_read(panels):
    """With neighbours as well, whoever speaks; and some do."""
    volume, seen, together = CallVolume(WORLD), 0, 0
    for panel in panels:
        volume.update(panel)
        read = volume.read()
        rows = read.values.reshape(len(read.areas), 2, len(volume.windows_h) + 1)
        for at, signature in zip(*np.nonzero((rows[:, :, :-1] > 0).any(axis=2)), strict=True):
            cells = volume.cells(read.areas[at : at + 1].astype(np.int64), int(signature))
            found = volume.weigh(int(signature), cells).rows[0]
            assert found == pytest.approx(rows[at, signature], abs=1e-9)
            seen, together = seen + 1, together + bool(cells.around)
    assert seen > 300
    assert 3 < together < seen / 2


def test_it_goes_on_from_its_state(panels):
    """Restored at any tick it says the same to the bit: who spoke is part of the state."""
    for cut in (5, DAYS * 96, DAYS * 96 + 201, DAYS * 96 + 288):
        one = CallVolume(WORLD)
        for panel in panels[:cut]:
            one.update(panel)
        other = CallVolume(WORLD)
        other.load(unpack(pack(one.state())))
        assert np.array_equal(one.read().values, other.read().values)
        for panel in panels[cut : cut + 20]:
            one.update(panel)
            other.update(panel)
            assert np.array_equal(one.read().values, other.read().values)
        assert pack(one.state()) == pack(other.state())


def test_nobody_near_changes_nothing(panels):
    """One pair of neighbours leaves all areas but theirs as they were, before the first word."""
    one, other = CallVolume(PLAIN), CallVolume(WORLD)
    for panel in panels[: DAYS * 96]:
        one.update(panel)
        other.update(panel)
    assert np.array_equal(one.expectation.rate, other.expectation.rate)
    depths = int(PLAIN.tree.depth.max()) + 1
    assert np.array_equal(one.expectation.dispersion.value, other.expectation.dispersion.value[:depths])
    assert other.places() == (13 + 5) * 2
