"""What was usual, as a duty officer says it: one in so many days, or about so many in that time."""

from __future__ import annotations

from riskwatch.core.alerts import Contribution
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.numbers import amount

_RARE = 0.5  # fewer than this expected in the window is told as an interval


def usual(contribution: Contribution, catalogue: Catalogue) -> str:
    """How often the leading indicator is heard of here.

    >>> seen = Contribution("x", 24.0, 4, 0.04, 1e-6, 1.0, 5.0, usual_per_day=0.04)
    >>> usual(seen, Catalogue("en"))
    'usually one in 25 days'
    """
    if contribution.expected >= _RARE:
        return catalogue.text("usual.about", e=amount(contribution.expected))
    if contribution.usual_per_day <= 0:
        return catalogue.text("usual.never")
    days = 1 / contribution.usual_per_day
    for unit, span_days, up_to_days in (("hours", 1 / 24, 2), ("days", 1, 56), ("weeks", 7, 730)):
        if days < up_to_days:
            return catalogue.count(f"usual.{unit}", max(round(days / span_days), 1))
    return catalogue.count("usual.years", round(days / 365.25))
