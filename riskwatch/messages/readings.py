"""Readings of gauges as people read them: a value with its unit, and what is usual at that hour."""

from __future__ import annotations

from riskwatch.core.alerts import Contribution
from riskwatch.core.readings import Reading
from riskwatch.messages.names import Names
from riskwatch.messages.numbers import amount
from riskwatch.messages.usual import usual


def number(value: float) -> str:
    """A reading, to as many digits as a gauge is read.

    >>> number(4.2), number(-0.125), number(101325.0), number(38.25)
    ('4.2', '-0.12', '101,325', '38.2')
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:z.1f}" if abs(value) >= 10 else f"{value:z.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def valued(value: float, indicator: str, names: Names) -> str:
    """A value with the unit of its indicator."""
    gauge = names.registry.gauges.get(indicator)
    return names.text("reading.value", value=number(value), unit=gauge.unit_in(names.lang) if gauge else "")


def brought(c: Contribution, names: Names) -> str:
    """What an indicator brought: so many of its calls, or what its gauge shows."""
    name = names.indicator(c.indicator)
    if isinstance(c, Reading):
        return names.text("reading.shows", name=name, value=valued(c.value, c.indicator, names))
    return names.catalogue.counted(c.observed, name)


def told_by(c: Contribution, names: Names) -> str:
    """The message that tells of it; of a gauge it says on which side of its range it stands."""
    gauge = names.registry.gauges.get(c.indicator) if isinstance(c, Reading) else None
    return f"reading.told_{gauge.bad}" if gauge else "sentence.told"


def usual_of(c: Contribution, names: Names) -> str:
    """What is usual instead."""
    if isinstance(c, Reading):
        return names.text("reading.usual", value=valued(c.usual, c.indicator, names))
    return usual(c, names.catalogue)


def cells_of(c: Contribution, names: Names) -> tuple[str, str]:
    """Observed and usual for a table."""
    if isinstance(c, Reading):
        return valued(c.value, c.indicator, names), valued(c.usual, c.indicator, names)
    return str(c.observed), amount(c.expected)
