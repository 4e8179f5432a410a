"""An opened store: what the CLI, the page and the API do to it, over one pipeline."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from riskwatch.alert.actions import Action, ActionKind, ActionRefused, OrderKind, counted_from
from riskwatch.alert.lifecycle import act
from riskwatch.alert.orders import id_by_hand
from riskwatch.alert.terms import Terms
from riskwatch.app import Pipeline
from riskwatch.core.alerts import Alert, AlertKind, Level, Verdict
from riskwatch.core.clock import DAY_US, HOUR_US, Clock, to_us
from riskwatch.core.errors import StoreError, StoreUnavailable
from riskwatch.core.folders import overlaid, restore_folder
from riskwatch.core.panels import Panel
from riskwatch.core.sends import Planner
from riskwatch.core.side_states import Mode
from riskwatch.deliver.handover import Handover, Span, sheet, shift_start
from riskwatch.ingest.ahead import ahead
from riskwatch.ingest.intake import FileIntake
from riskwatch.ingest.retaking import Retake, Retaking
from riskwatch.ingest.sent import Sent, SentIntake
from riskwatch.settings import Settings, load_planner, load_settings
from riskwatch.store.alerts import ACCOUNT, AlertStore
from riskwatch.store.database import open_database
from riskwatch.store.engine_lock import held_alone, is_held
from riskwatch.store.feature_log import FeatureLog
from riskwatch.store.inbox import EntryKind, Inbox
from riskwatch.store.listing import Listing
from riskwatch.store.meta import Meta
from riskwatch.store.receipts import Receipt, Receipts
from riskwatch.store.retention import FeatureDays, Retention
from riskwatch.store.snapshots import Snapshots
from riskwatch.summary import Progress, ReplaySummary, Stretch
from riskwatch.workspace import enter_workspace

_SNAPSHOT_EVERY_S = 30.0
_A_SECOND_S = 1.0
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.002, 0.02  # between looks whether an engine has applied an entry
_SNAPSHOT_WORTH = 20.0  # and no oftener than this many times what one takes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store lies: the workspace's root, its own folder, and a database URL if not SQLite."""

    root: Path
    home: Path
    url: str | None = None


