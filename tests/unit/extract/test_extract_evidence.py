"""Loops over all places against the same said plainly, compiled and in Python."""

from __future__ import annotations

import numpy as np
import pytest

from riskwatch.extract.evidence import clumped, find, nats_of, nats_over, residuals, surprise_of
from riskwatch.extract.opening import opened, weighed
from riskwatch.extract.tails import log_likelihood_ratio

AREAS, COLUMNS, WINDOWS, DEPTHS = 60, 5, 4, 3
MEMBERS = (np.array([0, 2, 1, 3]), np.array([0, 2, 4]))  # of two signatures; column 4 is of none
THRESHOLD = 4.0


def ways(loop):
    """The loop as machine code and as Python; both are held to the same."""
    return pytest.param(loop, id="compiled"), pytest.param(loop.py_func, id="python")


def places(seed: int):
    """Counts, what is usual, depths and clumps of places; every fourth runs far above its mean."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(0.5, 0.2, (AREAS, COLUMNS))
    exposure = draw.uniform(0.2, 1.5, (COLUMNS, WINDOWS)) * np.array([1, 4, 16, 64])
    process, level = draw.uniform(0.0, 0.6, (DEPTHS, COLUMNS, WINDOWS)), draw.uniform(0, 0.4, rate.shape)
    boost = np.where(np.arange(AREAS) % 4, 1.0, 6.0)[:, None, None]
    sums = draw.poisson(rate[:, :, None] * exposure * boost).astype(np.int32)
    depth = draw.integers(0, DEPTHS, AREAS).astype(np.int32)
    return sums, (rate, exposure, process, level), depth, draw.uniform(1.0, 2.0, COLUMNS)


def plainly(sums, usual, depth, clump):
    """[areas, columns, windows] evidence of every cell, with no bound before it."""
    rate, exposure, process, level = usual
    nats = log_likelihood_ratio(
        sums.astype(float), rate[:, :, None] * exposure, process[depth] + level[:, :, None]
    )
    nats = nats / clump[:, None]
    return np.where(nats >= 1.0, nats, 0.0)


@pytest.mark.parametrize("loop", ways(find))
@pytest.mark.parametrize("seed", range(3))
def test_what_is_found_is_all_there_is(loop, seed):
    """The bound before the logarithms leaves out no place over the threshold and changes no number."""
    sums, usual, depth, clump = places(seed)
    nats = plainly(sums, usual, depth, clump)
    areas, signatures, evidence, rated = loop(sums, usual, depth, clump, MEMBERS, THRESHOLD)
    want = np.stack([nats[:, [0, 2]].sum(axis=1), nats[:, [1, 3]].sum(axis=1)], axis=1)
    where = np.argwhere((want > THRESHOLD).any(axis=2))
    assert len(where) > 5
    assert np.column_stack([areas, signatures]).tolist() == where.tolist()
    assert evidence == pytest.approx(want[where[:, 0], where[:, 1]], rel=1e-12)
    weighed = (nats * usual[0][:, :, None]).sum(axis=2)
    both = np.stack([weighed[:, [0, 2]].sum(axis=1), weighed[:, [1, 3]].sum(axis=1)], axis=1)
    assert rated == pytest.approx(both[where[:, 0], where[:, 1]], rel=1e-12)


def test_every_place_may_speak():
    """There is room for all."""
    sums, usual, depth, clump = places(0)
    many = [np.tile(a, (12, *[1] * (a.ndim - 1))) for a in (sums + 200, usual[0], usual[3])]
    areas, *_ = find(
        many[0],
        (many[1], usual[1], usual[2], many[2]),
        np.tile(depth, 12),
        clump,
        MEMBERS,
        THRESHOLD,
    )
    assert len(areas) == 2 * 12 * AREAS


@pytest.mark.parametrize("loop", ways(nats_of))
def test_cells_are_weighed_like_places(loop):
    """The same evidence for the same counts; none of what is not known."""
    sums, usual, depth, clump = places(1)
    rate, exposure, process, level = usual
    known = np.array([True, True, False, True, True])
    nats = loop(
        sums.astype(float), rate[:, :, None] * exposure, process[depth] + level[:, :, None], clump, known
    )
    assert nats == pytest.approx(plainly(sums, usual, depth, clump) * known[:, None], rel=1e-12)


@pytest.mark.parametrize("loop", ways(residuals))
def test_residuals_are_sums_by_depth(loop):
    """Of squares beyond the mean, each at most 25 variances."""
    sums, usual, depth, _ = places(2)
    rate, exposure, process, level = usual
    mean = rate[:, :, None] * exposure
    variance = mean + mean**2 * (process[depth] + level[:, :, None])
    each = np.minimum((sums - mean) ** 2, 25 * np.maximum(variance, 0.04)) - mean
    excess, mean_sq = loop(sums, usual, depth)
    for d in range(DEPTHS):
        assert excess[d] == pytest.approx(each[depth == d].sum(axis=0))
        assert mean_sq[d] == pytest.approx((mean**2)[depth == d].sum(axis=0))


@pytest.mark.parametrize("loop", ways(clumped))
def test_clumps_are_counted_at_leaves_and_indicators(loop):
    """Inner areas and totals are left out."""
    series, counts = np.array([0, 3, 4, 5]), np.array([9, 2, 3, 7])  # columns: 2 indicators and a total
    rate = np.full((2, 3), 0.5)
    rows, poisson = loop((series, counts), np.array([False, True]), 2, rate, np.full(3, 2.0))
    assert rows.tolist() == [2.0, 3.0]
    assert poisson.tolist() == [1.5, 1.5]


@pytest.mark.parametrize("loop", ways(surprise_of))
def test_surprise_begins_over_the_threshold(loop):
    """Nothing up to it, then the rarity of being over it and the excess over the mean excess."""
    rarity, excess = np.full((1, 2, 1), 3.0), np.full((1, 2, 1), 2.0)
    none = np.zeros(1, np.int64)
    found = loop(np.array([[THRESHOLD, THRESHOLD + 1.0]]), none, none, (rarity, excess), THRESHOLD)
    assert found.tolist() == [[0.0, 3.5]]


def test_nats_never_exceed_their_bound():
    """(x - mu)**2 / 2 (mu + mu**2 * inverse), which is why logarithms may be left out below it."""
    draw = np.random.default_rng(4)
    for _ in range(500):
        mu, inverse = draw.gamma(0.7, 5.0) + 1e-9, draw.uniform(1e-6, 3.0)
        x = np.ceil(mu) + draw.integers(0, 50)
        assert nats_over(x, mu, inverse) <= (x - mu) ** 2 / (2 * (mu + mu**2 * inverse)) * (1 + 1e-9)
        assert nats_over.py_func(x, mu, inverse) == pytest.approx(nats_over(x, mu, inverse), rel=1e-12)


@pytest.mark.parametrize(("gather", "weigh"), [(opened, weighed), (opened.py_func, weighed.py_func)])
def test_cells_opened_up_are_those_of_all_places(gather, weigh):
    """Counts, means, inverse sizes and sums of the evidence, as arrays say them."""
    sums, (rate, exposure, process, level), depth, clump = places(2)
    areas, members = np.array([4, 0, 33]), np.array([3, 1])
    across = np.ascontiguousarray(np.moveaxis(process, 1, 2))
    usual = (rate, np.ascontiguousarray(exposure.T), across, level)
    cells = gather(sums, usual, depth, areas, members)
    at = (areas[:, None], members)
    want = (
        sums[at],
        rate[at][:, :, None] * exposure[members],
        process[depth[areas]][:, members] + level[at][:, :, None],
    )
    for found, wanted in zip(cells, want, strict=True):
        assert found.tolist() == wanted.astype(float).tolist()
    known = np.array([True, True])
    nats, total, everything, rated = weigh(cells, known, (areas, members), clump, rate)
    plain = plainly(sums, (rate, exposure, process, level), depth, clump)[at]
    assert plain.any()
    assert nats == pytest.approx(plain, rel=1e-12)
    assert total == pytest.approx(plain.sum(axis=1), rel=1e-12)
    assert everything == pytest.approx(plain.sum(axis=(1, 2)), rel=1e-12)
    assert rated == pytest.approx((plain.sum(axis=2) * rate[at]).sum(axis=1), rel=1e-12)
    assert not weigh(cells, ~known, (areas, members), clump, rate)[0].any()
