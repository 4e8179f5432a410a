"""The contenders of the streams benchmark: what they learn, when they speak, what the oracles are told."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detection.made_streams import STEPS_A_DAY, STREAMS, MadeStreams
from benchmarks.detection.stream_levels import Levels
from benchmarks.detection.stream_odds import AT_ONCE, START, SecondLook
from benchmarks.detection.stream_oracles import KnownLaw
from benchmarks.detection.stream_profiles import SLOTS, Profiles, slot_of
from benchmarks.detection.streams import CEILING, LEARN_DAYS, first_cut

MANY = 400


def _lived(levels: Levels, days: int, rng: np.random.Generator, trust: float = 1.0) -> None:
    """Days of a mean of 2 by night and 6 by day in every stream."""
    for step in range(days * STEPS_A_DAY):
        levels.read()
        mean = 2.0 if step % STEPS_A_DAY < 4 else 6.0
        levels.update(rng.poisson(mean, MANY).astype(float), np.full(MANY, trust))


def test_levels_foresee_what_streams_bring() -> None:
    """After four weeks the mean of a night's step is within a tenth of the truth on average."""
    levels = Levels(MANY)
    _lived(levels, 28, np.random.default_rng(0))
    mean, inverse = levels.read()
    assert np.median(mean) == pytest.approx(2.0, rel=0.1)
    assert np.std(mean / 2.0) < 0.2
    assert np.median(inverse) < 0.2  # Poisson counts are not taken for wild ones


def test_a_step_that_is_not_trusted_teaches_less() -> None:
    """A week at four times the usual moves the level less where an incident was sure."""
    after = []
    for trust in (1.0, 0.0):
        levels = Levels(MANY)
        _lived(levels, 14, np.random.default_rng(1))
        before, _ = levels.read()
        before = before.copy()
        levels.update(before * 4.0 + 8.0, np.full(MANY, trust))
        for _ in range(STEPS_A_DAY - 1):  # until the slot is the same
            levels.read()
            levels.update(before * 4.0 + 8.0, np.full(MANY, trust))
        after.append(float(np.median(levels.read()[0] / before)))
    assert after[0] > after[1] > 1.0


def test_a_thin_stream_borrows_the_shape_of_the_others() -> None:
    """With three counts in all a stream's night is expected to be quiet, for it is in the others."""
    profiles = Profiles(MANY)
    truth = np.where(np.arange(SLOTS) % STEPS_A_DAY < 4, 0.5, 1.5)
    profiles.usual[:] = 30.0
    profiles.seen[:] = np.random.default_rng(2).poisson(truth[:, None] * 30.0, (SLOTS, MANY))
    profiles.usual[:, 0], profiles.seen[:, 0] = 0.2, 0.0
    profiles.seen[4:7, 0] = 1.0
    for _ in range(3):
        profiles.fit()
    assert np.all(profiles.shape[:4, 0] < 0.8)
    assert np.abs(profiles.shape[:, 1:] - truth[:, None]).mean() < 0.15


def test_the_weekend_has_slots_of_its_own() -> None:
    """The first five days of a week share slots, the other two have theirs."""
    assert slot_of(0) == slot_of(4 * STEPS_A_DAY) == 0
    assert slot_of(5 * STEPS_A_DAY) == STEPS_A_DAY == slot_of(13 * STEPS_A_DAY)


def test_a_second_look_waits_unless_it_is_sure() -> None:
    """A score once over the cut is silent, twice running or far over it speaks."""
    look, cut = SecondLook(3), 1.0
    first = look.step(np.array([1.5, 1.5 + AT_ONCE, 0.0]))
    assert (first > cut).tolist() == [False, True, False]
    second = look.step(np.array([1.2, 0.0, 1.2]))
    assert (second > cut).tolist() == [True, False, False]


def test_the_first_cut_counts_words_and_not_the_steps_they_last() -> None:
    """A stream that is loud throughout takes one place under the ceiling."""
    steps = LEARN_DAYS * STEPS_A_DAY
    lone = CEILING * LEARN_DAYS + 40
    warm = []
    for step in range(steps):
        streams = np.array([0, *range(1 + step, 1 + lone, steps)])
        warm.append((streams, np.where(streams == 0, 90.0, streams / lone)))
    cut = first_cut(warm)
    told = 1 + sum(int((score[1:] > cut).sum()) for _, score in warm)
    assert told == pytest.approx(CEILING * LEARN_DAYS, abs=1)


def test_who_knows_the_law_believes_in_an_incident_and_forgets_it() -> None:
    """Four steps of three counts where a tenth is usual are an incident; a day later it is over."""
    law = KnownLaw(2)
    mean, inverse = np.full(2, 0.1), np.full(2, 0.3)
    for _ in range(4):
        odds = law.step(np.array([3.0, 0.0]), mean, inverse)
    assert odds[0] > 2.0
    assert odds[1] < np.log(START) + 1.0
    for _ in range(STEPS_A_DAY):
        odds = law.step(np.zeros(2), mean, inverse)
    assert odds[0] < -5.0


def test_the_truth_told_to_oracles_leaves_incidents_out() -> None:
    """In an incident's stream the counts run over the usual, and the usual does not know of it."""
    made = MadeStreams(1, STREAMS // 20)
    told = made.incidents
    over = []
    for step, counts in enumerate(made.steps()):
        on = told.stream[(told.start <= step) & (step < told.end)]
        over += (counts[on] - made.usual[on]).tolist()
    assert len(over) > 50
    assert np.mean(over) > 1.2
