"""What is usual: level, profile, shrinkage and masking, learnt from simulated streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_ticks import FIRST, flat_world, panel, ticks

from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.core.scores import World
from riskwatch.extract.clumps import Clumps
from riskwatch.extract.dispersion import Dispersion
from riskwatch.extract.expectation import Expectation, Memory
from riskwatch.extract.profile import Profile
from riskwatch.extract.spans import Spans
from riskwatch.store.snapshots import pack, unpack

WINDOWS = Spans((4, 24, 96), (1, 1, 1))
HOUR, DAY = 0, 2
Counts = Callable[[int], np.ndarray]


def grown(
    world: World,
    counts: Counts,
    over: Iterable[int],
    *,
    into: Expectation | None = None,
    blind: Callable[[int], Iterable[int]] = lambda _: (),
    memory: Memory | None = None,
) -> Expectation:
    expectation = into or Expectation(world, WINDOWS, memory or Memory(min_days=7))
    for tick in over:
        expectation.update(panel(world, tick, counts(tick), blind(tick)))
        expectation.learn()
    return expectation


def poisson(world: World, per_day: np.ndarray, seed: int = 0) -> Counts:
    """Independent draws of each tick; the same tick always draws the same."""
    full = np.zeros((len(world.tree), len(world.registry)))
    full[-len(per_day) :] = per_day

    def draw(tick: int) -> np.ndarray:
        return np.random.default_rng((seed, tick)).poisson(full / 96)

    return draw


def test_a_flat_rate_is_learnt():
    """After four weeks the expected day is the day that comes, in the towns and above them."""
    world = flat_world()
    expectation = grown(world, poisson(world, np.array([[12.0], [48.0]])), ticks(28))
    day = expectation.expected()[DAY]
    assert day[1, 0] == pytest.approx(12, rel=0.12)
    assert day[2, 0] == pytest.approx(48, rel=0.07)
    assert day[0] == pytest.approx([60, 60], rel=0.07)
    assert expectation.expected()[HOUR, 0, 0] == pytest.approx(2.5, rel=0.25)


def test_nothing_is_ready_before_the_first_week():
    """Seven whole days must have been seen."""
    world = flat_world()
    counts = poisson(world, np.array([[12.0], [48.0]]))
    expectation = grown(world, counts, ticks(7 - 1 / 96))
    assert not expectation.ready
    assert grown(world, counts, [FIRST + 7 * 96 - 1], into=expectation).ready


def test_the_profile_follows_local_time_through_a_change_of_clocks():
    """Calls at 8 to 20 o'clock in New York are expected then, before and after 9 March 2025."""
    world = flat_world("America/New_York")
    monday = 20_122 * 96  # 2025-02-03 00:00 UTC

    def waking(tick: int) -> np.ndarray:
        local_h = (tick / 4 - (4 if tick >= 20_156 * 96 + 28 else 5)) % 24
        rate = 2.0 if 8 <= local_h < 20 else 0.05
        draw = np.random.default_rng(tick)
        return np.array([[0], [draw.poisson(rate)], [draw.poisson(rate)]])

    expectation = Expectation(world, WINDOWS, Memory(min_days=7))
    for utc_h, us in ((13, 20_150 * DAY_US), (12, 20_157 * DAY_US)):  # a Monday before, a Monday after
        assert expectation.hour_at(us + utc_h * HOUR_US) == 8
    grown(world, waking, range(monday, 20_157 * 96), into=expectation)
    errors = []
    for tick in range(20_157 * 96, 20_159 * 96):
        grown(world, waking, [tick], into=expectation)
        local_h = (tick / 4 - 4) % 24
        if 11 <= local_h < 18:  # the edges of the day are smoothed
            errors.append(expectation.expected()[HOUR, 0, 0] / 16.0)
        if 1 <= local_h < 6:
            assert expectation.expected()[HOUR, 0, 0] < 2.0
    assert 0.8 < min(errors) <= max(errors) < 1.25


def test_a_burst_does_not_raise_its_own_baseline():
    """A day of thirty times the usual leaves the level where it was; without the cap it doubles."""
    world = flat_world()
    quiet = poisson(world, np.array([[10.0], [10.0]]))
    levels = {}
    for name, memory in (("capped", Memory(min_days=7)), ("uncapped", Memory(min_days=7, cap_sd=1e9))):
        expectation = grown(world, quiet, ticks(21), memory=memory)
        before = expectation.rate[1, 0]
        grown(world, lambda t: quiet(t) * [[0], [30], [1]], ticks(1, FIRST + 21 * 96), into=expectation)
        levels[name] = expectation.rate[1, 0] / before
    assert levels["capped"] < 1.15
    assert levels["uncapped"] > 2.0


