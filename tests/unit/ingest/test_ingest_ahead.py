"""Reading ahead: the same items in the same order, errors at their place, and an end."""

from __future__ import annotations

import threading

import pytest

from riskwatch.ingest.ahead import ahead


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "riskwatch-ahead"]


def test_items_come_in_order_and_the_thread_ends():
    """None among them too."""
    assert list(ahead(iter([1, None, 3]))) == [1, None, 3]
    assert threads() == []


def test_an_error_comes_after_the_items_before_it():
    """As it was raised."""

    def broken():
        yield 1
        yield 2
        raise ValueError("the third")

    items = ahead(broken())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="the third"):
        next(items)
    assert threads() == []


def test_no_more_than_a_few_are_made_before_they_are_asked_for():
    """And none after the taker stopped: closing it ends the thread."""
    made = []

    def counting():
        for n in range(1_000):
            made.append(n)
            yield n

    items = ahead(counting(), most=2)
    assert next(items) == 0
    items.close()
    assert threads() == []
    assert len(made) <= 5
