"""The page of shapes: how the engine is held against the best single domain."""

from __future__ import annotations

from benchmarks.detection.shapes import SHOWN, WHOLE, Measured, rows_of, times


def _found(k: int, n: int = 10) -> Measured:
    return Measured(1.0, [2.0] * k + [None] * (n - k), [None] * n)


def test_the_ratio_is_to_the_best_domain_and_twice_is_counted_by_domain() -> None:
    """Eight of ten against four, three and none: 2.0 times the best, twice all three."""
    every = {SHOWN: [_found(9)], WHOLE: [_found(8)], "a": [_found(4)], "b": [_found(3)], "c": [_found(0)]}
    assert times("compound", every) == ["compound", 10, "2.00; 3 of 3"]


def test_nothing_found_by_any_domain_has_no_ratio() -> None:
    """Where no domain finds anything no ratio is made up, and nothing is not twice nothing."""
    every = {WHOLE: [_found(0)], "a": [_found(0)]}
    assert times("slow", every) == ["slow", 10, "–; 0 of 1"]


def test_a_cell_tells_what_was_found_and_what_by_chance() -> None:
    """Share with its interval, share on other days, middle delay, alerts a day."""
    [line] = rows_of("slow", {WHOLE: [_found(5)]})
    assert line == ["slow", WHOLE, "0.50 (0.24-0.76), 0.00, 2.0 h (1)"]