def test_a_burst_does_not_bend_the_profile():
    """The hours of a capped day count for what was kept of it."""
    world = flat_world()
    quiet = poisson(world, np.array([[20.0], [20.0]]))

    def night(tick: int) -> np.ndarray:
        return quiet(tick) + np.array([[0], [40 if 8 <= tick % 96 < 16 else 0], [0]])

    expectation = grown(world, quiet, ticks(28))
    grown(world, night, ticks(1, FIRST + 28 * 96), into=expectation)
    assert expectation.profile.shape[0, 2:4].max() < 2.0


def test_a_newcomer_has_no_expectation_for_two_weeks():
    """A code that appears late is a change of the form; one known from the first week is not new."""
    world = flat_world(indicators_each=3)
    shown = {0: FIRST, 1: FIRST + 10 * 96}  # the third never

    def counts(tick: int) -> np.ndarray:
        n = np.zeros((3, 3), dtype=np.int64)
        for column, since in shown.items():
            n[1, column] = tick >= since
        return n

    expectation = Expectation(world, WINDOWS, Memory(min_days=7))
    known = []
    for day in range(26):
        grown(world, counts, ticks(1, FIRST + day * 96), into=expectation)
        known.append(expectation.known()[:3].tolist())
    assert [k[0] for k in known] == [True] * 26
    assert [k[1] for k in known] == [False] * 23 + [True] * 3
    assert not any(k[2] for k in known)


def test_a_thin_series_borrows_its_parents_level_by_its_share():
    """Where an indicator was never seen: two sibling counts at the parent's level times the share."""
    world = flat_world(children=3, indicators_each=2)
    per_day = np.array([[40.0, 0.0], [4.0, 0.0], [4.0, 6.0]])
    counts, days = poisson(world, per_day), 0.0
    expectation = Expectation(world, WINDOWS, Memory(min_days=7))
    for day in range(28):
        grown(world, counts, ticks(1, FIRST + day * 96), into=expectation)
        days = days * 0.5 ** (1 / 28) + 1
        if day in (6, 27):
            parent, big, small, own = expectation.rate[:, 1] * 96
            for found, share in ((big, 40 / 54), (small, 4 / 54)):
                assert found == pytest.approx(2 / (days + 2 / (parent * share)), rel=0.3)
            assert big > small
    assert own == pytest.approx(6, rel=0.25)
    unsure = expectation.inverse_size(DAY)[1:, 1]
    assert unsure[0] > 2 * unsure[2]


def test_silence_under_an_outage_does_not_lower_the_level():
    """Three blind days cost nothing; three silent days that are seen do."""
    world = flat_world()
    counts = poisson(world, np.array([[20.0], [20.0]]))

    def down(tick: int) -> bool:
        return 14 * 96 <= tick - FIRST < 17 * 96

    def silent(tick: int) -> np.ndarray:
        return counts(tick) * (not down(tick))

    whole = grown(world, counts, ticks(21)).rate[:, 0]
    blind = grown(world, silent, ticks(21), blind=lambda t: range(2) if down(t) else ()).rate[:, 0]
    seen = grown(world, silent, ticks(21)).rate[:, 0]
    assert blind == pytest.approx(whole, rel=0.08)
    assert (seen < 0.9 * whole).all()


def test_an_outage_does_not_bend_the_profile():
    """Four Mondays of which one was dark: Monday's noon is still as usual as Tuesday's."""
    world = flat_world()
    counts = poisson(world, np.array([[60.0], [60.0]]))

    def down(tick: int) -> bool:
        return 21 * 96 + 24 <= tick - FIRST < 21 * 96 + 72

    expectation = grown(
        world,
        lambda t: counts(t) * (not down(t)),
        ticks(28),
        blind=lambda t: range(2) if down(t) else (),
    )
    monday, tuesday = (expectation.profile.shape[0, d * 24 + 8 : d * 24 + 16].mean() for d in (0, 1))
    assert monday / tuesday == pytest.approx(1.0, abs=0.08)


