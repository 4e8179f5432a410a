"""A desk in memory under ceilings: towns far from each other, so that every alert is its own incident."""

from __future__ import annotations

from riskwatch.alert.attention import Attention
from riskwatch.alert.casebook import Casebook
from riskwatch.alert.desk_rules import DeskRules
from riskwatch.alert.episodes import Episodes, Stamp
from riskwatch.alert.kinds import RulesByPlace
from riskwatch.alert.maintenance import MaintenanceFile
from riskwatch.alert.rules import AlertRules
from riskwatch.alert.terms import Terms
from riskwatch.core.alerts import Alert, AlertChange, Assessment, Chart, Contribution
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US

TICK_US = 15 * MINUTE_US
MORNING_US = 20_000 * DAY_US + 8 * HOUR_US  # a shift begins
TOWNS = tuple(f"T{n:02}" for n in range(40))
TREE = AreaTree(
    [
        Area("LAND", "Land", None, "country"),
        *(Area(f"P{town}", f"P{town}", "LAND", "county") for town in TOWNS),
        *(Area(town, town, f"P{town}", "town") for town in TOWNS),
    ]
)
BLUE, STRONG_BLUE, YELLOW, ORANGE = 0.051, 0.095, 0.12, 0.5
SHAPES = {"blue": {"ten_min": 2, "shift": 4}, "yellow": {"ten_min": 2, "shift": 6}}


def rules(**more: object) -> AlertRules:
    """Blue from 0.05, yellow from 0.10, orange from 0.40, whatever the impact."""
    return AlertRules.model_validate(
        {
            "likelihood": [0.05, 0.10, 0.40],
            "impact": [3.0],
            "matrix": [["blue"] * 2, ["yellow"] * 2, ["orange"] * 2],
            "clear": {"factor": 0.9, "dwell_h": 1},
            "attention": SHAPES,
            "tests": [{"likelihood": 0.01, "impact": 9, "expect": "none"}],
        }
        | more
    )


class AttendedDesk:
    """Episodes and their casebook; `tick` says what burns where, and what burned before burns on."""

    def __init__(self, given: AlertRules | None = None, at_us: int = MORNING_US) -> None:
        places = RulesByPlace(given or rules(), TREE)
        self._places = places
        self.episodes, self.cases = Episodes(places), self._casebook()
        self.at_us, self.burning, self.rows = at_us, dict[str, float](), list[AlertChange]()

    def _casebook(self) -> Casebook:
        desk = DeskRules()
        attention = Attention(self._places, desk.shifts, "UTC")
        return Casebook(Terms(TREE, desk), MaintenanceFile(), attention)

    def tick(self, times: int = 1, **likelihoods: float) -> list[AlertChange]:
        """Ticks, the first with these likelihoods from here on; the changes they make."""
        self.burning |= likelihoods
        made: list[AlertChange] = []
        for _ in range(times):
            stamp = Stamp(self.at_us, (), lambda _: (0, 0), (("bundle", "1"),), "cafe")
            told = [self._assessed(town, p) for town, p in self.burning.items()]
            changes = self.cases.finish(
                self.episodes.step(told, stamp, lambda _: Chart(0, HOUR_US, (1,), (0.5,)))
            )
            made += self._adopted(changes)
            made += self._adopted(self.cases.tick(self.at_us, self.episodes.burns))
            self.at_us += TICK_US
        self.rows += made
        return made

    @staticmethod
    def _assessed(town: str, likelihood: float) -> Assessment:
        why = (Contribution("x", 1.0, 9, 1.0, 0.1, 1.0, 1.0),)
        return Assessment(town, "storm", likelihood, 4.0, 9, lambda: why)

    def _adopted(self, changes: list[AlertChange]) -> list[AlertChange]:
        for change in changes:
            self.episodes.adopt(change.alert)
        return changes

    def until(self, hour: float) -> list[AlertChange]:
        """Ticks until so many hours after the shift of the beginning began."""
        return self.tick(round((MORNING_US + hour * HOUR_US - self.at_us) / TICK_US))

    def restart(self) -> None:
        """Go on from the state that a snapshot keeps."""
        state = self.cases.state()
        self.cases = self._casebook()
        self.cases.load(state)

    @property
    def present(self) -> dict[str, Alert]:
        """Every alert by its town, as it stands."""
        return {change.alert.area: change.alert for change in self.rows}

    @property
    def shown(self) -> set[str]:
        """Towns whose alert is shown."""
        return {town for town, alert in self.present.items() if alert.shown}

    @property
    def withheld(self) -> set[str]:
        """Towns whose alert is withheld."""
        return {town for town, alert in self.present.items() if alert.withheld}
