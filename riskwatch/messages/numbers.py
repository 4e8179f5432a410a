"""Numbers as people read them: as few digits as the matter needs."""

from __future__ import annotations

from riskwatch.messages.catalogue import Catalogue


def amount(value: float) -> str:
    """An expected count.

    >>> amount(0.04), amount(0.5), amount(2.0), amount(4.64), amount(38.2), amount(0)
    ('0.04', '0.5', '2', '4.6', '38', '0')
    """
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if value >= 0.1 else f"{value:.2g}"


def percent(part: float) -> str:
    """A share or a likelihood.

    >>> percent(0.0675), percent(0.004), percent(0.9999), percent(1)
    ('7%', '0.4%', '>99%', '100%')
    """
    if 0.99 < part < 1:
        return ">99%"
    return f"{part:.0%}" if part >= 0.01 or part == 0 else f"{part * 100:.1g}%"


def chance(p: float, catalogue: Catalogue) -> str:
    """How rarely chance alone brings as many.

    >>> chance(0.25, Catalogue("en")), chance(1.9e-5, Catalogue("en")), chance(0, Catalogue("en"))
    ('one in 4', 'one in 53,000', 'less than one in a billion')
    """
    if p < 1e-9:
        return catalogue.text("chance.tiny")
    return catalogue.text("chance.one_in", n=f"{float(f'{1 / p:.2g}'):,.0f}")