def test_expectation_goes_on_from_its_state():
    """Through a snapshot's bytes, in the middle of a day."""
    world = flat_world(children=3, indicators_each=2)
    counts = poisson(world, np.array([[9.0, 1.0], [3.0, 2.0], [1.0, 0.0]]))
    one = grown(world, counts, ticks(9.4))
    other = Expectation(world, WINDOWS, Memory(min_days=7))
    other.load(unpack(pack(one.state())))
    rest = range(FIRST + round(9.4 * 96), FIRST + 12 * 96)
    for e in (one, other):
        grown(world, counts, rest, into=e)
    assert pack(one.state()) == pack(other.state())
    assert np.array_equal(one.expected(), other.expected())


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_exposure_is_the_sum_over_the_ticks_that_saw(seed):
    """Over each window; ticks found blind afterwards are taken out again."""
    draw = np.random.default_rng(seed)
    spans, columns = Spans((1, 3, 7), (1, 1, 3)), 2
    profile = Profile(columns, spans, 56.0, 8)
    profile.shape = draw.random((columns, 168)) + 0.1
    seen = np.zeros((0, columns))
    since = np.full(columns, -1)
    for tick in range(100, 130):
        for column in range(columns):
            if since[column] >= 0:
                since[column] = since[column] if draw.random() < 0.7 else -1
            elif draw.random() < 0.2:
                since[column] = tick - draw.integers(0, 6)
        hour = int(draw.integers(168))
        profile.advance(tick, hour, since.copy())
        seen = np.vstack([seen, profile.shape[:, hour]])
        for column in np.flatnonzero(since >= 0):
            seen[max(0, since[column] - 100) :, column] = 0.0
        for w, first in enumerate(spans.begins(tick)):
            assert profile.exposure[w] == pytest.approx(seen[max(first - 100, 0) :].sum(axis=0), abs=1e-9)
        assert profile.today() == pytest.approx(seen[-8:].sum(axis=0))
        assert profile.recent(2)[-1] == pytest.approx(seen[-1])


def simulated(inverse: float, mean: float, looks: int = 300, areas: int = 300) -> Dispersion:
    draw = np.random.default_rng(5)
    dispersion = Dispersion(np.r_[0, np.ones(areas - 1, np.int32)].astype(np.int32), 1, 1, 0)
    expected = np.full((areas, 1), mean)
    size = 1.0 / inverse if inverse else 1e9
    for _ in range(looks):
        counts = draw.negative_binomial(size, size / (size + mean), (areas, 1, 1)).astype(np.int32)
        dispersion.learn(counts, expected, np.ones((1, 1)), np.zeros((areas, 1)))
    return dispersion


@pytest.mark.parametrize(("inverse", "mean"), [(0.5, 2.0), (0.2, 5.0), (0.05, 30.0)])
def test_dispersion_finds_the_size_that_counts_were_drawn_with(inverse, mean):
    """Of the depth that has many places; within a sixth."""
    assert simulated(inverse, mean).value[1, 0, 0] == pytest.approx(inverse, rel=1 / 6)


def test_dispersion_of_poisson_counts_is_next_to_none():
    """Never quite 0: nothing is ever that sure."""
    assert 0.002 <= simulated(0.0, 5.0).value[1, 0, 0] < 0.01


def test_dispersion_hardly_moves_for_one_storm():
    """One residual counts for at most 25 variances."""
    calm, stormy = simulated(0.2, 5.0), simulated(0.2, 5.0)
    counts, expected = np.full((300, 1, 1), 5, np.int32), np.full((300, 1), 5.0)
    counts[7] = 5_000
    for dispersion in (calm, stormy):
        before = dispersion.value[1, 0, 0]
        dispersion.learn(counts, expected, np.ones((1, 1)), np.zeros((300, 1)))
        assert dispersion.value[1, 0, 0] == pytest.approx(before, rel=0.02)


@pytest.mark.parametrize("rows_each", [1, 3])
def test_clumps_find_the_rows_of_a_happening(rows_each):
    """Three rows an accident are found; lone rows stay at one; inner areas and totals do not count."""
    world = flat_world(levels=3)
    clumps = Clumps(world.tree, 1, 2)
    assert clumps.size.tolist() == [1.0]
    rate, shape = np.full((len(world.tree), 2), 0.1 * rows_each), np.ones(2)
    draw = np.random.default_rng(6)
    for k in range(3_000):
        counts = np.zeros((len(world.tree), 1), dtype=np.int64)
        counts[-4:, 0] = draw.poisson(0.1, 4) * rows_each
        made = panel(world, FIRST + k, counts)
        clumps.learn(made.series, made.counts, rate, shape)
    assert clumps.size[0] == pytest.approx(rows_each, rel=0.12)
    other = Clumps(world.tree, 1, 2)
    other.load(unpack(pack(clumps.state())))
    assert other.size.tolist() == clumps.size.tolist()
