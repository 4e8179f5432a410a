"""A county with one town, three indicators and one alert, to be varied by the tests of sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from riskwatch.core.alerts import Alert, AlertKind, Contribution, Level, LevelChange, State
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import to_us
from riskwatch.core.indicators import Indicator, IndicatorRegistry, Signature
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.sentence import Words

ZONE = "America/New_York"
NAMES = {
    "nausea_vomiting": ("nausea or vomiting calls", "恶心呕吐求助"),
    "abdominal_pain": ("abdominal pain calls", "腹痛求助"),
    "fever": ("fever calls", "发热求助"),
}
TREE = AreaTree(
    [
        Area("MONTGOMERY COUNTY", "Montgomery County", None, "county", name_zh="蒙哥马利县"),
        Area("COLLEGEVILLE", "Collegeville", "MONTGOMERY COUNTY", "borough"),
    ]
)
REGISTRY = IndicatorRegistry(
    [
        Indicator(
            id=name,
            name={"en": en, "zh": zh},
            domain="public_health",
            signature="gastro",
            harm="an infection that spreads",
            response="medical",
            owner="Public health desk",
            expires=date(2030, 12, 31),
        )
        for name, (en, zh) in NAMES.items()
    ],
    [
        Signature(
            "gastro",
            {"en": "stomach illness", "zh": "肠胃疾病"},
            "public_health",
            tuple(NAMES),
            "Public health desk",
        )
    ],
)


def local(text: str) -> int:
    """The instant of a local time of the county."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)))


def words(lang: str = "en") -> Words:
    """The county's words in a language."""
    return Words(TREE, REGISTRY, Catalogue(lang), ZONE)


def contribution(indicator: str = "nausea_vomiting", **changes: Any) -> Contribution:
    """Four calls since 02:19, where one in 25 days is usual."""
    made = Contribution(indicator, 12.0, 4, 0.02, 1e-6, 1.0, 5.0, local("2016-02-10 02:19"), 0.04)
    return replace(made, **changes)


def alert(**changes: Any) -> Alert:
    """The Collegeville outbreak at its fourth call."""
    at_us = local("2016-02-10 10:45")
    made = Alert(
        id="rw-000000000001",
        kind=AlertKind.RISK,
        area="COLLEGEVILLE",
        signature="gastro",
        level=Level.ORANGE,
        peak_level=Level.ORANGE,
        levels=(LevelChange(at_us, Level.ORANGE),),
        shown=True,
        state=State.OPEN,
        opened_at_us=at_us,
        updated_at_us=at_us,
        likelihood=0.31,
        impact=4.2,
        contributions=(contribution(),),
        rising=True,
        revision=1,
    )
    return replace(made, **changes)


def notice(kind: AlertKind, detail: str, **changes: Any) -> Alert:
    """A notice about the data, over the whole county."""
    return alert(
        **{
            "kind": kind,
            "detail": detail,
            "area": "MONTGOMERY COUNTY",
            "signature": "feed" if kind is AlertKind.DATA_HEALTH else "form",
            "level": Level.YELLOW if kind is AlertKind.DATA_HEALTH else Level.BLUE,
            "contributions": (),
            "rising": False,
            **changes,
        }
    )
