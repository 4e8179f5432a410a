"""A small county for audits: two towns of villages, rural and urban, alerts and happenings made by hand."""

from __future__ import annotations

from datetime import date

from riskwatch.audit.happenings import Happening, Outside
from riskwatch.core.alerts import Alert, AlertKind, Level, LevelChange, State, Verdict
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.core.indicators import Indicator, IndicatorRegistry, Signature

DAYS = 70


def tree() -> AreaTree:
    """County C; town H has 6 rural villages, town U 6 urban ones; M has one of each."""
    areas = [Area("C", "County", None, "county")]
    for town, labels in (("H", ["rural"] * 6), ("U", ["urban"] * 6), ("M", ["rural", "urban"])):
        areas.append(Area(town, town, "C", "town", groups={"settlement": labels[0]}))
        areas += [
            Area(f"{town}{i}", f"{town}{i}", town, "village", 1000, groups={"settlement": label})
            for i, label in enumerate(labels)
        ]
    return AreaTree(areas)


def registry() -> IndicatorRegistry:
    """Stomach illness and flooded roads, an indicator each."""
    kinds = (("gastro", "public_health"), ("flood", "natural_hazard"))
    return IndicatorRegistry(
        [
            Indicator(f"{n}_calls", {"en": n}, d, n, "harm", "medical", "desk", date(2100, 1, 1))
            for n, d in kinds
        ],
        [Signature(n, {"en": n}, d, (f"{n}_calls",), "desk") for n, d in kinds],
    )


def alert(
    area: str, at_h: float, *, signature: str = "gastro", verdict: Verdict | None = None, rises_h: float = 0
) -> Alert:
    """A shown risk alert; `rises_h` is when its level rose, if it did."""
    at_us = int(at_h * HOUR_US)
    levels = [LevelChange(at_us, Level.BLUE)]
    if rises_h:
        levels.append(LevelChange(int(rises_h * HOUR_US), Level.ORANGE))
    return Alert(
        id=f"rw-{area}-{signature}-{at_h:g}",
        kind=AlertKind.RISK,
        area=area,
        signature=signature,
        level=levels[-1].level,
        peak_level=levels[-1].level,
        levels=tuple(levels),
        shown=True,
        state=State.OPEN,
        opened_at_us=at_us,
        updated_at_us=at_us,
        likelihood=0.25,
        verdict=verdict,
        model_versions=(("bundle", "1"),),
    )


def happening(area: str, at_h: float, *, hours: float = 10, signature: str = "gastro") -> Happening:
    domain = {"gastro": "public_health", "flood": "natural_hazard"}[signature]
    start, end = int(at_h * HOUR_US), int((at_h + hours) * HOUR_US)
    return Happening(f"{area}-{at_h:g}", (area,), frozenset({signature}), domain, start, end)


def outside(*happenings: Happening, complete: bool = True, **more: object) -> Outside:
    return Outside("planted", happenings, (0, DAYS * DAY_US), complete, "ab" * 32, **more)  # type: ignore[arg-type] - a test's own words


def uneven(rural: int, urban: int, n: int = 120) -> tuple[list[Alert], Outside]:
    """`n` happenings a group, one every 12 h, of which so many in each ten are told of after 2 h."""
    happened, alerts = [], []
    for i in range(n):
        for town, of_ten in (("H", rural), ("U", urban)):
            place, at_h = f"{town}{i % 6}", 12.0 * i
            happened.append(happening(place, at_h))
            if (i * 7) % 10 < of_ten:
                alerts.append(alert(place, at_h + 2))
    return alerts, outside(*happened)
