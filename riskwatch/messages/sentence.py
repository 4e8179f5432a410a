"""An alert as a duty officer reads it at three at night: place, level, what, since when, how unusual."""

from __future__ import annotations

from riskwatch.core.alerts import Alert, AlertKind, Contribution, Level, State
from riskwatch.core.readings import Reading
from riskwatch.core.side_states import Mode
from riskwatch.messages.catalogue import DEFAULT_LANG
from riskwatch.messages.names import Names
from riskwatch.messages.numbers import amount
from riskwatch.messages.readings import brought, told_by, usual_of

_WORTH_NAMING = 0.2
_MOST_NAMED = 3
_ENDED = (State.RETURNED, State.RESOLVED)


class Words(Names):
    """Sentences about the alerts of one store, in one language and its local time."""

    def sentence(self, alert: Alert) -> str:
        """The whole message."""
        area, level = self.place(alert), self.level(alert.level)
        lead = self.text("sentence.lead", area=area, level=level, what=self.what(alert))
        return self.text("sentence.gap").join((lead, *self.asides(alert)))

    def place(self, alert: Alert) -> str:
        """Where: its area, and how many around it if their calls are counted with it."""
        area, near = self.area(alert.area), len(alert.around)
        return self.catalogue.count("place.around", near, area=area) if near else area

    def around(self, alert: Alert) -> str:
        """The names of the areas around it whose calls are counted with it; empty if none are."""
        return self.catalogue.joined([self.area(code) for code in alert.around])

    def what(self, alert: Alert, on_us: int | None = None) -> str:
        """What happened, without place and level and with its full stop.

        Times of day stand without a date where they are of the local day of `on_us`, which is that
        of the alert's last change if it is not given: a page that is read later gives its own.
        """
        on = alert.updated_at_us if on_us is None else on_us
        if alert.kind is AlertKind.DATA_HEALTH:
            return self._untold(alert, on) if alert.signature == "delivery" else self._silence(alert, on)
        if alert.kind is AlertKind.SCHEMA:
            return self.text("sentence.schema", code=alert.detail)
        if alert.by_hand:
            return self.text("sentence.by_hand", what=alert.detail.rstrip(".。"))
        told = self._told(alert, on)
        return self.text("sentence.rising" if alert.rising else "sentence.steady", told=told)

    def asides(self, alert: Alert, on_us: int | None = None) -> tuple[str, ...]:
        """Short further sentences: who speaks for it, how such alerts did, what was blind, who owns it.

        `on_us` is as in `what`.
        """
        said = self._standing(alert, alert.updated_at_us if on_us is None else on_us)
        if alert.kind is not AlertKind.RISK:
            return tuple(said)
        if alert.inhibited_by:
            said.append(self.text("aside.inhibited", area=self.area(alert.inhibited_by)))
        elif not alert.shown:
            said.append(self.text("aside.withheld"))
        right, judged = alert.judged
        if judged:
            said.append(self.catalogue.count("aside.record", judged, right=right))
        if alert.feeds_missing:
            feeds = self.catalogue.joined([self.feed(f) for f in alert.feeds_missing])
            said.append(self.text("aside.missing", feeds=feeds))
        owner = self.owner(alert)
        if owner:
            said.append(self.text("aside.owner", owner=owner))
        return tuple(said)

    def _standing(self, alert: Alert, on_us: int) -> list[str]:
        """What stands beside its state, an exercise first; nothing of it where nothing is unusual."""
        said = []
        if alert.mode is not Mode.ACTUAL:
            said.append(self.text("aside.mode", mode=self.text(f"mode.{alert.mode}"), name=alert.drill))
        if alert.shelved:
            until = self.local.told(alert.shelved.until_us, on_us=on_us)
            said.append(self.text("aside.shelved", until=until, reason=alert.shelved.reason))
        if alert.suppressed:
            until = self.local.told(alert.suppressed.until_us, on_us=on_us)
            said.append(self.text("aside.suppressed", until=until, reason=alert.suppressed.reason))
        if alert.flapping:
            until = self.local.told(alert.flapping.until_us, on_us=on_us)
            said.append(self.text("aside.flapping", until=until, times=alert.flapping.times))
        if alert.duty and alert.duty.overdue_since_us is not None:
            since = self.local.told(alert.duty.overdue_since_us, on_us=on_us)
            said.append(self.text("aside.overdue", since=since, step=self.text(f"step.{alert.duty.step}")))
        if alert.holder != alert.area:
            said.append(self.text("aside.held_by", area=self.area(alert.holder)))
        if alert.handler and alert.closed_at_us is None:
            said.append(self.text("aside.handler", name=self.actor(alert.handler)))
        if alert.release:
            level, state = self.level(Level(alert.release.level)), alert.release.state
            said.append(self.text("aside.release", state=self.text(f"release.{state}"), level=level))
        return said

    def _told(self, alert: Alert, on_us: int) -> str:
        if not alert.contributions:
            return self.text("sentence.unexplained", what=self.signature(alert.signature))
        leading, *others = alert.contributions
        named = [c for c in others if c.share >= _WORTH_NAMING][: _MOST_NAMED - 1]
        when, normal = self._when(leading, on_us), self._usual(leading, alert)
        told = self.text(told_by(leading, self), count=brought(leading, self), when=when, usual=normal)
        if not named:
            return told
        more = self.catalogue.joined([brought(c, self) for c in named])
        return self.catalogue.count("sentence.more", len(named), told=told, more=more)

    def _usual(self, leading: Contribution, alert: Alert) -> str:
        """What was to be expected; what was planned is named, as it is in what was expected."""
        named = [dict(one) for one in alert.planned]
        names = [one.get(self.lang, one[DEFAULT_LANG]) for one in named]
        if not names or isinstance(leading, Reading):  # a plan has no factor for what is measured
            return usual_of(leading, self)
        planned, e = self.catalogue.joined(names), amount(leading.expected)
        return self.catalogue.count("usual.planned", len(names), names=planned, e=e)

    def _when(self, leading: Contribution, on_us: int) -> str:
        if leading.since_us is None:
            return self.catalogue.count("sentence.within", round(leading.window_h))
        return self.text("sentence.since", time=self.local.told(leading.since_us, on_us=on_us))

    def _untold(self, alert: Alert, on_us: int) -> str:
        """A receiver that a message did not reach."""
        since = self.local.told(alert.opened_at_us, on_us=on_us)
        if alert.state in _ENDED and alert.closed_at_us is not None:
            until = self.local.told(alert.closed_at_us, on_us=on_us)
            return self.text("sentence.reached_again", receiver=alert.detail, since=since, until=until)
        return self.text("sentence.unreached", receiver=alert.detail, since=since)

    def _silence(self, alert: Alert, on_us: int) -> str:
        since_us = alert.opened_at_us if alert.since_us is None else alert.since_us
        since = self.local.told(since_us, on_us=on_us)
        feed, stuck = self.feed(alert.detail), alert.signature == "stuck"
        if alert.state in _ENDED and alert.closed_at_us is not None:
            until = self.local.told(alert.closed_at_us, on_us=on_us)
            key = "reading.moves_again" if stuck else "sentence.spoke_again"
            return self.text(key, feed=feed, since=since, until=until)
        return self.text("reading.stuck" if stuck else "sentence.silent", feed=feed, since=since)
