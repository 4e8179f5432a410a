"""One town, one indicator and one alert with a chart, for the tests of documents and pictures."""

from __future__ import annotations

from datetime import UTC, date, datetime

from riskwatch.core.alerts import Alert, AlertKind, Chart, Contribution, Level, LevelChange, State, Verdict
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import HOUR_US, to_us
from riskwatch.core.indicators import Indicator, IndicatorRegistry, Signature
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.sentence import Words

AT_US = to_us(datetime(2016, 2, 10, 15, 45, tzinfo=UTC))
DESK = "Public health desk"


def words(lang: str = "en") -> Words:
    """The town's words; five hours behind UTC."""
    tree = AreaTree([Area("T", "Town <&> Hill", None, "town", name_zh="山镇")])
    fever = Indicator(
        "fever",
        {"en": "fever calls", "zh": "发热求助"},
        "public_health",
        "gastro",
        "an infection",
        "medical",
        DESK,
        date(2030, 12, 31),
    )
    gastro = Signature("gastro", {"en": "stomach illness"}, "public_health", ("fever",), DESK)
    return Words(tree, IndicatorRegistry([fever], [gastro]), Catalogue(lang), "America/New_York")


def chart(*observed: int, step_us: int = HOUR_US) -> Chart:
    """Counts against two a step."""
    return Chart(AT_US, step_us, observed, tuple(2.0 for _ in observed))


def alert(*, verdict: Verdict | None = None, signature: str = "gastro") -> Alert:
    """An orange alert with every field set."""
    return Alert(
        id="rw-000000000001",
        kind=AlertKind.RISK,
        area="T",
        signature=signature,
        level=Level.ORANGE,
        peak_level=Level.RED,
        levels=(LevelChange(AT_US, Level.RED), LevelChange(AT_US + HOUR_US, Level.ORANGE)),
        shown=True,
        state=State.CLOSED if verdict else State.OPEN,
        opened_at_us=AT_US,
        updated_at_us=AT_US + HOUR_US,
        closed_at_us=AT_US + HOUR_US if verdict else None,
        likelihood=0.25,
        impact=4.5,
        contributions=(Contribution("fever", 6.0, 4, 0.25, 1e-5, 1.0, 3.5, AT_US - HOUR_US, 1.0),),
        chart=chart(0, 1, 5),
        feeds_missing=("hotline",),
        verdict=verdict,
        actor="Ana (unverified)",
        note="seen",
        model_versions=(("bundle", "0.1"), ("surprise_odds", "0.1")),
        config_hash="abc",
        revision=3,
    )
