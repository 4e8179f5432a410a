"""Exercises and tests: marked by the system when made, in a namespace of their own, never by a verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from riskwatch.alert.terms import ENGINE, changed
from riskwatch.core.alerts import Alert, AlertChange, Level, Reason, State
from riskwatch.core.side_states import Mode


@dataclass(frozen=True, slots=True)
class Drill:
    """An exercise in progress; it always ends."""

    name: str
    until_us: int
    by: str
    since_us: int


class Drills:
    """The exercise in progress, and whether the whole store is one."""

    def __init__(self) -> None:
        self.running: Drill | None = None
        self.mode = Mode.ACTUAL
        self.name = ""

    def begin(self, name: str, until_us: int, by: str, at_us: int) -> None:
        """Begin one, unless another runs still."""
        if self.running is None:
            self.running = Drill(name, until_us, by, at_us)

    def make_store(self, mode: Mode, name: str) -> None:
        """Every alert the engine makes from here on is of that mode."""
        self.mode, self.name = mode, name

    def interrupted_by(self, change: AlertChange) -> bool:
        """Whether a change is real and grave: a shown orange or red of the actual world."""
        alert = change.alert
        real = alert.mode is Mode.ACTUAL and alert.shown and alert.level <= Level.ORANGE
        news = change.reason in (Reason.OPENED, Reason.LEVEL_RAISED, Reason.RELEASED)
        return self.running is not None and real and news

    def over(self, at_us: int) -> bool:
        """Whether the exercise's time is up."""
        return self.running is not None and at_us >= self.running.until_us

    def state(self) -> dict[str, Any]:
        """What runs."""
        return {
            "running": asdict(self.running) if self.running else None,
            "mode": str(self.mode),
            "name": self.name,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.running = Drill(**state["running"]) if state["running"] else None
        self.mode, self.name = Mode(state["mode"]), state["name"]


def ended(alert: Alert, at_us: int, why: str, actor: str = ENGINE) -> AlertChange:
    """The change that ends an alert of a drill or a test, whatever its state."""
    gone = replace(
        alert,
        state=State.RETURNED if alert.state is State.OPEN else State.RESOLVED,
        closed_at_us=at_us,
        rising=False,
        duty=None,
        shelved=None,
        expired_at_us=at_us,
    )
    return changed(alert, gone, Reason.DRILL_ENDED, at_us, actor=actor, why=why)
