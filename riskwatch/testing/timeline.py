"""Timelines: what happens when, and what the desk must see by when, on a clock that nobody waits for.

    line = Timeline(tmp_path, areas=[...], signatures={"gastro": ["vomiting"]})
    line.quiet(days=30, per_day=1.0)
    line.at("2025-02-10 02:19").calls("vomiting", "T1", n=4, over_min=60)
    line.expect(level="orange", area="T1", by="2025-02-10 03:49")

Everything runs through the real desk and pipeline over a store in a folder of its own.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import yaml

from riskwatch.alert.actions import ActionKind, OrderKind
from riskwatch.core.alerts import Alert, AlertChange, Level, Reason, State, Verdict
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import DAY_US, MINUTE_US, MovableClock, from_us, iso, to_us
from riskwatch.core.indicators import DOMAINS
from riskwatch.desk import Desk, Place
from riskwatch.store.inbox import EntryKind
from riskwatch.testing.made import leaves
from riskwatch.workspace import find_workspace

SOURCE = "line"
LATENESS_MIN = 15
_COLUMNS = ("id", "source", "area", "code", "at")


class Timeline:
    """A small place with its feeds; every method that changes time or happenings returns itself.

    Instants are `YYYY-MM-DD HH:MM` in UTC. `feeds` says which source brings an indicator (else
    "desk"). The features, the bundle and the alert rules are those of the workspace.
    """

    def __init__(
        self,
        root: Path,
        areas: Sequence[Area],
        signatures: Mapping[str, Sequence[str]],
        *,
        feeds: Mapping[str, str] | None = None,
        start: str = "2025-01-06 00:00",
        seed: int = 0,
    ) -> None:
        self._root, self._areas, self._signatures = root, tuple(areas), dict(signatures)
        self._feeds, self._seed = dict(feeds or {}), seed
        self._now_us = self._drawn_us = self._cursor_us = _instant(start)
        self._rows: list[tuple[int, str, str, str]] = []  # instant, source, area, code; not sent yet
        self._silent: list[tuple[str, int, int]] = []
        self._per_day = 0.0
        self._sent = 0
        if not (root / "calls.csv").exists():
            self._write_configs()
        self._clock = MovableClock(from_us(self._now_us))
        self.desk = self._opened()

    # --- what happens ------------------------------------------------------------------------

    def quiet(self, *, days: float, per_day: float) -> Self:
        """Let days pass in which every indicator brings so many calls a day in every leaf, from here on."""
        self._per_day = per_day
        return self.pass_until(iso(self._now_us + round(days * DAY_US)))

    def at(self, instant: str) -> Self:
        """Where the next happenings begin; not before what has passed."""
        self._cursor_us = _instant(instant)
        if self._cursor_us < self._now_us:
            raise ValueError(f"{instant} has passed; the line stands at {iso(self._now_us)}")
        return self

    def calls(self, code: str, area: str, *, n: int, over_min: float = 0) -> Self:
        """So many calls, evenly spaced from the instant of `at`; the code need not be a known one."""
        step = round(over_min * MINUTE_US / max(n - 1, 1))
        source = self._feeds.get(code, "desk")
        self._rows += [(self._cursor_us + k * step, source, area, code) for k in range(n)]
        return self

    def silent(self, feed: str, *, hours: float) -> Self:
        """A source brings nothing for so many hours from the instant of `at`."""
        self._silent.append((feed, self._cursor_us, self._cursor_us + round(hours * 60 * MINUTE_US)))
        return self

    def arrive(self, rows: Sequence[tuple[str, str, str, str]]) -> Self:
        """Rows that come now, whenever they occurred: (instant, source, area, code)."""
        late = [(_instant(at), source, area, code) for at, source, area, code in rows]
        self._append(late)
        self.desk.replay(self._file, SOURCE)
        return self

    def pass_until(self, instant: str) -> Self:
        """Send all that happens before an instant, and let the clock reach it."""
        until_us = _instant(instant)
        if until_us <= self._now_us:
            return self
        self._draw(until_us)
        due = sorted(r for r in self._rows if r[0] <= until_us and not self._is_silent(r))
        self._rows = [r for r in self._rows if r[0] > until_us]
        self._clock.move(from_us(until_us) - from_us(self._now_us))
        self._now_us = self._cursor_us = until_us
        if due:
            self._append(due)
            self.desk.replay(self._file, SOURCE, tell=True)
        self.desk.inbox.append(EntryKind.CLOCK, {"at_us": until_us})
        with self.desk.engine():
            return self

    def acknowledge(self, alert: Alert) -> Alert:
        """What an operator does first."""
        return self.desk.act(ActionKind.ACK, alert.id, "tester")

    def close(self, alert: Alert, verdict: Verdict = Verdict.TRUE) -> Alert:
        """What an operator does last."""
        return self.desk.act(ActionKind.CLOSE, alert.id, "tester", verdict=verdict)

    def act(self, kind: ActionKind, alert: Alert, *, actor: str = "tester", **more: Any) -> Alert:
        """Anything else that is done to an alert, at the instant the line stands at."""
        return self.desk.act(kind, alert.id, actor, **more)

    def shelve(self, alert: Alert, *, until: str, reason: str = "known noise") -> Alert:
        """Put an alert aside until an instant."""
        return self.act(ActionKind.SHELVE, alert, note=reason, until_us=_instant(until))

    def hand(self, alert: Alert, to: str) -> Alert:
        """Hand an alert down or up the area tree."""
        return self.act(ActionKind.HAND, alert, to=to)

    def order(self, kind: OrderKind, *, why: str = "", **given: Any) -> Self:
        """Give the desk an order; `until` is an instant."""
        if "until" in given:
            given["until_us"] = _instant(given.pop("until"))
        self.desk.order(kind, "tester", why=why, **given)
        return self

    def suppress(
        self, area: str, signature: str | None, *, until: str, reason: str = "planned work"
    ) -> Self:
        """Declare a maintenance window that begins now."""
        given = {"window": f"rm-{area}", "area": area, "signature": signature, "until": until}
        return self.order(OrderKind.SUPPRESS, why=reason, **given)

    def opened_by_hand(self, area: str, signature: str, level: str, **more: Any) -> Alert:
        """An alert that a person opens now; `mode` and `drill` make it an exercise's or a test's."""
        return self.desk.open_by_hand("tester", area, signature, Level[level.upper()], **more)

    # --- what is expected --------------------------------------------------------------------

    def expect(
        self,
        *,
        by: str,
        area: str | None = None,
        level: str = "blue",
        kind: str = "risk",
        since: str | None = None,
        signature: str | None = None,
    ) -> Alert:
        """The shown alert that is at this level or graver by that instant; the first of them."""
        found = [
            a
            for a in self.alerts(by=by, since=since, kind=kind, area=area)
            if a.peak_level <= Level[level.upper()] and signature in (None, a.signature)
        ]
        where = f" in {area}" if area else ""
        assert found, f"no {kind} alert at {level}{where} by {by}; there are: {self._told()}"
        return found[0]

    def expect_none(
        self, *, by: str, area: str | None = None, kind: str = "risk", since: str | None = None
    ) -> Self:
        """No shown alert of that kind by that instant."""
        found = list(self.alerts(by=by, since=since, kind=kind, area=area))
        assert not found, f"unexpected by {by}: {_list(found)}"
        return self

    def expect_state(self, alert: Alert, state: State, *, by: str) -> Alert:
        """The alert as it stands at that instant."""
        self.pass_until(by)
        now = self.desk.alerts.get(alert.id)
        assert now is not None, f"alert {alert.id} is gone"
        assert now.state is state, f"alert {alert.id} is {now.state}, not {state}, at {by}"
        return now

    def alerts(
        self,
        *,
        by: str,
        since: str | None = None,
        kind: str | None = None,
        area: str | None = None,
        shown: bool = True,
    ) -> list[Alert]:
        """The alerts opened in a span, by opening; time is let pass to its end."""
        self.pass_until(by)
        first = _instant(since) if since else 0
        every = self.desk.alerts.find(everything=True, kind=kind, shown_only=shown)
        return [a for a in every if a.opened_at_us >= first and area in (None, a.area)]

    def changes(self, alert: Alert, *reasons: Reason, by: str | None = None) -> list[AlertChange]:
        """The rows of an alert's life with one of these reasons (none: all of them), oldest first."""
        if by is not None:
            self.pass_until(by)
        life = self.desk.alerts.changes(alert.id)
        return [c for c in life if not reasons or c.reason in reasons]

    def stands(self, alert: Alert, *, by: str | None = None) -> Alert:
        """The alert as it stands, or as it stands at that instant."""
        if by is not None:
            self.pass_until(by)
        now = self.desk.alerts.get(alert.id)
        assert now is not None, f"alert {alert.id} is gone"
        return now

    def config(self, file: str, document: dict[str, object]) -> Self:
        """Write one of the line's config files, and open the desk anew with it."""
        _write_yaml(self._root / "configs" / file, document)
        self.desk = self._opened()
        return self

    def calendar(self, **document: object) -> Self:
        """Give the place a calendar: `holidays`, `planned` and `maintenance` as its file has them."""
        self.config("calendar.yaml", document)
        return self.config(f"sources/{SOURCE}.yaml", _mapping_document() | {"calendar": "calendar.yaml"})

    def restart(self) -> Self:
        """Another life of the engine over the same store."""
        self.desk = self._opened()
        return self

    # --- the store ---------------------------------------------------------------------------

    def fork(self, root: Path) -> Timeline:
        """The same place and past in another folder, to go on from differently."""
        shutil.copytree(self._root, root)
        other = Timeline.__new__(Timeline)
        other.__dict__ |= self.__dict__
        other._root, other._rows, other._silent = root, list(self._rows), list(self._silent)
        other._clock = MovableClock(from_us(self._now_us))
        other.desk = other._opened()
        return other

    @property
    def _file(self) -> Path:
        return self._root / "calls.csv"

    def _opened(self) -> Desk:
        workspace = find_workspace({}, Path.cwd())
        place = Place(workspace, self._root / "store")
        return Desk.open(place, self._clock, sources=[SOURCE], overlay=self._root / "configs")

    def _is_silent(self, row: tuple[int, str, str, str]) -> bool:
        return any(row[1] == feed and start <= row[0] < end for feed, start, end in self._silent)

    def _draw(self, until_us: int) -> None:
        """The ordinary calls up to an instant: Poisson, day by day, each day from a seed of its own."""
        places = leaves(AreaTree(self._areas))
        known = [code for codes in self._signatures.values() for code in codes]
        while self._drawn_us < until_us:
            end_us = min((self._drawn_us // DAY_US + 1) * DAY_US, until_us)
            span = end_us - self._drawn_us
            draw = np.random.default_rng([self._seed, self._drawn_us // MINUTE_US])
            for area in places:
                for code in known:
                    n = draw.poisson(self._per_day * span / DAY_US)
                    instants = self._drawn_us + draw.integers(0, span, n) // 1_000_000 * 1_000_000
                    source = self._feeds.get(code, "desk")
                    self._rows += [(int(at), source, area, code) for at in instants]
            self._drawn_us = end_us

    def _append(self, rows: Iterable[tuple[int, str, str, str]]) -> None:
        with self._file.open("a", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            for at_us, source, area, code in rows:
                self._sent += 1
                lines.writerow([f"n{self._sent}", source, area, code, iso(at_us)])

    def _told(self) -> str:
        return _list(self.desk.alerts.find(everything=True)) or "none at all"

    def _write_configs(self) -> None:
        configs = self._root / "configs"
        for folder in ("sources", "areas", "indicators"):
            (configs / folder).mkdir(parents=True, exist_ok=True)
        with _csv(configs / "areas" / "line.csv") as lines:
            lines.writerow(["code", "name", "parent", "level", "population", "vulnerability"])
            for a in self._areas:
                people = "" if a.population is None else a.population
                lines.writerow([a.code, a.name, a.parent or "", a.level, people, a.vulnerability])
        _write_yaml(configs / "indicators" / "line.yaml", self._indicators_document())
        _write_yaml(configs / "sources" / f"{SOURCE}.yaml", _mapping_document())
        self._file.write_text(",".join(_COLUMNS) + "\n", encoding="utf-8")

    def _indicators_document(self) -> dict[str, object]:
        return {
            "signatures": {
                s: {"name": {"en": s}, "domain": DOMAINS[n % len(DOMAINS)], "owner": "duty desk"}
                for n, s in enumerate(self._signatures)
            },
            "indicators": {
                code: {
                    "name": {"en": code.replace("_", " ")},
                    "domain": DOMAINS[n % len(DOMAINS)],
                    "signature": s,
                    "harm": {"en": "people come to harm"},
                    "response": "medical",
                    "owner": "duty desk",
                    "expires": "2100-01-01",
                }
                for n, (s, codes) in enumerate(self._signatures.items())
                for code in codes
            },
        }


def _mapping_document() -> dict[str, object]:
    return {
        "source": SOURCE,
        "about": {"en": "a made line of calls"},
        "areas": "areas/line.csv",
        "indicators": "indicators/line.yaml",
        "timezone": "UTC",
        "lateness_min": LATENESS_MIN,
        "stream": "calls",
        "columns": {
            "id": {"column": "id", "kind": "id"},
            "source": {"column": "source", "kind": "code"},
            "area": {"column": "area", "kind": "area"},
            "indicator": {"column": "code", "kind": "code", "codes": "same"},
            "occurred_at": {"column": "at", "kind": "instant", "format": "iso"},
        },
    }


def _instant(text: str) -> int:
    return to_us(datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC))


def _list(alerts: Iterable[Alert]) -> str:
    return "; ".join(
        f"{a.kind} {a.area} {a.signature} {a.peak_level.word} {iso(a.opened_at_us)} {a.state}"
        f"{'' if a.shown else ' (not shown)'}"
        for a in alerts
    )


@contextmanager
def _csv(path: Path) -> Iterator[Any]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield csv.writer(file, lineterminator="\n")


def _write_yaml(path: Path, document: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
