"""The pipeline, written once, in the order of the data: from an inbox entry to what the store commits.

        inbox entry -> arrivals -> panel builder -> feed health -> features -> composite
                                        |                                          |
                                     notices                    strongest speaks -> episodes -> commit

Everything here is a function of the inbox: the clock in it is the inbox's, not the machine's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa

from riskwatch.alert.episodes import Episodes, Stamp
from riskwatch.alert.lifecycle import Action, ActionKind, ActionRefused, act
from riskwatch.alert.notices import Down, Notices
from riskwatch.core.alerts import RIGHT, WRONG, Alert, AlertChange, AlertKind, Assessment, Chart, Verdict
from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import Evidential, Extractor, VerdictModel
from riskwatch.extract.arrivals import Arrivals, Tally
from riskwatch.extract.feeds import FeedHealth, Outage
from riskwatch.extract.panels import PanelBuilder
from riskwatch.score.composite import Composite
from riskwatch.score.strongest import StrongestSpeaks
from riskwatch.settings import Settings
from riskwatch.store.alerts import AlertStore, Commit, Standing
from riskwatch.store.codec import canonical
from riskwatch.store.inbox import Entry, EntryKind, Inbox
from riskwatch.store.snapshots import Snapshots
from riskwatch.workspace import resolve

CODES_LEARNT_US = 7 * DAY_US
"""A source's first week is when its codes are learnt: a first sight later is a notice."""

_CHART_H = 48
_STATE_VERSION = 2  # raised when a component keeps other things than before

OnTick = Callable[[Panel], None]


