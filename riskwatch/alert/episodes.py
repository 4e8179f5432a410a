"""Episodes: an assessment opens, raises, holds, lowers and clears an alert, with hysteresis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from riskwatch.alert.rules import AlertRules
from riskwatch.alert.terms import ENGINE
from riskwatch.core.alerts import (
    Alert,
    AlertChange,
    AlertKind,
    Assessment,
    Chart,
    Level,
    LevelChange,
    Reason,
    State,
    alert_id,
)
from riskwatch.core.clock import HOUR_US
from riskwatch.core.revised import revised
from riskwatch.core.side_states import Mode

_MORE_EVIDENCE = 1.25  # a change is written when calls or likelihood grew by a quarter
_RISING_H = 3  # what has not grown for so long is no longer called rising
_KEEPS_EVIDENCE = (Reason.LEVEL_LOWERED, Reason.STEADIED)  # why it rose is still why

ChartOf = Callable[[Assessment], Chart]
Judged = Callable[[str], tuple[int, int]]
"""Of a signature's alerts, how many were right, of how many judged."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every change of a tick carries: instant, blind feeds, verdicts so far, versions, config."""

    at_us: int
    feeds_missing: tuple[str, ...]
    judged: Judged
    model_versions: tuple[tuple[str, str], ...]
    config_hash: str
    mode: Mode = Mode.ACTUAL
    drill: str = ""


@dataclass(slots=True)
class Episode:
    """An alert that has not cleared, since when it is below its level, and since when it is free.

    `calls` are those that were last told of, counted in the window that had most evidence then.
    """

    alert: Alert
    calls: int
    window: int = 0
    below_since_us: int | None = None
    free_since_us: int | None = None


class PlaceRules(Protocol):
    """The grading rules of each place."""

    def of(self, area: str, signature: str) -> AlertRules:
        """Those of an area's signature."""
        ...