class Desk:
    """One store and the settings it runs on."""

    def __init__(self, place: Place, settings: Settings, clock: Clock) -> None:
        self.place, self.settings, self.clock = place, settings, clock
        database = self.database = open_database(place.url, place.home)
        self.inbox, self.alerts = Inbox(database), AlertStore(database)
        self.receipts, self.woken = Receipts(database), threading.Event()
        self._engine_here = False  # one of this very desk
        self._intakes: dict[str, SentIntake] = {}  # made when a source sends first
        self._snapshots = Snapshots(database, place.home)
        self._meta = Meta(database)
        features = FeatureDays(self.feature_log(), settings.retention.feature_log_days)
        self.retention = Retention(database, settings.world, settings.retention, [features])
        self._pin()

    @classmethod
    def open(
        cls, place: Place, clock: Clock, *, sources: Sequence[str] = (), overlay: Path | None = None
    ) -> Desk:
        """Open a store, for these sources or for those it already has.

        `overlay` is a folder of configs that win over the workspace's; the store keeps a copy, so
        that it can be served without them. Raises ConfigError or StoreError.
        """
        enter_workspace(place.root)
        kept = place.home / "configs"
        wanted = list(dict.fromkeys([*_known_sources(place), *sources]))
        restore_folder(kept)
        if not wanted:
            raise StoreError(
                f"{place.home}: the store is empty; replay a file into it, or try: riskwatch demo"
            )
        today = clock.now().date()
        if overlay is None or overlay == kept:
            settings = load_settings(
                place.root, wanted, today=today, overlay=kept if kept.is_dir() else None
            )
            return cls(place, settings, clock)
        try:
            with overlaid(kept, overlay) as coming:  # a refused one leaves the old
                return cls(place, load_settings(place.root, wanted, today=today, overlay=coming), clock)
        except OSError as error:
            raise StoreUnavailable(
                f"{kept}: the store's configs cannot be copied ({error}); make room on its disk"
            ) from error

    def _pin(self) -> None:
        """A store's areas and indicators are those of its first day; others belong to another store."""
        world = self.settings.world
        shape = json.dumps([world.tree.codes, world.registry.ids], ensure_ascii=False)
        if self._meta.set_once("world", shape) != shape:
            raise StoreError(
                f"{self.place.home}: the store was made with other areas or indicators; "
                "name another with --store DIR, and replay into it"
            )
        self._meta.set("sources", json.dumps(sorted(self.settings.mappings)))

    @cached_property
    def planner(self) -> Planner:
        """Who is told of what; raises ConfigError where a route names a receiver that there is not."""
        kept = self.place.home / "configs"
        overlay = kept if kept.is_dir() else None
        return load_planner(self.place.root, overlay, self.settings)

    @contextmanager
    def engine(self, *, tell: bool = True) -> Iterator[Pipeline]:
        """The pipeline, restored and up to date, held by this process alone; saved at the end.

        Without `tell` nobody is told of what it finds: a replay is about what was, not about what is.
        """
        with (self.place.home / "engine.lock").open("w") as lock:
            if not held_alone(lock):
                raise StoreError(
                    f"{self.place.home}: another riskwatch runs on this store; "
                    "stop it, or use another store"
                )
            log = self.feature_log() if self.settings.feature_log else None
            planner = self.planner if tell else None
            pipeline = Pipeline(self.settings, self.inbox, self.alerts, self._snapshots, planner, log)
            pipeline.restore()
            before = pipeline.position
            self._engine_here = True
            try:
                yield pipeline
            finally:
                self._engine_here = False
            if pipeline.position > before:
                pipeline.snapshot()

    def feature_log(self) -> FeatureLog:
        """What the stream computed, as far as whole days are written."""
        return FeatureLog(self.place.home, self.settings.world)

    def replay(
        self,
        path: Path,
        source: str,
        *,
        stream: str | None = None,
        progress: Callable[[Progress], None] | None = None,
        tell: bool = False,
    ) -> ReplaySummary:
        """Send a file through every stage; raises SourceError where it cannot be read.

        Nobody is told of what it finds unless `tell` says so.
        """
        started = time.perf_counter()
        accounts, known = self._account(), {a.id for a in self._shown_risks()}
        intake = FileIntake(self.settings.world, self.settings.mappings[source], self.inbox, self.clock)
        with self.engine(tell=tell) as pipeline:
            ticks = pipeline.ticks
            saved = time.perf_counter()
            stretch = Stretch()
            every_s = _SNAPSHOT_EVERY_S

            def told(panel: Panel) -> None:
                if progress:
                    progress(stretch.at(panel.end_us, pipeline.ticks - ticks))

            pipeline.on_tick = told
            with closing(ahead(intake.read(path, stream))) as batches:
                for taken in batches:
                    stretch.take(taken.offset_bytes, taken.rows, taken.until_us)
                    pipeline.catch_up(taken.seq)
                    if time.perf_counter() - saved > every_s:
                        begun = time.perf_counter()
                        pipeline.snapshot()
                        saved = time.perf_counter()
                        every_s = max(_SNAPSHOT_EVERY_S, _SNAPSHOT_WORTH * (saved - begun))
            ticks = pipeline.ticks - ticks
        after = self._account()
        new = [a for a in self._shown_risks() if a.id not in known]
        return ReplaySummary(
            account={name: after[name] - accounts[name] for name in ACCOUNT},
            ticks=ticks,
            alerts={level.word: sum(a.peak_level is level for a in new) for level in Level},
            wall_s=time.perf_counter() - started,
            incomplete=intake.incomplete,
        )

    def take(self, source: str, sent: Sent) -> tuple[Receipt, bool]:
        """What a department sent, durable now, and whether it was already; the engine is woken for it.

        Raises KeyError for an unknown source, else as `SentIntake.take` does.
        """
        intake = self._intakes.get(source)
        if intake is None:
            mapping = self.settings.mappings[source]
            made = SentIntake(self.settings.world, mapping, self.inbox, self.receipts, self.clock)
            intake = self._intakes.setdefault(source, made)  # one, should two requests come at once
        taken = intake.take(sent, self.settings.ingest)
        self.woken.set()
        return taken

    def retake(self, source: str | None = None, reason: str | None = None, *, dry: bool = False) -> Retake:
        """Put rows in quarantine through their mappings as they are now, and take those that pass.

        `dry` writes nothing. Nobody is told of what rows of days long past change.
        """
        clock_us, world = self.clock_us(), self.settings.world
        recent = to_us(self.clock.now()) - clock_us < DAY_US
        apply = None if dry else partial(self.applied, tell=recent)
        retaking = Retaking(world, self.settings.mappings, self.inbox, self.database, self.clock)
        return retaking.run(source, reason, clock_us=clock_us, apply=apply)

    def clock_us(self) -> int:
        """The instant that the engine has reached; -1 before its first entry."""
        standing = self.alerts.standing()
        return standing.clock_us if standing else -1

    def backlog(self) -> int:
        """How many entries of the inbox wait for the engine."""
        standing = self.alerts.standing()
        return self.inbox.last() - (standing.position if standing else 0)

    def engine_runs(self) -> bool:
        """Whether a process holds the engine of this store."""
        return is_held(self.place.home / "engine.lock")

    def act(
        self,
        kind: ActionKind,
        alert_id: str,
        actor: str,
        *,
        verdict: Verdict | None = None,
        note: str = "",
        to: str = "",
        until_us: int | None = None,
    ) -> Alert:
        """Do something to an alert; raises StoreError or ActionRefused with the reason.

        `to` is whom or which area it is handed to, `until_us` when a shelf ends. The action is an
        entry of the inbox. A running engine applies it; else it is applied here.
        """
        alert = self.alerts.get(alert_id)
        if alert is None:
            raise StoreError(
                f"alert '{alert_id}' is not known, or its beginning fits several; list them first"
            )
        body = {
            "kind": str(kind),
            "alert": alert.id,
            "actor": f"{actor} (unverified)",
            "at_us": to_us(self.clock.now()),
            "verdict": verdict and str(verdict),
            "note": note,
            "to": to,
            "until_us": until_us,
        }
        self._try(alert, body)
        seq = self.inbox.append(EntryKind.ACTION, body)
        self.applied(seq)
        changed = self.alerts.get(alert.id)
        assert changed is not None  # noqa: S101 - alerts are never removed
        if changed.revision == alert.revision:
            raise ActionRefused(f"alert {alert.id} is {changed.state}; {kind} changes nothing")
        return changed

    def _try(self, alert: Alert, body: Mapping[str, Any]) -> None:
        """Say at once what is wrong with an action; the engine decides, on the alert as it stands then."""
        action = Action.read(body, alert.id, self._engine_us(int(body["at_us"])))
        act(alert, action, Terms(self.settings.world.tree, self.settings.desk, self.settings.release))

    def _engine_us(self, at_us: int) -> int:
        standing = self.alerts.standing()
        return counted_from(standing.clock_us if standing else -1, at_us)

    def order(self, kind: OrderKind, actor: str, *, why: str = "", **given: Any) -> None:
        """Give the desk an order; `alert/orders.py` says what each kind needs. Checked by its callers."""
        body = {
            "kind": str(kind),
            "actor": f"{actor} (unverified)",
            "at_us": to_us(self.clock.now()),
            "why": why,
            "given": given,
        }
        self.applied(self.inbox.append(EntryKind.ACTION, body))

    def open_by_hand(
        self,
        actor: str,
        area: str,
        signature: str,
        level: Level,
        *,
        what: str = "",
        mode: Mode = Mode.ACTUAL,
        drill: str = "",
    ) -> Alert:
        """Open an alert that the engine does not see; raises ActionRefused where its place is unknown."""
        at_us = to_us(self.clock.now())
        found = id_by_hand(self.settings.world, area, signature, at_us, what=what, mode=mode)
        if self.alerts.get(found) is not None:
            raise ActionRefused(f"alert {found} is opened already; nothing is opened twice", "twice")
        self.order(
            OrderKind.OPEN,
            actor,
            why=what,
            id=found,
            area=area,
            signature=signature,
            level=int(level),
            what=what,
            mode=str(mode),
            drill=drill,
        )
        opened = self.alerts.get(found)
        assert opened is not None  # noqa: S101 - the order was applied
        return opened

    def make_exercise(self, name: str) -> None:
        """Let every alert of an empty store be one of an exercise; raises StoreError for another store."""
        standing = self.alerts.standing()
        told = standing.feeds.get("drill", {}) if standing else {}
        if told.get("mode") == Mode.EXERCISE and told["name"] == name:
            return
        if self.inbox.last():
            raise StoreError(
                f"{self.place.home}: this store is not of exercise '{name}'; "
                "give a new one with --store DIR"
            )
        self.order(OrderKind.MODE, "replay", mode=str(Mode.EXERCISE), name=name)

    def handover(self, *, area: str | None = None, hours: float | None = None) -> Handover:
        """The sheet since the shift before this one began, or over so many hours."""
        standing, world = self.alerts.standing(), self.settings.world
        now_us = self._engine_us(to_us(self.clock.now()))
        since_us = (
            shift_start(now_us, self.settings.desk.shifts, world.timezone)
            if hours is None
            else now_us - round(hours * HOUR_US)
        )
        listed = Listing(self.database, areas=world.tree.below(area) if area else None)
        return sheet(listed.marked(since_us), listed.bodies, Span(since_us, now_us, standing))

    def applied(self, seq: int, *, tell: bool = True) -> None:
        """Wait for a running engine to apply an entry, or apply it here if none runs.

        Without `tell` nobody is told of what it changes here, as in a replay.
        """
        self.woken.set()
        deadline, pause_s = time.monotonic() + 10.0, _SHORTEST_WAIT_S
        while not self._has_applied(seq):
            try:
                with self.engine(tell=tell):
                    return
            except StoreError as error:
                if isinstance(error, StoreUnavailable):
                    raise
                if time.monotonic() > deadline and not self._has_applied(seq):
                    raise StoreError(
                        f"{self.place.home}: the running engine has not applied it within 10 s; "
                        "it is kept in the inbox and will be applied"
                    ) from None
                if self.alerts.reached(seq, pause_s):
                    return
                pause_s = min(2 * pause_s, _LONGEST_WAIT_S)

    def _has_applied(self, seq: int) -> bool:
        if self._engine_here and self.alerts.reached(seq, _A_SECOND_S):  # nothing is asked meanwhile
            return True
        standing = self.alerts.standing()
        return standing is not None and standing.position >= seq

    def _account(self) -> dict[str, int]:
        accounts = self.alerts.accounts().values()
        return {name: sum(a[name] for a in accounts) for name in ACCOUNT}

    def _shown_risks(self) -> list[Alert]:
        return self.alerts.find(everything=True, kind=AlertKind.RISK, shown_only=True)


def _known_sources(place: Place) -> list[str]:
    """The sources of a store, none of a new one."""
    database = open_database(place.url, place.home)
    known = Meta(database).get("sources")
    database.dispose()
    return list(json.loads(known)) if known else []