class Pipeline:
    """Applies inbox entries in order; `restore` first, then `catch_up` whenever the inbox grew."""

    def __init__(self, settings: Settings, inbox: Inbox, alerts: AlertStore, snapshots: Snapshots) -> None:
        self._settings, world = settings, settings.world
        self._inbox, self._alerts, self._snapshots = inbox, alerts, snapshots
        self._arrivals = Arrivals(world, ())
        self._builder = PanelBuilder(world)
        self._feeds = FeedHealth(world)
        self._features: dict[str, Extractor] = {
            name: resolve(spec.uses, "features.yaml")(world, **spec.given)
            for name, spec in settings.features.items()
        }
        self.volume = cast(Evidential, self._features[settings.bundle.reads])
        composite = Composite(settings.bundle.build(lambda n: resolve(n, "bundle.yaml")), self.volume)
        self._composite = composite
        self._verdicts: VerdictModel = resolve(settings.bundle.verdicts, "bundle.yaml")()
        self._strongest = StrongestSpeaks(composite, self.volume, world.tree, world.registry)
        self._episodes = Episodes(settings.rules)
        self._notices = Notices(settings.rules, world.tree.codes[0])
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
        accepted, tallies = self._arrivals.take(events)
        self._builder.add(accepted)
        return self._close(self._new_codes(body)), tallies

    def _close(self, codes: Sequence[tuple[int, str]] = ()) -> list[AlertChange]:
        """Decide every tick that the clock allows; new codes are noticed at their instant among them."""
        changes: list[AlertChange] = []
        waiting = deque(codes)
        sources = self._arrivals.sources
        for panel in self._builder.close(self._arrivals.clock_us, len(sources)):
            while waiting and waiting[0][0] < panel.decided_at_us:
                changes += self._notice(*waiting.popleft())
            seen = self._feeds.look(panel, sources)
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
        return self._notices.new_code(code, self._stamp(at_us))

    def _decide(self, panel: Panel) -> list[AlertChange]:
        outages = self._feeds.outages()
        stamp = self._stamp(panel.decided_at_us)
        changes = self._notices.expire(panel.decided_at_us)
        changes += self._notices.feeds(map(self._down, outages), stamp)
        scores = self._composite.score(self.volume.read())
        assessed = self._strongest.assess(scores, self._watched(panel), self._settings.rules)
        changes += self._episodes.step(assessed, stamp, lambda a: self._chart(a, panel.end_us))
        return changes

    def _watched(self, panel: Panel) -> list[tuple[str, str]]:
        """The open episodes, but those of a signature whose feeds are all blind: they stay as they are."""
        registry = self._settings.world.registry
        blind = panel.blind_since[len(registry) :] >= 0
        return [key for key in self._episodes.open if not blind[registry.signature_index[key[1]]]]

    # --- what hangs on it --------------------------------------------------------------------

    def _down(self, outage: Outage) -> Down:
        since_us = self._settings.world.grid.start(outage.since_tick)
        return Down(outage.feed, outage.source is not None, since_us)

    def _stamp(self, at_us: int) -> Stamp:
        missing = tuple(o.feed for o in self._feeds.outages())

        def judged(signature: str) -> tuple[int, int]:
            return self._verdicts.tally({"signature": signature})

        return Stamp(at_us, missing, judged, self._settings.bundle.versions(), self._settings.config_hash)

    def _chart(self, assessed: Assessment, end_us: int) -> Chart:
        """Hourly counts of the indicators that carry it, over the last two days."""
        world = self._settings.world
        carried = [c.indicator for c in assessed.contributions] or list(
            world.registry.signature(assessed.signature).indicators
        )
        per_hour = HOUR_US // world.grid.tick_us
        observed, expected = self.volume.history(
            world.tree.index[assessed.area], [world.registry.index[i] for i in carried], _CHART_H * per_hour
        )
        hours = (_CHART_H, per_hour)
        usual = np.zeros(len(observed))
        usual[: len(expected)] = expected
        return Chart(
            end_us=end_us,
            step_us=HOUR_US,
            observed=tuple(np.reshape(observed, hours).sum(axis=1).tolist()),
            expected=tuple(round(mean, 4) for mean in usual.reshape(hours).sum(axis=1).tolist()),
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

    def _action(self, body: Mapping[str, Any]) -> list[AlertChange]:
        """An operator's action; one that the alert's state no longer allows changes nothing."""
        alert = self._held(body["alert"]) or self._alerts.get(body["alert"])
        if alert is None:
            return []
        verdict = Verdict(body["verdict"]) if body.get("verdict") else None
        action = Action(
            ActionKind(body["kind"]), alert.id, body["actor"], body["at_us"], verdict, body["note"]
        )
        try:
            change = act(alert, action)
        except ActionRefused:
            return []
        self._adopt(change.alert)
        if verdict in (*RIGHT, *WRONG) and alert.kind is AlertKind.RISK:
            self._verdicts.learn_one({"signature": alert.signature}, verdict in RIGHT)
        return [change]

    def _held(self, alert_id: str) -> Alert | None:
        """The alert as the engine holds it: what a replay must act on, not what the store says by now."""
        return self._episodes.find(alert_id) or self._notices.find(alert_id)

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

    def catch_up(self, until: int | None = None) -> None:
        """Apply and commit every entry that was not applied yet, up to one if it is named."""
        for entry in self._inbox.after(self.position, until):
            self.apply(entry)

    def apply(self, entry: Entry) -> None:
        """Apply one entry and commit what it changes, in one transaction."""
        tallies: dict[str, Tally] = {}
        if entry.kind is EntryKind.BATCH and entry.events is not None:
            changes, tallies = self._batch(entry.body, entry.events)
        elif entry.kind is EntryKind.CLOCK:
            self._arrivals.advance(int(entry.body["at_us"]))
            changes = self._close()
        else:
            changes = self._action(entry.body)
        self.position = entry.seq
        if entry.seq <= self._committed:
            return  # an earlier life committed it; only the state in memory had to follow
        self._alerts.commit(Commit(changes, dict(_accounts(entry, tallies)), self._standing()))
        self._committed = entry.seq

    def snapshot(self) -> None:
        """Save the state, so that the next start need not replay the inbox."""
        self._snapshots.save(self.position, self._state())

    def _made_with(self) -> str:
        """What the shape of a state depends on; a state of another shape is replayed, not loaded."""
        features = {name: spec.model_dump() for name, spec in self._settings.features.items()}
        return canonical([_STATE_VERSION, features, self._settings.bundle.verdicts])

    def _standing(self) -> Standing:
        down = {o.feed: self._settings.world.grid.start(o.since_tick) for o in self._feeds.outages()}
        return Standing(
            self.position,
            self._arrivals.clock_us,
            self.last_tick_us,
            self.ticks,
            {"sources": list(self._arrivals.sources), "down_since_us": down},
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
            "features": {name: e.state() for name, e in self._features.items()},
            "episodes": self._episodes.state(),
            "notices": self._notices.state(),
            "verdicts": self._verdicts.state(),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        self.position, self.ticks = int(state["position"]), int(state["ticks"])
        self.last_tick_us = state["last_tick_us"]
        self._first_seen_us = dict(state["first_seen_us"])
        self._arrivals.load(state["arrivals"])
        self._builder.load(state["builder"])
        self._feeds.load(state["feeds"])
        for name, extractor in self._features.items():
            extractor.load(state["features"][name])
        self._episodes.load(state["episodes"])
        self._notices.load(state["notices"])
        self._verdicts.load(state["verdicts"])


def _accounts(entry: Entry, tallies: Mapping[str, Tally]) -> Iterator[tuple[str, dict[str, int]]]:
    """What an entry adds to each source's account; quarantined rows count for the mapping's source."""
    if entry.kind is not EntryKind.BATCH:
        return
    body = entry.body
    counts = {
        name: {
            "rows_read": t.accepted + t.duplicate + t.late,
            "accepted": t.accepted,
            "duplicate": t.duplicate,
            "late": t.late,
        }
        for name, t in tallies.items()
    }
    own = counts.setdefault(body["source"], {})
    for name, extra in (("quarantined", body["quarantined"]), ("duplicate", body["duplicate"])):
        own[name] = own.get(name, 0) + extra
        own["rows_read"] = own.get("rows_read", 0) + extra
    yield from counts.items()
