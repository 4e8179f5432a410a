"""The pipeline, written once, in the order of the data: from an inbox entry to what the store commits.

        inbox entry -> arrivals -> panel builder -> feed health -> features -> composite
                                        |                                          |
                                     notices                    strongest speaks -> episodes -> commit

Everything here is a function of the inbox: the clock in it is the inbox's, not the machine's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

import pyarrow as pa

from riskwatch.alert.actions import Action, ActionRefused, Order, OrderKind, counted_from
from riskwatch.alert.attention import Attention
from riskwatch.alert.casebook import Casebook
from riskwatch.alert.episodes import Episodes, Stamp
from riskwatch.alert.kinds import RulesByPlace
from riskwatch.alert.notices import Down, Notices
from riskwatch.alert.terms import Terms
from riskwatch.core.alerts import RIGHT, WRONG, Alert, AlertChange, AlertKind
from riskwatch.core.clock import DAY_US
from riskwatch.core.events import OUTCOMES
from riskwatch.core.gauges import gauge_feed
from riskwatch.core.panels import Panel
from riskwatch.core.scores import Evidential, Extractor, VerdictModel
from riskwatch.core.sends import Known, Planned, Planner
from riskwatch.core.side_states import Mode
from riskwatch.extract.accounts import accounted
from riskwatch.extract.arrivals import Arrivals, Tally, flags_of
from riskwatch.extract.backlog import Backlog
from riskwatch.extract.feeds import FeedHealth, Outage
from riskwatch.extract.gauge_health import Ailing, GaugeHealth
from riskwatch.extract.panels import PanelBuilder
from riskwatch.score.bundle import Bundle
from riskwatch.score.chart import chart
from riskwatch.score.duty import Duty, version_of
from riskwatch.score.planned import plans_named
from riskwatch.settings import Settings
from riskwatch.store.alerts import AlertStore, Commit, Standing
from riskwatch.store.codec import canonical
from riskwatch.store.feature_buffer import Scored
from riskwatch.store.feature_log import FeatureLog
from riskwatch.store.inbox import Entry, EntryKind, Inbox
from riskwatch.store.snapshots import Snapshots
from riskwatch.workspace import resolve, resolve_on_duty

CODES_LEARNT_US = 7 * DAY_US
"""A source's first week is when its codes are learnt: a first sight later is a notice."""

_LATE, _UNCORRECTED = OUTCOMES.index("late"), OUTCOMES.index("uncorrected")
_STATE_VERSION = 6  # raised when a component keeps other things than before

OnTick = Callable[[Panel], None]


