"""Notices about the data: a feed that went silent, a code that was never seen before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from riskwatch.alert.episodes import Stamp
from riskwatch.alert.rules import AlertRules, level_of
from riskwatch.alert.terms import ENGINE
from riskwatch.core.alerts import Alert, AlertChange, AlertKind, Level, LevelChange, Reason, State, alert_id
from riskwatch.core.clock import DAY_US

FEED, FORM, DELIVERY, STUCK = "feed", "form", "delivery", "stuck"
"""Signatures of notices: they are about a feed, a form, a receiver or a gauge, not about a harm."""


@dataclass(frozen=True, slots=True)
class Down:
    """A feed that is silent at a tick: a source, one indicator of the tree, or one gauge in an area.

    A gauge may be `stuck` instead: it shows what it showed before, and is not believed.
    """

    feed: str
    whole_source: bool
    since_us: int | None = None
    area: str | None = None
    stuck: bool = False
    announced: bool = False


class Notices:
    """Open notices by what they are about; they never inhibit, withhold or score anything."""

    def __init__(self, rules: AlertRules, area: str) -> None:
        self._rules, self._area = rules.notices, area
        self._feeds: dict[str, Alert] = {}
        self._codes: dict[str, Alert] = {}
        self._receivers: dict[str, Alert] = {}

    def feeds(self, down: Iterable[Down], stamp: Stamp) -> list[AlertChange]:
        """Open a notice for each feed that went silent or is stuck, end it when it speaks again.

        A silence that was announced opens none; one that was told of before it stays.
        """
        now = {d.feed: d for d in down}
        changes = []
        for name in [n for n, a in self._feeds.items() if n in now and now[n].stuck is not _is_stuck(a)]:
            changes += self._ended(self._feeds.pop(name), stamp.at_us)
        for name, found in now.items():
            word = self._rules.source_down if found.whole_source else self._rules.indicator_down
            level = level_of(word)
            if name not in self._feeds and level and not found.announced:
                signature = STUCK if found.stuck else FEED
                change = self._open(AlertKind.DATA_HEALTH, signature, name, level, stamp, found.area)
                changes.append(replace(change, alert=replace(change.alert, since_us=found.since_us)))
                self._feeds[name] = changes[-1].alert
        for name in [n for n in self._feeds if n not in now]:
            changes += self._ended(self._feeds.pop(name), stamp.at_us)
        return changes

    def new_code(self, code: str, stamp: Stamp) -> list[AlertChange]:
        """Open a notice for a code seen for the first time; a change of the form, not a risk."""
        level = level_of(self._rules.new_code)
        if code in self._codes or level is None:
            return []
        change = self._open(AlertKind.SCHEMA, FORM, code, level, stamp)
        self._codes[code] = change.alert
        return [change]

    def receiver(self, name: str, in_order: bool, stamp: Stamp) -> list[AlertChange]:
        """Open a notice for a receiver that a message did not reach; end it when one does again."""
        if in_order:
            found = self._receivers.pop(name, None)
            return [] if found is None else self._ended(found, stamp.at_us)
        level = level_of(self._rules.receiver_down)
        if name in self._receivers or level is None:
            return []
        change = self._open(AlertKind.DATA_HEALTH, DELIVERY, name, level, stamp)
        self._receivers[name] = change.alert
        return [change]

    def expire(self, at_us: int) -> list[AlertChange]:
        """End the notices of codes that are no longer new."""
        age_us = self._rules.new_code_days * DAY_US
        old = [c for c, alert in self._codes.items() if at_us - alert.opened_at_us >= age_us]
        return [change for code in old for change in self._ended(self._codes.pop(code), at_us)]

    def find(self, alert_id: str) -> Alert | None:
        """The open notice of that id."""
        held = (*self._feeds.values(), *self._codes.values(), *self._receivers.values())
        return next((a for a in held if a.id == alert_id), None)

    def adopt(self, alert: Alert) -> None:
        """Take over what an operator made of a notice."""
        held = {FEED: self._feeds, STUCK: self._feeds, FORM: self._codes, DELIVERY: self._receivers}[
            alert.signature
        ]
        if alert.detail in held and held[alert.detail].id == alert.id:
            held[alert.detail] = alert

    def _open(
        self,
        kind: AlertKind,
        signature: str,
        detail: str,
        level: Level,
        stamp: Stamp,
        area: str | None = None,
    ) -> AlertChange:
        area = area or self._area
        alert = Alert(
            id=alert_id(
                kind=kind,
                area=area,
                signature=signature,
                opened_at_us=stamp.at_us,
                detail=detail,
                mode=stamp.mode,
            ),
            kind=kind,
            area=area,
            signature=signature,
            level=level,
            peak_level=level,
            levels=(LevelChange(stamp.at_us, level),),
            shown=True,
            state=State.OPEN,
            opened_at_us=stamp.at_us,
            updated_at_us=stamp.at_us,
            detail=detail,
            feeds_missing=stamp.feeds_missing,
            model_versions=stamp.model_versions,
            config_hash=stamp.config_hash,
            revision=1,
            mode=stamp.mode,
            drill=stamp.drill,
        )
        return AlertChange(alert, Reason.OPENED, stamp.at_us, ENGINE)

    @staticmethod
    def _ended(alert: Alert, at_us: int) -> list[AlertChange]:
        if alert.state is State.CLOSED:
            return []
        state = State.RETURNED if alert.state is State.OPEN else State.RESOLVED
        ended = replace(
            alert, state=state, closed_at_us=at_us, updated_at_us=at_us, revision=alert.revision + 1
        )
        return [AlertChange(ended, Reason.CLEARED, at_us, ENGINE, alert.state)]

    def state(self) -> dict[str, list[Any]]:
        """The open notices; alerts stay objects, the store knows how to write them."""
        return {
            "feeds": list(self._feeds.values()),
            "codes": list(self._codes.values()),
            "receivers": list(self._receivers.values()),
        }

    def load(self, state: dict[str, list[Any]]) -> None:
        """Go on from a state."""
        self._feeds = {a.detail: a for a in state["feeds"]}
        self._codes = {a.detail: a for a in state["codes"]}
        self._receivers = {a.detail: a for a in state.get("receivers", ())}


def _is_stuck(alert: Alert) -> bool:
    return alert.signature == STUCK
