"""A state machine over the life cycle: engine, operators and time in any order; nothing is ever lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from riskwatch.alert.actions import Action, ActionKind, ActionRefused, Order, OrderKind
from riskwatch.alert.casebook import Casebook
from riskwatch.alert.desk_rules import DeskRules
from riskwatch.alert.duties import owed
from riskwatch.alert.episodes import Episodes, Stamp
from riskwatch.alert.maintenance import MaintenanceFile
from riskwatch.alert.rules import AlertRules
from riskwatch.alert.terms import Terms
from riskwatch.core.alerts import Alert, AlertChange, Assessment, Chart, Contribution, Level, State, Verdict
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.core.side_states import Mode
from riskwatch.store.codec import dump_alert, load_alert
from riskwatch.store.snapshots import pack, unpack

TREE = AreaTree(
    [
        Area("COUNTY", "County", None, "county"),
        *(Area(t, t, "COUNTY", "town") for t in ("EAST", "WEST")),
        Area("VILLAGE", "Village", "EAST", "village"),
    ]
)
RULES = AlertRules.model_validate(
    {
        "likelihood": [0.05, 0.10, 0.40],
        "impact": [3.0, 5.0, 7.0],
        "matrix": [["blue"] * 4, ["yellow", "orange", "orange", "orange"], ["red"] * 4],
        "clear": {"factor": 0.6, "dwell_h": 1},
        "tests": [{"likelihood": 0.01, "impact": 9, "expect": "none"}],
    }
)
LIMITS = {f"{word}_min": 45 for word in ("red", "orange", "yellow", "blue")}
DESK = DeskRules.model_validate(
    {
        "duties": dict.fromkeys(("accept", "hand_out", "handle", "report_back", "evaluate"), LIMITS),
        "flapping": {"times": 1, "within_h": 12, "hold_h": 3},
        "verdict_days": 1,
    }
)
STANDING = (State.OPEN, State.ACKNOWLEDGED, State.HANDLING)
LONGEST_SHELF_US = 72 * HOUR_US
CHART = Chart(0, HOUR_US, (1,), (0.5,))
AREAS = st.sampled_from(TREE.codes)
SIGNATURES = st.sampled_from(("storm", "leak"))


class _AskingEvery(Casebook):
    """A casebook that looks at every case at every tick."""

    def _due(self, alert: Alert) -> float:
        del alert
        return 0


class Life(RuleBasedStateMachine):
    """A desk in memory: the engine's episodes, its casebook, and every row that was appended."""

    @initialize()
    def begin(self) -> None:
        self.at_us = 1_000 * DAY_US
        self.episodes, self.cases = Episodes(RULES), self._casebook()
        self.rows: dict[str, list[AlertChange]] = {}

    @staticmethod
    def _casebook() -> Casebook:
        return Casebook(Terms(TREE, DESK), MaintenanceFile())

    def _append(self, changes: list[AlertChange]) -> None:
        for change in changes:
            self.episodes.adopt(change.alert)
            life = self.rows.setdefault(change.alert.id, [])
            assert change.alert.revision == len(life) + 1
            assert change.came_from == (life[-1].alert.state if life else None)
            assert change.actor
            life.append(change)

    @property
    def present(self) -> dict[str, Alert]:
        """What the appended rows replay to."""
        return {name: life[-1].alert for name, life in self.rows.items()}

    # --- engine, time, people -----------------------------------------------------------------

    @rule(
        seen=st.dictionaries(
            st.tuples(AREAS, SIGNATURES),
            st.tuples(st.sampled_from((0.01, 0.06, 0.2, 0.6)), st.none() | AREAS),
            max_size=4,
        ),
        ticks=st.sampled_from((1, 2, 4, 8, 40)),
    )
    def tick(self, seen: dict[Any, Any], ticks: int) -> None:
        """Ticks with this evidence; what is open is assessed anyway, as the pipeline does."""
        wanted = dict.fromkeys(self.episodes.open, (0.0, None)) | seen
        for _ in range(ticks):
            self.at_us += 15 * MINUTE_US
            stamp = Stamp(self.at_us, (), lambda _: (0, 0), (("bundle", "1"),), "cafe")
            assessed = [
                Assessment(
                    area, what, p, 4.0, 9, lambda: (Contribution("x", 1.0, 9, 1.0, 0.1, 1.0, 1.0),), by
                )
                for (area, what), (p, by) in wanted.items()
            ]
            self._append(self.cases.finish(self.episodes.step(assessed, stamp, lambda _: CHART)))
            asking = _AskingEvery(Terms(TREE, DESK), MaintenanceFile())
            asking.load(self.cases.state())
            changes = self.cases.tick(self.at_us)
            assert changes == asking.tick(self.at_us)  # who was not asked had nothing to say
            self._append(changes)

    @precondition(lambda self: self.rows)
    @rule(
        data=st.data(),
        kind=st.sampled_from(ActionKind),
        actor=st.sampled_from(("Ann", "Bea")),
        to=AREAS,
        hours=st.sampled_from((0.5, 3, 30, 300)),
        verdict=st.none() | st.sampled_from(Verdict),
    )
    def act(self, data: Any, kind: ActionKind, actor: str, to: str, hours: float, verdict: Any) -> None:
        """Anybody does anything to any alert; a refusal changes nothing."""
        name = data.draw(st.sampled_from(sorted(self.rows)))
        alert = self.present[name]
        until_us = self.at_us + round(hours * HOUR_US)
        action = Action(kind, name, actor, self.at_us, verdict, "why", to, until_us)
        try:
            change = self.cases.act(alert, action)
        except ActionRefused:
            return
        self._append([change])

    @rule(area=AREAS, what=SIGNATURES, level=st.sampled_from(Level), drill=st.booleans())
    def open_by_hand(self, area: str, what: str, level: Level, drill: bool) -> None:
        """What somebody knows, or an exercise's inject."""
        mode = Mode.EXERCISE if drill else Mode.ACTUAL
        given = {"id": f"{mode.prefix}{len(self.rows)}", "area": area, "signature": what}
        given |= {"level": int(level), "what": "by hand", "mode": str(mode), "drill": "x" if drill else ""}
        self._append(self.cases.order(Order(OrderKind.OPEN, "Ann", self.at_us, "", given)))

    @rule(area=AREAS, what=st.none() | SIGNATURES, hours=st.sampled_from((0.5, 6, 48)), drill=st.booleans())
    def order(self, area: str, what: str | None, hours: float, drill: bool) -> None:
        """A maintenance window, or an exercise."""
        until_us = self.at_us + round(hours * HOUR_US)
        given = {"window": f"w{self.at_us}", "area": area, "signature": what, "until_us": until_us}
        order = Order(OrderKind.SUPPRESS, "Ann", self.at_us, "works", given)
        if drill:
            order = replace(order, kind=OrderKind.DRILL, given={"name": "x", "until_us": until_us})
        self._append(self.cases.order(order))

    @rule()
    def restart(self) -> None:
        """Another life goes on from the snapshot's bytes."""
        state = unpack(pack({"cases": self.cases.state(), "episodes": self.episodes.state()}))
        self.cases, self.episodes = self._casebook(), Episodes(RULES)
        self.cases.load(state["cases"])
        self.episodes.load(state["episodes"])

    # --- what always holds --------------------------------------------------------------------

    @invariant()
    def somebody_has_every_alert(self) -> None:
        """Every alert has one holder, an area of the tree; a standing one that is told owes a step."""
        for alert in getattr(self, "rows", {}) and self.present.values():
            assert alert.holder in TREE.index
            assert (alert.duty.step if alert.duty else None) == owed(alert)
            told = alert.shown and alert.state in STANDING and not alert.quiet
            assert alert.duty is not None or not told

    @invariant()
    def no_alert_is_lost(self) -> None:
        """Whatever stands is in the casebook, as its last row says; so is what waits for a verdict."""
        for alert in getattr(self, "rows", {}) and self.present.values():
            waits = alert.shown and alert.state in (State.RETURNED, State.RESOLVED)
            if alert.state in STANDING or (waits and alert.expired_at_us is None):
                assert self.cases.find(alert.id) == alert
            else:
                assert self.cases.find(alert.id) is None

    @invariant()
    def the_engine_holds_what_the_rows_say(self) -> None:
        """An open episode's alert is that of its last row, and keeps the model it began with."""
        for episode in self.episodes.open.values() if hasattr(self, "episodes") else ():
            life = self.rows[episode.alert.id]
            assert episode.alert == life[-1].alert
            assert {c.alert.model_versions for c in life} == {(("bundle", "1"),)}

    @invariant()
    def what_is_quiet_ends(self) -> None:
        """Shelf, window and hold have an end ahead, and it is near; what ended has none of them."""
        for alert in getattr(self, "rows", {}) and self.present.values():
            if alert.state not in STANDING:
                assert (alert.shelved, alert.suppressed, alert.flapping) == (None, None, None)
            if alert.shelved:
                assert self.at_us <= alert.shelved.until_us <= self.at_us + LONGEST_SHELF_US
            if alert.suppressed:
                assert self.at_us <= alert.suppressed.until_us
            if alert.flapping:
                assert self.at_us <= alert.flapping.until_us

    @invariant()
    def orange_and_red_are_never_quiet_unasked(self) -> None:
        """Only a person's shelf silences them."""
        for alert in getattr(self, "rows", {}) and self.present.values():
            if alert.level <= Level.ORANGE and alert.quiet:
                assert alert.shelved

    @invariant()
    def rows_survive_the_store(self) -> None:
        """What is written is read back equal."""
        for alert in getattr(self, "rows", {}) and self.present.values():
            assert load_alert(dump_alert(alert)) == alert

    def teardown(self) -> None:
        """In the end all shelves, windows, holds, drafts and drills end by time alone."""
        if not getattr(self, "rows", None):
            return
        self.at_us += 400 * HOUR_US
        self._append(self.cases.tick(self.at_us))
        for alert in self.present.values():
            assert (alert.shelved, alert.suppressed, alert.flapping) == (None, None, None)
            assert not (alert.state in STANDING and alert.mode is Mode.EXERCISE and self._ran(alert))

    def _ran(self, alert: Alert) -> bool:
        """Whether an exercise was still to end when the alert was put into it."""
        return self.cases.drills.running is not None and alert.drill == self.cases.drills.running.name


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