class Episodes:
    """All open episodes by (area, signature); `step` is given every assessment of a tick."""

    def __init__(self, rules: PlaceRules) -> None:
        self._rules = rules
        self.open: dict[tuple[str, str], Episode] = {}

    def step(self, assessments: Iterable[Assessment], stamp: Stamp, chart_of: ChartOf) -> list[AlertChange]:
        """The changes this tick makes, in the order of the assessments."""
        changes = []
        for told in assessments:
            rules = self._rules.of(told.area, told.signature)
            assessed = self._in_its_own_voice(told, rules)
            episode = self.open.get((assessed.area, assessed.signature))
            change = (
                self._opened(assessed, rules, stamp, chart_of)
                if episode is None
                else self._carried_on(episode, assessed, rules, stamp, chart_of)
            )
            if change:
                changes.append(change)
        return changes

    def find(self, alert_id: str) -> Alert | None:
        """The open alert of that id."""
        return next((e.alert for e in self.open.values() if e.alert.id == alert_id), None)

    def burns(self, alert: Alert) -> bool:
        """Whether the evidence still holds the level of an open alert."""
        episode = self.open.get((alert.area, alert.signature))
        return episode is not None and episode.alert.id == alert.id and episode.below_since_us is None

    def adopt(self, alert: Alert) -> None:
        """Take over what an operator made of an alert."""
        episode = self.open.get((alert.area, alert.signature))
        if episode and episode.alert.id == alert.id:
            episode.alert = alert

    def _in_its_own_voice(self, assessed: Assessment, rules: AlertRules) -> Assessment:
        """Orange and red are never inhibited, unless the relative is shown and says as grave a thing."""
        if assessed.inhibited_by is None or assessed.calls < rules.min_calls:
            return assessed
        level = rules.grade(assessed.likelihood, assessed.impact)
        speaker = self.open.get((assessed.inhibited_by, assessed.signature))
        said = speaker.alert.level if speaker and speaker.alert.shown else None
        grave = level is not None and level <= Level.ORANGE
        if level is None or not grave or (said is not None and said <= level):
            return assessed
        return replace(assessed, inhibited_by=None)

    def _grade(self, assessed: Assessment, rules: AlertRules) -> Level | None:
        if assessed.calls < rules.min_calls:
            return None
        level = rules.grade(assessed.likelihood, assessed.impact)
        return self._spoken_for(level) if assessed.inhibited_by else level

    @staticmethod
    def _spoken_for(level: Level | None) -> Level | None:
        """An inhibited alert rests on a relative's calls: orange and red are that relative's to say."""
        return None if level is None else max(level, Level.YELLOW)

    def _held(self, assessed: Assessment, rules: AlertRules) -> Level | None:
        """The level that the lower, clearing threshold still supports."""
        likelihood = min(assessed.likelihood / rules.clear.factor, 1.0)
        level = rules.grade(likelihood, assessed.impact)
        return self._spoken_for(level) if assessed.inhibited_by else level

    def _opened(
        self, assessed: Assessment, rules: AlertRules, stamp: Stamp, chart_of: ChartOf
    ) -> AlertChange | None:
        level = self._grade(assessed, rules)
        if level is None:
            return None
        alert = Alert(
            id=alert_id(
                kind=AlertKind.RISK,
                area=assessed.area,
                signature=assessed.signature,
                opened_at_us=stamp.at_us,
                mode=stamp.mode,
            ),
            kind=AlertKind.RISK,
            area=assessed.area,
            signature=assessed.signature,
            level=level,
            peak_level=level,
            levels=(LevelChange(stamp.at_us, level),),
            shown=assessed.inhibited_by is None,
            state=State.OPEN,
            opened_at_us=stamp.at_us,
            updated_at_us=stamp.at_us,
            evidence_at_us=stamp.at_us,
            likelihood=assessed.likelihood,
            impact=assessed.impact,
            contributions=assessed.contributions,
            inhibited_by=assessed.inhibited_by,
            chart=chart_of(assessed),
            feeds_missing=stamp.feeds_missing,
            rising=True,
            judged=stamp.judged(assessed.signature),
            model_versions=stamp.model_versions,
            config_hash=stamp.config_hash,
            revision=1,
            mode=stamp.mode,
            drill=stamp.drill,
            around=assessed.around,
        )
        self.open[(assessed.area, assessed.signature)] = Episode(alert, assessed.calls, assessed.window)
        return AlertChange(alert, Reason.OPENED if alert.shown else Reason.INHIBITED, stamp.at_us, ENGINE)

    def _carried_on(
        self, episode: Episode, assessed: Assessment, rules: AlertRules, stamp: Stamp, chart_of: ChartOf
    ) -> AlertChange | None:
        alert = episode.alert
        now, held = self._grade(assessed, rules), self._held(assessed, rules)
        by = self._inhibitor(episode, assessed, now, rules, stamp.at_us)
        dwelt = self._dwelt(episode, held, rules, stamp.at_us)
        if held is None and dwelt:
            return self._cleared(episode, stamp)
        level = alert.level
        if now is not None and now < level and not by:
            level = now
        elif held is not None and held > level and dwelt:
            level = held
        reason = self._reason(alert, level, by, grew=self._grew(episode, assessed))
        grew_us = alert.updated_at_us if alert.evidence_at_us is None else alert.evidence_at_us
        if reason is None and alert.rising and stamp.at_us - grew_us >= _RISING_H * HOUR_US:
            reason = Reason.STEADIED
        if reason is None:
            return None
        return self._changed(episode, assessed, level, by, reason, stamp, chart_of)

    @staticmethod
    def _inhibitor(
        episode: Episode, assessed: Assessment, now: Level | None, rules: AlertRules, at_us: int
    ) -> str | None:
        """Who speaks for this alert: never for one shown at orange or red; released after a while alone."""
        alert = episode.alert
        if alert.inhibited_by is None:  # shown, or withheld: it has a voice of its own
            grave = alert.peak_level <= Level.ORANGE
            return None if grave else assessed.inhibited_by
        if assessed.inhibited_by:
            episode.free_since_us = None
            return assessed.inhibited_by
        if now is not None and now <= Level.ORANGE:
            return None  # too grave to wait until it was alone for a while
        if now is None:
            episode.free_since_us = None  # alone counts only while there is something to say
            return alert.inhibited_by
        if episode.free_since_us is None:
            episode.free_since_us = at_us
        alone = at_us - episode.free_since_us >= rules.release_h * HOUR_US
        return None if alone else alert.inhibited_by

    @staticmethod
    def _dwelt(episode: Episode, held: Level | None, rules: AlertRules, at_us: int) -> bool:
        """Whether the evidence stayed below the alert's level for the dwell."""
        if held is not None and held <= episode.alert.level:
            episode.below_since_us = None
            return False
        if episode.below_since_us is None:
            episode.below_since_us = at_us
        return at_us - episode.below_since_us >= rules.clear.dwell_h * HOUR_US

    @staticmethod
    def _grew(episode: Episode, assessed: Assessment) -> bool:
        """Whether there is a quarter more of what the last change told of, and it is worth as much.

        Calls are counted in the window that was told of: one that other calls make the strongest since
        is no growth. Nor are more calls where more are usual by now: then the likelihood falls.
        """
        told = episode.alert.likelihood
        if told is None or assessed.likelihood < told:
            return False
        calls = assessed.calls_in(episode.window)
        return calls >= _MORE_EVIDENCE * episode.calls or assessed.likelihood >= _MORE_EVIDENCE * told

    @staticmethod
    def _reason(alert: Alert, level: Level, by: str | None, *, grew: bool) -> Reason | None:
        if alert.state is State.CLOSED and level >= alert.level:
            return None  # closed by the desk: only a rise is news
        if by and alert.inhibited_by is None:
            return Reason.INHIBITED
        if not by and alert.inhibited_by is not None:
            return Reason.RELEASED
        if level < alert.level:
            return Reason.LEVEL_RAISED
        if level > alert.level:
            return Reason.LEVEL_LOWERED
        return Reason.EVIDENCE_GREW if grew else None

    @staticmethod
    def _changed(
        episode: Episode,
        assessed: Assessment,
        level: Level,
        by: str | None,
        reason: Reason,
        stamp: Stamp,
        chart_of: ChartOf,
    ) -> AlertChange:
        alert = episode.alert
        levels = alert.levels if level == alert.level else (*alert.levels, LevelChange(stamp.at_us, level))
        reopened = reason in (Reason.LEVEL_RAISED, Reason.RELEASED)
        if reason is not Reason.STEADIED:  # each level has a dwell of its own
            episode.below_since_us = None
        evidence: dict[str, Any] = {}
        if reason not in _KEEPS_EVIDENCE and assessed.contributions:
            evidence = {
                "evidence_at_us": stamp.at_us,
                "likelihood": assessed.likelihood,
                "impact": assessed.impact,
                "contributions": assessed.contributions,
                "chart": chart_of(assessed),
                "around": assessed.around,
            }
            episode.calls, episode.window = assessed.calls, assessed.window
        episode.alert = revised(
            alert,
            level=level,
            peak_level=min(alert.peak_level, level),
            levels=levels,
            shown=by is None and not alert.withheld,
            state=State.OPEN if reopened else alert.state,
            closed_at_us=None if reopened else alert.closed_at_us,
            verdict=None if reopened else alert.verdict,
            updated_at_us=stamp.at_us,
            inhibited_by=by,
            feeds_missing=stamp.feeds_missing,
            rising=reason in (Reason.LEVEL_RAISED, Reason.EVIDENCE_GREW),
            revision=alert.revision + 1,
            **evidence,
        )
        return AlertChange(episode.alert, reason, stamp.at_us, ENGINE, alert.state)

    def _cleared(self, episode: Episode, stamp: Stamp) -> AlertChange | None:
        alert = episode.alert
        del self.open[(alert.area, alert.signature)]
        if alert.state is State.CLOSED:
            return None
        cleared = revised(
            alert,
            state=State.RETURNED if alert.state is State.OPEN else State.RESOLVED,
            closed_at_us=stamp.at_us,
            updated_at_us=stamp.at_us,
            rising=False,
            revision=alert.revision + 1,
        )
        return AlertChange(cleared, Reason.CLEARED, stamp.at_us, ENGINE, alert.state)

    def state(self) -> list[dict[str, Any]]:
        """The open episodes; alerts stay objects, the store knows how to write them."""
        return [
            {
                "alert": e.alert,
                "calls": e.calls,
                "window": e.window,
                "below_since_us": e.below_since_us,
                "free_since_us": e.free_since_us,
            }
            for e in self.open.values()
        ]

    def load(self, state: Iterable[dict[str, Any]]) -> None:
        """Go on from a state."""
        self.open = {(s["alert"].area, s["alert"].signature): Episode(**s) for s in state}
