"""The casebook: every alert that still needs somebody, and what time alone does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from math import inf
from typing import Any

from riskwatch.alert import drills
from riskwatch.alert.actions import Action, Order, OrderKind
from riskwatch.alert.attention import Attention
from riskwatch.alert.due import Due
from riskwatch.alert.duties import overdue, with_duty
from riskwatch.alert.flapping import Flaps, flapping_ended
from riskwatch.alert.incidents import Incidents
from riskwatch.alert.lifecycle import act
from riskwatch.alert.maintenance import MaintenanceFile, Windows, given_window, suppression
from riskwatch.alert.orders import opened_by_hand
from riskwatch.alert.release import lapsed
from riskwatch.alert.shelving import shelf_ended
from riskwatch.alert.terms import ENGINE, Terms, changed
from riskwatch.core.alerts import Alert, AlertChange, AlertKind, Level, Reason, State
from riskwatch.core.clock import DAY_US, MINUTE_US
from riskwatch.core.revised import revised
from riskwatch.core.side_states import Mode, ReleaseState

BUDGET = "budget"
_STANDING = (State.OPEN, State.ACKNOWLEDGED, State.HANDLING)


class Casebook:
    """Standing alerts, and ended ones that wait for a verdict, by id.

    `finish` is given every change that a stage made and returns it complete: incident, window,
    flapping and the step that is owed. `tick` says what became of alerts by the time alone.
    """

    def __init__(
        self, terms: Terms, maintenance: MaintenanceFile, attention: Attention | None = None
    ) -> None:
        self._terms, self._attention = terms, attention
        self._cases: dict[str, Alert] = {}
        self._due = Due()  # when time alone may change each
        self._withheld: set[str] = set()
        self._looked_us = 0  # until when time has done its work
        self._incidents = Incidents(terms.tree, terms.rules.incidents)
        self._flaps = Flaps(terms.rules.flapping)
        self._windows = Windows(terms.tree, maintenance)
        self.drills = drills.Drills()

    def find(self, alert_id: str) -> Alert | None:
        """The alert of that id, if it still needs somebody."""
        return self._cases.get(alert_id)

    # --- what the engine's stages made --------------------------------------------------------

    def finish(self, changes: Sequence[AlertChange]) -> list[AlertChange]:
        """The changes complete, in order; a real orange or red ends a drill right behind it."""
        done: list[AlertChange] = []
        for change in self._gated([self._seen(change) for change in changes]):
            done.append(self._settled(change))
            if self.drills.interrupted_by(done[-1]):
                done += self._end_drill(change.at_us, f"real: {change.alert.id}")
        return done

    def _finished(self, change: AlertChange) -> AlertChange:
        return self._settled(self._gated([self._seen(change)])[0])

    def _seen(self, change: AlertChange) -> AlertChange:
        alert = change.alert
        if alert.revision != 1 or alert.id in self._cases:
            return change
        return replace(change, alert=self._first_seen(alert, change.at_us))

    def _gated(self, changes: list[AlertChange]) -> list[AlertChange]:
        """What asks for attention gets it, or is withheld; the gravest of those at once asks first."""
        attention = self._attention
        if attention is None:
            return changes
        gated = [_unwithheld(change) for change in changes]
        for change in gated:
            attention.heed(change.alert, change.at_us)
        asking = [n for n, change in enumerate(gated) if _asks(change)]
        for n in sorted(asking, key=lambda n: _by_gravity(gated[n].alert)):
            shown = attention.take(gated[n].alert, gated[n].at_us)
            gated[n] = _shown(gated[n]) if shown else _withheld(gated[n])
        return gated

    def _settled(self, change: AlertChange) -> AlertChange:
        alert, before = change.alert, self._cases.get(change.alert.id)
        if change.reason is Reason.LEVEL_RAISED and alert.shelved:
            alert = revised(alert, shelved=None)  # graver than what was put aside
        if alert.state not in _STANDING:
            alert = _unbound(alert)
        alert = with_duty(before, alert, change.reason, change.at_us, self._terms.rules.duties)
        self._keep(alert)
        came_from = before.state if before else change.came_from
        return AlertChange(alert, change.reason, change.at_us, change.actor, came_from, change.why)

    def _first_seen(self, alert: Alert, at_us: int) -> Alert:
        if alert.kind is not AlertKind.RISK:
            return alert
        flapping = self._flaps.opened(alert) if alert.shown and not alert.by_hand else None
        return revised(
            alert,
            incident=self._incidents.of(alert),
            suppressed=self._windows.over(alert, at_us),
            flapping=flapping,
        )

    def _keep(self, alert: Alert) -> None:
        """Hold what needs somebody; let go of what is closed, expired, or ended without being shown."""
        waits = alert.kind is AlertKind.RISK and alert.shown and alert.expired_at_us is None
        ended = alert.state in (State.RETURNED, State.RESOLVED)
        if alert.state in _STANDING or (ended and waits):
            self._cases[alert.id] = alert
            self._due.set(alert.id, self._due_us(alert))
            (self._withheld.add if alert.withheld else self._withheld.discard)(alert.id)
        elif self._cases.pop(alert.id, None):
            self._due.drop(alert.id)
            self._withheld.discard(alert.id)

    # --- what time does -----------------------------------------------------------------------

    def tick(self, at_us: int, burns: Callable[[Alert], bool] = lambda _: True) -> list[AlertChange]:
        """What `look` finds; what the budget withheld and still `burns` is shown where there is room."""
        return self.look(at_us) + self._released(at_us, burns)

    def look(self, at_us: int) -> list[AlertChange]:
        """Shelves, windows, holds and drafts that ended, steps overdue, verdicts that nobody gave."""
        changes: list[AlertChange] = []
        self._looked_us = max(self._looked_us, at_us)
        self._windows.forget(at_us)
        if self.drills.over(at_us):
            changes += self._end_drill(at_us, "its time is up")
        rules: tuple[Callable[[Alert, int], AlertChange | None], ...] = (
            self._test_ended,
            self._expired,
            lambda alert, at: suppression(alert, self._windows, at) if _stands(alert) else None,
            shelf_ended,
            flapping_ended,
            lapsed,
            overdue,
        )
        windows = self._windows.standing(at_us)  # their begin and end concern every case
        for alert_id in self._due.all() if windows else self._due.by(at_us):
            for rule in rules:
                alert = self._cases.get(alert_id)
                change = rule(alert, at_us) if alert else None
                if change:
                    changes.append(self._finished(change))
        return changes

    def next_limit_us(self) -> int | None:
        """The next instant at which time alone may change a case; None if there is none to come."""
        later = self._due.after(self._looked_us)
        return None if later is None else int(later)

    def _released(self, at_us: int, burns: Callable[[Alert], bool]) -> list[AlertChange]:
        """The withheld for whom there is room again, gravest and then oldest first."""
        attention = self._attention
        if attention is None:
            return []
        withheld = (self._cases[alert_id] for alert_id in self._withheld)
        waiting = [a for a in withheld if a.state is State.OPEN and not a.quiet]
        found = []
        for alert in sorted(waiting, key=lambda a: (a.level, a.opened_at_us, a.id)):
            if burns(alert) and attention.take(alert, at_us, waited=True):
                back = revised(alert, shown=True)
                told = changed(alert, back, Reason.RELEASED, at_us, why=BUDGET)
                found.append(self._settled(told))
        return found

    def _due_us(self, alert: Alert) -> float:
        """When a rule of `tick` may apply at the earliest, windows aside; infinite if none will."""
        if alert.suppressed:
            return 0  # until its window is gone
        rules = self._terms.rules
        found: list[int | None] = []
        if alert.mode is Mode.TEST:
            found.append(alert.opened_at_us + round(rules.drills.test_min * MINUTE_US))
        if not _stands(alert) and alert.closed_at_us is not None:
            found.append(alert.closed_at_us + round(rules.verdict_days * DAY_US))
        found += [held.until_us for held in (alert.shelved, alert.flapping) if held]
        if alert.release and alert.release.state is ReleaseState.DRAFTED:
            found.append(alert.release.due_us)
        if alert.duty and alert.duty.overdue_since_us is None:
            found.append(alert.duty.due_us)
        return min((at_us for at_us in found if at_us is not None), default=inf)

    def _expired(self, alert: Alert, at_us: int) -> AlertChange | None:
        if _stands(alert) or alert.closed_at_us is None:
            return None
        if at_us - alert.closed_at_us < round(self._terms.rules.verdict_days * DAY_US):
            return None
        return changed(alert, revised(alert, expired_at_us=at_us), Reason.EXPIRED, at_us)

    def _test_ended(self, alert: Alert, at_us: int) -> AlertChange | None:
        age_us = round(self._terms.rules.drills.test_min * MINUTE_US)
        if alert.mode is not Mode.TEST or at_us - alert.opened_at_us < age_us:
            return None
        return drills.ended(alert, at_us, "the test is over")

    def _end_drill(self, at_us: int, why: str, actor: str = ENGINE) -> list[AlertChange]:
        running, self.drills.running = self.drills.running, None
        mine = [
            a
            for a in self._cases.values()
            if running and a.mode is Mode.EXERCISE and a.drill == running.name
        ]
        return [self._finished(drills.ended(a, at_us, why, actor)) for a in mine]

    # --- what people do -----------------------------------------------------------------------

    def act(self, alert: Alert, action: Action) -> AlertChange:
        """The change an action makes; raises ActionRefused."""
        change = act(alert, action, self._terms)
        if change.alert.withheld and change.alert.state in (State.ACKNOWLEDGED, State.HANDLING):
            change = _shown(change)  # somebody has taken it up
        now = replace(change, at_us=action.now_us)  # the clock that steps are owed by
        done = self._finished(now)
        return replace(done, at_us=change.at_us, came_from=alert.state)

    def order(self, order: Order) -> list[AlertChange]:
        """What an order changes; one that is no longer possible changes nothing."""
        given = order.given
        match order.kind:
            case OrderKind.OPEN if given["id"] not in self._cases:
                return self.finish([opened_by_hand(order)])
            case OrderKind.SUPPRESS:
                self._windows.give(given_window(order))
                return self._look_at_windows(order.now_us)
            case OrderKind.LIFT if self._windows.lift(given["window"]):
                return self._look_at_windows(order.now_us)
            case OrderKind.DRILL:
                self.drills.begin(given["name"], given["until_us"], order.actor, order.now_us)
            case OrderKind.END_DRILL:
                return self._end_drill(order.now_us, order.why, order.actor)
            case OrderKind.MODE:
                self.drills.make_store(Mode(given["mode"]), given["name"])
        return []

    def _look_at_windows(self, at_us: int) -> list[AlertChange]:
        standing = [a for a in self._cases.values() if _stands(a)]
        found = [suppression(a, self._windows, at_us) for a in standing]
        return [self._finished(c) for c in found if c]

    # --- what is told and kept ----------------------------------------------------------------

    def told(self, at_us: int) -> dict[str, Any]:
        """Windows and the drill in progress, as the store's standing tells them, if there are any."""
        windows = [asdict(w) for w in self._windows.standing(at_us)]
        running = self.drills.state()
        told: dict[str, Any] = {"windows": windows} if windows else {}
        if running["running"] or running["mode"] != Mode.ACTUAL:
            told["drill"] = running
        if self._attention:
            told["attention"] = self._attention.told(at_us)
        return told

    def state(self) -> dict[str, Any]:
        """All of it; alerts stay objects, the store knows how to write them."""
        return {
            "cases": list(self._cases.values()),
            "incidents": self._incidents.state(),
            "flaps": self._flaps.state(),
            "windows": self._windows.state(),
            "drills": self.drills.state(),
            "attention": self._attention.state() if self._attention else None,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        cases: Iterable[Alert] = state["cases"]
        self._cases = {a.id: a for a in cases}
        self._due = Due()
        for alert in self._cases.values():
            self._due.set(alert.id, self._due_us(alert))
        self._withheld = {a.id for a in self._cases.values() if a.withheld}
        self._incidents.load(state["incidents"])
        self._flaps.load(state["flaps"])
        self._windows.load(state["windows"])
        self.drills.load(state["drills"])
        if self._attention and state["attention"]:
            self._attention.load(state["attention"])


def _stands(alert: Alert) -> bool:
    return alert.state in _STANDING


def _asks(change: AlertChange) -> bool:
    """Whether a change would newly show an alert at blue or yellow; what a person opened is not asked."""
    alert = change.alert
    if alert.kind is not AlertKind.RISK or alert.by_hand or alert.quiet or alert.state is not State.OPEN:
        return False
    if alert.level <= Level.ORANGE or alert.inhibited_by is not None:
        return False
    return (alert.shown and change.reason in (Reason.OPENED, Reason.RELEASED)) or (
        alert.withheld and change.reason is Reason.LEVEL_RAISED
    )


def _by_gravity(alert: Alert) -> tuple[int, float, str]:
    return alert.level, -(alert.likelihood or 0.0) * (alert.impact or 0.0), alert.id


def _unwithheld(change: AlertChange) -> AlertChange:
    """Orange and red are never withheld."""
    return _shown(change) if change.alert.withheld and change.alert.level <= Level.ORANGE else change


def _shown(change: AlertChange) -> AlertChange:
    return replace(change, alert=revised(change.alert, shown=True))


def _withheld(change: AlertChange) -> AlertChange:
    reason = change.reason if change.reason is Reason.LEVEL_RAISED else Reason.WITHHELD
    return replace(change, alert=revised(change.alert, shown=False), reason=reason, why=BUDGET)


def _unbound(alert: Alert) -> Alert:
    """What ended is neither shelved, suppressed nor held, and its draft lapses with it."""
    if not (alert.shelved or alert.suppressed or alert.flapping or alert.release):
        return alert
    made = alert.release
    if made and made.state is ReleaseState.DRAFTED:
        made = replace(made, state=ReleaseState.LAPSED)
    return revised(alert, shelved=None, suppressed=None, flapping=None, release=made)
