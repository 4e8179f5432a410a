"""An opened store: what the CLI, the page and the API do to it, over one pipeline."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from riskwatch.alert.lifecycle import ActionKind, ActionRefused
from riskwatch.app import Pipeline
from riskwatch.core.alerts import Alert, AlertKind, Level, Verdict
from riskwatch.core.clock import Clock, to_us
from riskwatch.core.errors import StoreError
from riskwatch.core.panels import Panel
from riskwatch.ingest.ahead import ahead
from riskwatch.ingest.intake import FileIntake
from riskwatch.settings import Settings, load_settings
from riskwatch.store.alerts import ACCOUNT, AlertStore
from riskwatch.store.database import open_database
from riskwatch.store.inbox import EntryKind, Inbox
from riskwatch.store.meta import Meta
from riskwatch.store.snapshots import Snapshots
from riskwatch.workspace import enter_workspace

_SNAPSHOT_EVERY_S = 30.0
_SNAPSHOT_WORTH = 20.0  # and no oftener than this many times what one takes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store lies: the workspace's root, its own folder, and a database URL if not SQLite."""

    root: Path
    home: Path
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay is: bytes of the file, rows, ticks, and the instant the engine has reached."""

    offset_bytes: int
    rows: int
    ticks: int
    at_us: int


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What one replay did; the account adds up, `alerts` counts the new shown risk alerts by peak level."""

    account: Mapping[str, int]
    ticks: int
    alerts: Mapping[str, int]
    wall_s: float
    incomplete: str | None

    @property
    def events_per_s(self) -> float:
        """Rows read a second, all stages included."""
        return self.account["rows_read"] / self.wall_s if self.wall_s > 0 else 0.0


class Desk:
    """One store and the settings it runs on."""

    def __init__(self, place: Place, settings: Settings, clock: Clock) -> None:
        self.place, self.settings, self.clock = place, settings, clock
        database = open_database(place.url, place.home)
        self.inbox, self.alerts = Inbox(database), AlertStore(database)
        self._snapshots = Snapshots(database, place.home)
        self._meta = Meta(database)
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
        known = Meta(open_database(place.url, place.home)).get("sources")
        kept, coming = place.home / "configs", place.home / "configs.coming"
        wanted = list(dict.fromkeys([*(json.loads(known) if known else []), *sources]))
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
            for folder in (kept, overlay):
                if folder.is_dir():
                    shutil.copytree(folder, coming, dirs_exist_ok=True)
            desk = cls(place, load_settings(place.root, wanted, today=today, overlay=coming), clock)
            shutil.copytree(coming, kept, dirs_exist_ok=True)  # only now: a refused one leaves the old
        finally:
            shutil.rmtree(coming, ignore_errors=True)
        return desk

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

    @contextmanager
    def engine(self) -> Iterator[Pipeline]:
        """The pipeline, restored and up to date, held by this process alone; saved at the end."""
        with (self.place.home / "engine.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError(
                    f"{self.place.home}: another riskwatch runs on this store; "
                    "stop it, or use another store"
                ) from None
            pipeline = Pipeline(self.settings, self.inbox, self.alerts, self._snapshots)
            pipeline.restore()
            before = pipeline.position
            yield pipeline
            if pipeline.position > before:
                pipeline.snapshot()

    def replay(
        self,
        path: Path,
        source: str,
        *,
        stream: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> ReplaySummary:
        """Send a file through every stage; raises SourceError where it cannot be read."""
        started = time.perf_counter()
        accounts, known = self._account(), {a.id for a in self._shown_risks()}
        intake = FileIntake(self.settings.world, self.settings.mappings[source], self.inbox, self.clock)
        with self.engine() as pipeline:
            ticks = pipeline.ticks
            saved = time.perf_counter()
            done = rows = 0
            every_s = _SNAPSHOT_EVERY_S

            def told(panel: Panel) -> None:
                if progress:
                    progress(Progress(done, rows, pipeline.ticks - ticks, panel.end_us))

            pipeline.on_tick = told
            with closing(ahead(intake.read(path, stream))) as batches:
                for taken in batches:
                    done, rows = taken.offset_bytes, rows + taken.rows
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

    def act(
        self, kind: ActionKind, alert_id: str, actor: str, *, verdict: Verdict | None = None, note: str = ""
    ) -> Alert:
        """Acknowledge or close an alert; raises StoreError or ActionRefused with the reason.

        The action is an entry of the inbox. A running engine applies it; else it is applied here.
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
        }
        if kind is ActionKind.CLOSE and verdict is None:
            raise ActionRefused(
                f"alert {alert.id}: closing needs a verdict; give one of {', '.join(Verdict)}"
            )
        seq = self.inbox.append(EntryKind.ACTION, body)
        self._applied(seq)
        changed = self.alerts.get(alert.id)
        assert changed is not None  # noqa: S101 - alerts are never removed
        if changed.revision == alert.revision:
            raise ActionRefused(f"alert {alert.id} is {changed.state}; {kind} changes nothing")
        return changed

    def _applied(self, seq: int) -> None:
        """Wait for a running engine to apply an entry, or apply it here if none runs."""
        deadline = time.monotonic() + 10.0
        while True:
            try:
                with self.engine():
                    return
            except StoreError:
                standing = self.alerts.standing()
                if standing and standing.position >= seq:
                    return
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"{self.place.home}: the running engine has not applied the action within 10 s; "
                        "it is kept in the inbox and will be applied"
                    ) from None
                time.sleep(0.05)

    def _account(self) -> dict[str, int]:
        accounts = self.alerts.accounts().values()
        return {name: sum(a[name] for a in accounts) for name in ACCOUNT}

    def _shown_risks(self) -> list[Alert]:
        return self.alerts.find(everything=True, kind=AlertKind.RISK, shown_only=True)
