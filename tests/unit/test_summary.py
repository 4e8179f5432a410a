"""How far a replay is."""

from __future__ import annotations

from riskwatch.summary import Stretch


def test_a_batch_is_done_as_its_ticks_are_decided():
    """A file of one batch is not at its end when its first tick is."""
    stretch = Stretch()
    stretch.take(1000, 10, until_us=100)
    stretch.take(3000, 20, until_us=500)
    assert (stretch.at(100, 1).offset_bytes, stretch.at(100, 1).rows) == (1000, 10)
    half = stretch.at(300, 2)
    assert (half.offset_bytes, half.rows, half.ticks, half.at_us) == (2000, 20, 2, 300)
    assert stretch.at(900, 3).rows == 30


def test_a_batch_without_events_is_done_at_once():
    """All of it was set aside, or read before."""
    stretch = Stretch()
    stretch.take(7, 2, until_us=None)
    assert stretch.at(5, 1).rows == 2
