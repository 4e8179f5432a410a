"""Announced maintenance of a source: its silence is explained, masked at once, and taught to nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_ticks import FIRST, flat_world, panel

from riskwatch.core.calendar import Calendar, Work
from riskwatch.core.scores import World
from riskwatch.extract.feeds import FeedHealth
from riskwatch.store.snapshots import pack, unpack

PLAIN = flat_world()
TICK_US = PLAIN.grid.tick_us
DAY = 96
BEGIN, END = 10 * DAY, 10 * DAY + 24
WORK = Work((("en", "Server move"),), "town", (FIRST + BEGIN) * TICK_US, (FIRST + END) * TICK_US, 0)


def world(*works: Work) -> World:
    return replace(PLAIN, calendar=Calendar(works=works))


class Watched:
    """A source that brings two calls a tick but for the ticks in which it is silent."""

    def __init__(self, given: World) -> None:
        self.health, self.at = FeedHealth(given), 0
        self.told: dict[int, tuple[bool, bool, int]] = {}  # blind, announced, since when

    def to(self, at: int, silent: range = range(0)) -> Watched:
        while self.at < at:
            count = np.array([[0 if self.at in silent else 2]])
            made = panel(PLAIN, FIRST + self.at, np.zeros((len(PLAIN.tree), 1), np.int64))
            seen = self.health.look(replace(made, source_counts=count), ("town",))
            found = self.health.outages()
            since = int(seen.blind_since[0])
            self.told[self.at] = (
                bool(found),
                any(o.announced for o in found),
                since - FIRST if since >= 0 else -1,
            )
            self.at += 1
        return self


def test_silence_in_announced_work_is_blind_at_once_and_explained() -> None:
    """From its first tick to its last; a silence that nobody announced is called later, and is not."""
    silent = range(BEGIN, END)
    told, untold = Watched(world(WORK)).to(END + 8, silent), Watched(PLAIN).to(END + 8, silent)
    assert {told.told[at] for at in silent} == {(True, True, BEGIN)}
    assert told.told[END] == (False, False, -1)
    assert untold.told[BEGIN] == (False, False, -1)
    assert untold.told[END - 1] == (True, False, BEGIN)


def test_what_still_comes_during_the_work_is_seen() -> None:
    """A source that speaks all the same is not blind."""
    told = Watched(world(WORK)).to(END + 1)
    assert {told.told[at] for at in range(BEGIN, END)} == {(False, False, -1)}


def test_silence_that_outlasts_the_work_is_called_by_its_own_rhythm() -> None:
    """It counts from the end of the work."""
    told = Watched(world(WORK)).to(END + DAY, range(BEGIN, END + DAY))
    first = next(at for at in range(END, END + DAY) if told.told[at][0])
    assert 3 <= first - END <= 16
    assert told.told[first] == (True, False, END)


def test_silence_called_before_the_work_is_not_explained_by_it() -> None:
    """It began hours before."""
    told = Watched(world(WORK)).to(END, range(BEGIN - 40, END))
    assert {told.told[at] for at in range(BEGIN - 1, END)} == {(True, False, BEGIN - 40)}


def test_work_counts_from_its_announcement() -> None:
    """Told two hours into it, it explains what is decided from then on."""
    decided = PLAIN.grid.decided_at(FIRST + BEGIN + 8)
    told = Watched(world(replace(WORK, known_us=decided))).to(END, range(BEGIN, END))
    assert not told.told[BEGIN + 1][0]
    assert not any(told.told[at][1] for at in range(BEGIN, BEGIN + 8))


def test_rhythm_learns_nothing_of_announced_silence() -> None:
    """A day after, it expects as much of those hours as if the source had never been silent."""
    told = Watched(world(WORK)).to(END + DAY, range(BEGIN, END))
    calm = Watched(PLAIN).to(END + DAY)
    mine, other = (w.health.state()["sources"] for w in (told, calm))
    rate, usual = (s["sum"] / np.maximum(s["seen"], 1e-9) for s in (mine, other))
    assert np.allclose(rate, usual)


def test_restart_within_the_work_goes_on_the_same() -> None:
    """State packed and loaded in the middle of the silence."""
    silent = range(BEGIN, END + 30)
    steady = Watched(world(WORK)).to(BEGIN + 9, silent)
    other = Watched(world(WORK))
    other.health.load(unpack(pack(steady.health.state())))
    other.at = steady.at
    for one in (steady, other):
        one.to(END + DAY, silent)
    assert pack(other.health.state()) == pack(steady.health.state())
    assert {at: steady.told[at] for at in other.told} == other.told
