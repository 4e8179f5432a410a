"""The trial statistic of several domains: what makes it speak, and what does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.cross_domain import WINDOWS_H, CrossDomain
from benchmarks.detection.lived import Word, cut_for, episodes, told_at
from riskwatch.core.clock import HOUR_US
from riskwatch.testing.made import made_world

SPOKEN = 2.0  # nats


def _told(raised: dict[tuple[int, int], float]) -> NDArray[np.float64]:
    """[areas] surprise after 200 quiet looks, with nats put on (area, indicator) at the last."""
    world = made_world(signatures=4, indicators_each=1)  # a domain each
    trial = CrossDomain(world.tree, world.registry)
    quiet = np.zeros((len(world.tree), len(world.registry), len(WINDOWS_H)))
    rate = np.ones(quiet.shape[:2])
    for _ in range(200):
        trial.look(quiet, rate)
    nats = quiet.copy()
    for (area, indicator), more in raised.items():
        nats[area, indicator] = more
    return trial.look(nats, rate)


def test_one_domain_alone_never_makes_it_speak() -> None:
    """However much a single domain shows, the sum over domains is nothing."""
    assert _told({(6, 0): 30.0}).max() < SPOKEN


def test_several_weak_signs_make_it_speak_where_they_are() -> None:
    """Three domains with four nats each are heard in their area and nowhere else."""
    told = _told({(6, 0): 4.0, (6, 1): 4.0, (6, 2): 4.0})
    assert told[6] > SPOKEN
    assert np.delete(told, 6).max() < SPOKEN


def test_only_the_strongest_of_a_line_speaks() -> None:
    """A town that shows more than its county speaks, and the county does not."""
    signs = {(area, i): nats for area, nats in ((6, 3.0), (2, 2.5), (0, 2.0)) for i in range(3)}
    told = _told(signs)
    assert told[6] > SPOKEN
    assert told[2] == told[0] == 0.0


def test_a_cut_found_among_the_likeliest_is_that_of_all(monkeypatch) -> None:
    """Looking for a cut among few words first changes nothing of what opens."""
    rng = np.random.default_rng(3)
    words = [
        Word(int(hour) * HOUR_US, f"A{rng.integers(5)}", "s0", float(rng.beta(1, 9)))
        for hour in sorted(rng.integers(0, 2000, 3000))
    ]
    whole = episodes(words, cut_for(words, 1.0, 83.0))
    for most in (50, 300, 20_000):  # too few, enough, all
        monkeypatch.setattr("benchmarks.detection.lived._MOST_WORDS", most)
        assert told_at([words], 1.0, 83.0) == [whole]