class Pipeline:
    """Applies inbox entries in order; `restore` first, then `catch_up` whenever the inbox grew."""

    def __init__(
        self,
        settings: Settings,
        inbox: Inbox,
        alerts: AlertStore,
        snapshots: Snapshots,
        planner: Planner | None = None,
        log: FeatureLog | None = None,
    ) -> None:
        self._settings, world = settings, settings.world
        self._planner, self._log = planner, log
        self._inbox, self._alerts, self._snapshots = inbox, alerts, snapshots
        self._arrivals = Arrivals(world, ())
        self._builder = PanelBuilder(world)
        self._feeds, self._gauges = FeedHealth(world), GaugeHealth(world)
        self._backlog = Backlog(world.grid)
        self._features: dict[str, Extractor] = {
            name: resolve(spec.uses, "features.yaml")(world, **spec.given)
            for name, spec in settings.features.items()
        }
        self.volume = cast(Evidential, self._features[settings.bundle.reads])
        self.duty = Duty(settings.bundle, self.volume, world, lambda n: resolve_on_duty(n, "bundle.yaml"))
        self._verdicts: VerdictModel = resolve(settings.bundle.verdicts, "bundle.yaml")()
        self._places = RulesByPlace(settings.rules, world.tree)
        self._episodes = Episodes(self._places)
        self._notices = Notices(settings.rules, world.tree.codes[0])
        terms = Terms(world.tree, settings.desk, settings.release)
        attention = Attention(self._places, settings.desk.shifts, world.timezone)
        self._cases = Casebook(terms, settings.maintenance, attention)
        self._first_seen_us: dict[str, int] = {}
        self.position = 0
        self.ticks = 0
        self.last_tick_us: int | None = None
        self._committed = 0
        self.on_tick: OnTick | None = None

    # --- the order of the data ---------------------------------------------------------------

    def _batch(
        self, body: Mapping[str, Any], events: pa.Table
    ) -> tuple[list[AlertChange], dict[str, Tally]]:
        accepted, tallies = self._arrivals.take(events, **flags_of(body))
        self._backlog.take(events, self._arrivals.outcomes == _LATE)
        self._builder.add(accepted, may_leave=bool(body.get("corrections")))
        self._builder.withdraw(self._arrivals.leaving)
        return self._close(self._new_codes(body)), tallies

    def _close(self, codes: Sequence[tuple[int, str]] = ()) -> list[AlertChange]:
        """Decide every tick that the clock allows; new codes are noticed at their instant among them."""
        changes, waiting = list[AlertChange](), deque(codes)
        sources = self._arrivals.sources
        for panel in self._builder.close(self._arrivals.clock_us, len(sources)):
            while waiting and waiting[0][0] < panel.decided_at_us:
                changes += self._notice(*waiting.popleft())
            seen = self._gauges.look(self._feeds.look(panel, sources))
            for extractor in self._features.values():
                extractor.update(seen)
            changes += self._decide(seen)
            self.ticks += 1
            self.last_tick_us = panel.end_us
            if self.on_tick:
                self.on_tick(seen)
        for at_us, code in waiting:
            changes += self._notice(at_us, code)
        return changes

    def _notice(self, at_us: int, code: str) -> list[AlertChange]:
        return self._finished(self._notices.new_code(code, self._stamp(at_us)))

    def _decide(self, panel: Panel) -> list[AlertChange]:
        world, outages = self._settings.world, self._feeds.outages()
        self._backlog.look(outages, panel.end_us)
        stamp = self._stamp(panel.decided_at_us)
        changes = self._notices.expire(panel.decided_at_us)
        ailing = map(self._ill, self._gauges.ailing())
        changes += self._notices.feeds([*map(self._down, outages), *ailing], stamp)
        self.duty.release(version_of(e.alert) for e in self._episodes.open.values())
        features = self.volume.read()
        scores = self.duty.score(features)
        if self._log:
            scored = Scored(scores.areas, scores.signatures, scores.likelihood)
            self._log.add(panel, features, scored, (self.duty.champion.version, stamp.config_hash))
        assessed = self.duty.assess(features, scores, self._watched(panel), self._places)
        drawn = partial(chart, world, self.volume, panel.end_us)
        changes += self._beyond_plans(self._episodes.step(assessed, stamp, drawn), panel)
        return self._finished(changes) + self._adopted(self._cases.tick(stamp.at_us, self._episodes.burns))

    def _finished(self, changes: Sequence[AlertChange]) -> list[AlertChange]:
        """What the stages made, complete with what the casebook knows of it."""
        return self._adopted(self._cases.finish(changes))

    def _adopted(self, changes: list[AlertChange]) -> list[AlertChange]:
        for change in changes:
            self._adopt(change.alert)
        return changes

    def _watched(self, panel: Panel) -> dict[tuple[str, str], str]:
        """Open episodes, each with its bundle; those whose feeds are all blind stay as they are."""
        registry = self._settings.world.registry
        blind = panel.blind_since[len(registry) :] >= 0
        episodes = self._episodes.open.items()
        seen = {k: e for k, e in episodes if not blind[registry.signature_index[k[1]]]}
        return {k: version_of(e.alert) for k, e in seen.items() if not self._gauges.dark(*k)}

    # --- what hangs on it --------------------------------------------------------------------

    def _down(self, outage: Outage) -> Down:
        since_us = self._settings.world.grid.start(outage.since_tick)
        return Down(outage.feed, outage.source is not None, since_us, announced=outage.announced)

    def _beyond_plans(self, changes: list[AlertChange], panel: Panel) -> list[AlertChange]:
        """Changes whose evidence is of this tick name what was planned and does not explain it."""
        world = self._settings.world
        return [plans_named(world, c, panel) for c in changes] if world.calendar.plans else changes

    def _ill(self, gauge: Ailing) -> Down:
        since_us = self._settings.world.grid.start(gauge.since_tick)
        feed = gauge_feed(gauge.indicator, gauge.area) if gauge.area else gauge.indicator
        return Down(feed, False, since_us, gauge.area or None, gauge.stuck)

    def _stamp(self, at_us: int) -> Stamp:
        missing = tuple(o.feed for o in self._feeds.outages())

        def judged(signature: str) -> tuple[int, int]:
            return self._verdicts.tally({"signature": signature})

        drills = self._cases.drills
        return Stamp(
            at_us,
            missing,
            judged,
            self.duty.champion.versions(),
            self._settings.config_hash,
            drills.mode,
            drills.name,
        )

    def _new_codes(self, body: Mapping[str, Any]) -> list[tuple[int, str]]:
        """(instant, code) of the batch's codes that are news: a source's first days are how it learns."""
        found = []
        for code, _, at_us in body["new_codes"]:
            if at_us is None:
                continue
            start = self._first_seen_us.setdefault(body["source"], at_us)
            if at_us - start >= CODES_LEARNT_US:
                found.append((at_us, code))
        return sorted(found)

    def _action(self, body: Mapping[str, Any], seq: int) -> list[AlertChange]:
        """An operator's action; one that the alert's state no longer allows changes nothing."""
        if body["kind"] in tuple(OrderKind):
            return self._order(body)
        alert = self._held(body["alert"]) or self._alerts.as_of(body["alert"], seq)
        if alert is None:
            return []
        action = Action.read(body, alert.id, self._engine_us(body["at_us"]))
        try:
            change = self._cases.act(alert, action)
        except ActionRefused:
            return []
        self._adopt(change.alert)
        verdict, real = action.verdict, alert.kind is AlertKind.RISK and alert.mode is Mode.ACTUAL
        if real and verdict in (*RIGHT, *WRONG):
            self._verdicts.learn_one({"signature": alert.signature}, verdict in RIGHT)
        return [change]

    def _order(self, body: Mapping[str, Any]) -> list[AlertChange]:
        at_us = int(body["at_us"])
        given = dict(body["given"])
        if given.get("until_us") is not None:
            given["until_us"] += self._engine_us(at_us) - at_us
        kind = OrderKind(body["kind"])
        order = Order(kind, body["actor"], at_us, body["why"], given, self._engine_us(at_us))
        return self._adopted(self._cases.order(order))

    def _engine_us(self, at_us: int) -> int:
        return counted_from(self._arrivals.clock_us, at_us)

    def _delivery(self, body: Mapping[str, Any]) -> list[AlertChange]:
        """A receiver that cannot be told is a notice; it ends when the receiver is told again."""
        return self._notices.receiver(body["receiver"], body["state"] == "ok", self._stamp(body["at_us"]))

    def _held(self, alert_id: str) -> Alert | None:
        """The alert as the engine holds it: what a replay must act on, not what the store says by now."""
        return self._episodes.find(alert_id) or self._notices.find(alert_id) or self._cases.find(alert_id)

    def _adopt(self, alert: Alert) -> None:
        if alert.kind is AlertKind.RISK:
            self._episodes.adopt(alert)
        else:
            self._notices.adopt(alert)

    # --- in step with the store --------------------------------------------------------------

    def restore(self) -> None:
        """Go on where the store stands: the newest snapshot, then what the inbox holds behind it."""
        standing = self._alerts.standing()
        self._committed = standing.position if standing else 0
        found = self._snapshots.newest()
        if found and found[1]["made_with"] == self._made_with():
            self._load(found[1])
        self.catch_up()
        if self._log:
            self._log.flush()

    def catch_up(self, until: int | None = None) -> None:
        """Apply and commit every entry that was not applied yet, up to one if it is named."""
        for entry in self._inbox.after(self.position, until):
            self.apply(entry)

    def apply(self, entry: Entry) -> None:
        """Apply one entry and commit what it changes, in one transaction."""
        tallies: dict[str, Tally] = {}
        outcomes: bytes | None = None
        stale: list[dict[str, Any]] = []
        if entry.kind is EntryKind.BATCH and entry.events is not None:
            changes, tallies = self._batch(entry.body, entry.events)
            outcomes = self._arrivals.outcomes.tobytes() if entry.body.get("receipt") else None
            if entry.body.get("corrections"):
                stale = entry.events.filter(pa.array(self._arrivals.outcomes == _UNCORRECTED)).to_pylist()
        elif entry.kind is EntryKind.CLOCK:
            self._arrivals.advance(int(entry.body["at_us"]))
            changes = self._close()
            changes += self._adopted(self._cases.look(self._arrivals.clock_us))
        elif entry.kind is EntryKind.DELIVERY:
            changes = self._delivery(entry.body)
        elif entry.kind is EntryKind.MODEL:
            self.duty.switch(Bundle.model_validate(entry.body["bundle"]))
            changes = []
        else:
            changes = self._action(entry.body, entry.seq)
        self.position = entry.seq
        if entry.seq > self._committed:  # else an earlier life did; only the state in memory had to follow
            planned = self._planned(changes)
            self._alerts.commit(
                Commit(
                    changes,
                    accounted(entry.body, tallies) if entry.kind is EntryKind.BATCH else {},
                    self._standing(),
                    planned.add,
                    planned.cancel,
                    outcomes,
                    stale,
                )
            )
            self._committed = entry.seq
        if self._log:
            self._log.write_aside()

    def _planned(self, changes: Sequence[AlertChange]) -> Planned:
        """Who is to be told of these changes, as routing has it; the commit writes it with them."""
        if self._planner is None or not changes:
            return Planned()
        ids = {c.alert.id for c in changes}
        incidents = {c.alert.incident for c in changes if c.alert.incident}
        standing = (e.alert for e in self._episodes.open.values())
        relatives = [a for a in standing if a.incident in incidents and a.id not in ids]
        names = [*ids, *(a.id for a in relatives)]
        known = Known(relatives, self._alerts.told(names))
        return self._planner.plan_all(changes, self._alerts.unsent(names), known)

    def next_limit_us(self) -> int | None:
        """When a time limit of an alert runs out next: of a step, a shelf, a hold, a draft, a test."""
        return self._cases.next_limit_us()

    def snapshot(self) -> None:
        """Save the state, so that the next start need not replay the inbox."""
        if self._log:  # a state holds no day that was written
            self._log.flush()
        self._snapshots.save(self.position, self._state())

    def _made_with(self) -> str:
        """What the shape of a state depends on; a state of another shape is replayed, not loaded."""
        features = {name: spec.model_dump() for name, spec in self._settings.features.items()}
        gauges = {i: g.model_dump(mode="json") for i, g in self._settings.world.registry.gauges.items()}
        shape = [_STATE_VERSION, features, self._settings.bundle.verdicts, self._log is not None]
        return canonical([*shape, *filter(None, (gauges, self._settings.world.tree.vicinities.listed))])

    def _standing(self) -> Standing:
        now_us = self._arrivals.clock_us
        down = {o.feed: self._settings.world.grid.start(o.since_tick) for o in self._feeds.outages()}
        ill = map(self._ill, self._gauges.ailing())
        down |= {d.feed: d.since_us for d in ill if d.since_us is not None and not d.stuck}
        return Standing(
            self.position,
            self._arrivals.clock_us,
            self.last_tick_us,
            self.ticks,
            {
                "sources": list(self._arrivals.sources),
                "down_since_us": down,
                "backlog": self._backlog.read(),
            }
            | self._cases.told(now_us),
        )

    def _state(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "ticks": self.ticks,
            "last_tick_us": self.last_tick_us,
            "made_with": self._made_with(),
            "first_seen_us": self._first_seen_us,
            "arrivals": self._arrivals.state(),
            "builder": self._builder.state(),
            "feeds": self._feeds.state(),
            **({"gauges": self._gauges.state()} if self._gauges.any else {}),
            "backlog": self._backlog.state(),
            "features": {name: e.state() for name, e in self._features.items()},
            "episodes": self._episodes.state(),
            "notices": self._notices.state(),
            "cases": self._cases.state(),
            "verdicts": self._verdicts.state(),
            "duty": self.duty.state(),
            "log": self._log.state() if self._log else {},
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        self.position, self.ticks = int(state["position"]), int(state["ticks"])
        self.last_tick_us = state["last_tick_us"]
        self._first_seen_us = dict(state["first_seen_us"])
        self._arrivals.load(state["arrivals"])
        self._builder.load(state["builder"])
        self._feeds.load(state["feeds"])
        if self._gauges.any:
            self._gauges.load(state["gauges"])
        self._backlog.load(state["backlog"])
        for name, extractor in self._features.items():
            extractor.load(state["features"][name])
        self._episodes.load(state["episodes"])
        self._notices.load(state["notices"])
        self._cases.load(state["cases"])
        self._verdicts.load(state["verdicts"])
        self.duty.load(state["duty"])
        if self._log:
            self._log.load(state["log"])
