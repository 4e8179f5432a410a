"""From a change of an alert to who is told: the planner that the pipeline asks and the outbox obeys.

A pure function of the changes, the routes and what the outbox holds; it keeps nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from riskwatch.core.alerts import Alert, AlertChange
from riskwatch.core.scores import World
from riskwatch.core.sends import Known, Planned, Send, SendReason, send_id
from riskwatch.deliver.routes import Routes
from riskwatch.deliver.routing import GRAVE, RouteTree, facts_of, ladder
from riskwatch.deliver.verbs import (
    HELD,
    OPENING,
    REASON,
    Verb,
    burns,
    group_of,
    stopped_by,
    verb_of,
)

_NOTHING = Known()


class RoutePlanner:
    """Plans by `configs/routes.yaml`, in the zone of the desk."""

    def __init__(self, routes: Routes, world: World) -> None:
        self._world = world
        self.tree = RouteTree(routes, world.timezone)

    def plan(self, change: AlertChange, pending: Sequence[Send]) -> Planned:
        """What to send for one change, given what is still unsent for the same alert."""
        return self.plan_all([change], pending)

    def plan_all(
        self, changes: Sequence[AlertChange], pending: Sequence[Send], known: Known = _NOTHING
    ) -> Planned:
        """What to send for all changes of an inbox entry, in their order.

        `pending` is what is unsent for these alerts and their incidents. Changes of one incident at
        one instant, for the same reason, are one message. What is added and cancelled within the
        entry is not told at all.
        """
        plan = _Plan(self.tree, self._world, pending, known)
        for moment in _moments(changes):
            plan.take(moment)
        return plan.planned()

    def reloaded(self, alerts: Sequence[Alert], pending: Sequence[Send], at_us: int) -> Planned:
        """What these routes do to sends that others planned.

        A chain under way goes on as it was planned. Sends to a receiver that is no longer there are
        cancelled, and the chain of an alert that has none left begins anew.
        """
        plan = _Plan(self.tree, self._world, pending, _NOTHING)
        plan.reload(alerts, at_us)
        return plan.planned()


def _moments(changes: Sequence[AlertChange]) -> Iterator[list[AlertChange]]:
    """Runs of changes at one instant, no alert twice in a run."""
    run: list[AlertChange] = []
    for change in changes:
        same = not run or change.at_us == run[0].at_us
        if not same or any(c.alert.id == change.alert.id for c in run):
            yield run
            run = []
        run.append(change)
    if run:
        yield run


class _Plan:
    """One planning: what is pending, what came to it, what went from it."""

    def __init__(self, tree: RouteTree, world: World, pending: Sequence[Send], known: Known) -> None:
        self._tree, self._world = tree, world
        self._before = {s.id for s in pending}
        self._pending: dict[str, Send] = {}
        self._pages: dict[str, dict[str, Send]] = defaultdict(dict)  # by alert, and by what it speaks for
        self._sent = {s.id for s in known.told or ()}
        self._heard: dict[str, list[Send]] | None = None if known.told is None else defaultdict(list)
        self._added: dict[str, Send] = {}
        self._cancelled: dict[str, str] = {}
        self._kin: dict[str, dict[str, Alert]] = defaultdict(dict)
        for alert in known.relatives:
            self._kin[group_of(alert)][alert.id] = alert
        for send in known.told or ():
            self._hear(send)
        for send in pending:
            self._keep(send)

    def planned(self) -> Planned:
        """Adds in the order they were planned, without those that a later change took back."""
        add = tuple(s for s in self._added.values() if s.id in self._pending)
        return Planned(add, tuple((i, why) for i, why in self._cancelled.items() if i in self._before))

    def take(self, moment: Sequence[AlertChange]) -> None:
        """The changes of one instant: first what stops, then what is told."""
        for change in moment:
            self._kin[group_of(change.alert)][change.alert.id] = change.alert
        groups: dict[tuple[str, Verb], list[AlertChange]] = {}
        for change in moment:
            self._stop(change)
            groups.setdefault((group_of(change.alert), verb_of(change)), []).append(change)
        for (_, verb), members in groups.items():
            lead = min(members, key=lambda c: _gravest_first(c.alert))
            if verb is Verb.ENDED:
                self._resolve(lead, members)
            elif verb is not Verb.SILENCED:
                self._inform(lead, verb)
                if verb in OPENING and lead.alert.level <= GRAVE:
                    self._page(lead, REASON[verb])

    # --- what stops --------------------------------------------------------------------------

    def _stop(self, change: AlertChange) -> None:
        """Cancel the pages of an alert that is silenced, seen, over, or no longer grave.

        Unless somebody has it, one of the same incident that still burns carries the chain on.
        """
        why = stopped_by(change)
        pages = list(self._pages[change.alert.id].values())
        if not why or not pages:
            return
        heir = None if str(change.alert.state) in HELD else self._heir(change.alert)
        for send in pages:
            self._cancel(send, f"{why}; {heir.id} carries the chain on" if heir else why)
            if heir is not None:
                self._add(_inherited(send, heir, change.alert))

    def _heir(self, alert: Alert) -> Alert | None:
        burning = [a for a in self._others(alert) if burns(a) and not self._speaks(a)]
        return min(burning, key=_gravest_first, default=None)

    def _others(self, alert: Alert) -> Iterator[Alert]:
        """The other alerts that one page speaks for."""
        return (a for a in self._kin[group_of(alert)].values() if a.id != alert.id)

    def _cancel(self, send: Send, why: str) -> None:
        self._pending.pop(send.id, None)
        for name in (send.alert, send.key):
            self._pages[name].pop(send.id, None)
        self._cancelled.setdefault(send.id, why)

    def _add(self, send: Send) -> None:
        self._added[send.id] = send
        self._keep(send)

    def _keep(self, send: Send) -> None:
        self._pending[send.id] = send
        if send.until_ack:
            self._pages[send.alert][send.id] = self._pages[send.key][send.id] = send
        if not send.until_ack or send.id in self._before:  # what is cancelled within the entry is not told
            self._hear(send)

    def _hear(self, send: Send) -> None:
        if self._heard is not None:
            for name in {send.alert, send.key}:
                self._heard[name].append(send)

    # --- who is told -------------------------------------------------------------------------

    def _inform(self, change: AlertChange, verb: Verb) -> None:
        """Tell those who do not page; of what was handed over or is overdue, those who do as well."""
        alert = change.alert
        desk = verb in (Verb.HANDED, Verb.OVERDUE)
        facts = facts_of(replace(alert, area=alert.holder) if desk else alert, self._world)
        rules = self._tree.match(facts, change.at_us)
        told: list[str] = []
        for rule in rules:
            if verb is not Verb.UPDATE or rule.updates:
                told += [n for n in rule.receivers if not self._tree.routes.pages(n)]
            if alert.level <= GRAVE and rule.page and desk:
                told += rule.steps[0 if verb is Verb.HANDED else min(1, len(rule.steps) - 1)][1]
        for name in dict.fromkeys(told):
            self._add(_send(alert, name, REASON[verb], change.at_us))

    def _page(self, change: AlertChange, reason: SendReason) -> None:
        """Begin a chain at step 0, unless its incident is paged, or held, at a level as grave."""
        alert, group = change.alert, group_of(change.alert)
        if any(a.level <= alert.level and self._speaks(a) for a in self._others(alert)):
            return
        for send in list((self._pages[alert.id] | self._pages[group]).values()):
            self._cancel(send, f"{alert.id} pages anew at {alert.level.word} ({reason})")
        self._climb(alert, reason, change.at_us)

    def _speaks(self, kin: Alert) -> bool:
        """Whether an alert's chain is under way, or somebody has it."""
        return bool(self._pages[kin.id]) or str(kin.state) in HELD

    def _climb(self, alert: Alert, first: SendReason, at_us: int, n: int = 0) -> None:
        for step, rung in enumerate(ladder(self._tree, facts_of(alert, self._world), at_us)):
            for name, repeat_s in rung.receivers:
                reason = SendReason.ESCALATED if step else first
                send = _send(alert, name, reason, rung.due_us, step=step, n=n)
                self._add(replace(send, until_ack=True, repeat_s=repeat_s))

    # --- what is over ------------------------------------------------------------------------

    def _resolve(self, lead: AlertChange, members: Sequence[AlertChange]) -> None:
        """Tell those who were told of any of them that it is over, each once."""
        told = [n for c in members for n in (self._due(c) if self._heard is None else self._known_to(c))]
        for name in dict.fromkeys(told):
            self._add(_send(lead.alert, name, SendReason.RESOLVED, lead.at_us))

    def _known_to(self, change: AlertChange) -> Iterator[str]:
        """Receivers that had a message of it, or of its incident, and none yet of its end.

        One whose message was due and is still tried counts: it learns of the end when it is up again.
        """
        alert, receivers = change.alert, self._tree.routes.receivers
        assert self._heard is not None  # noqa: S101 - asked only where the sends are known
        heard = {s.id: s for name in (alert.id, group_of(alert)) for s in self._heard[name]}
        own: dict[str, Send] = {}
        for send in sorted(heard.values(), key=lambda s: (s.revision, s.due_us)):
            known = receivers.get(send.receiver)
            tried = send.id in self._sent or send.due_us <= change.at_us
            if known and tried and (send.alert == alert.id or not known.pages):
                own[send.receiver] = send
        for name, last in own.items():
            if last.reason != SendReason.RESOLVED or last.alert != alert.id:
                yield name

    def _due(self, change: AlertChange) -> Iterator[str]:
        """Whom the routes would have told by now, had nobody acknowledged before."""
        alert, pages = change.alert, self._tree.routes.pages
        facts = facts_of(alert, self._world)
        for n, step in enumerate(alert.levels if alert.shown else ()):
            then = facts.graded(step.level)
            for rule in self._tree.match(then, step.at_us):
                yield from (r for r in rule.receivers if not pages(r))
            rose = n == 0 or step.level < alert.levels[n - 1].level
            until_us = alert.levels[n + 1].at_us if n + 1 < len(alert.levels) else change.at_us
            if rose and step.level <= GRAVE:
                for rung in ladder(self._tree, then, step.at_us):
                    yield from (name for name, _ in rung.receivers if rung.due_us <= until_us)

    # --- other routes ------------------------------------------------------------------------

    def reload(self, alerts: Sequence[Alert], at_us: int) -> None:
        """Cancel what goes to receivers that are gone; begin anew where nothing is left."""
        receivers = self._tree.routes.receivers
        gone = [s for s in self._pending.values() if s.receiver not in receivers]
        for send in gone:
            self._cancel(send, f"receiver '{send.receiver}' is no longer in routes.yaml")
        lost = {s.alert for s in gone if s.until_ack}
        lost -= {s.alert for s in self._pending.values() if s.until_ack}
        for alert in alerts:
            if alert.id in lost and burns(alert):
                self._climb(alert, SendReason.REPEATED, at_us, n=at_us)


def _gravest_first(alert: Alert) -> tuple[int, int, str]:
    return (alert.level, alert.opened_at_us, alert.id)


def _send(
    alert: Alert, receiver: str, reason: SendReason, due_us: int, *, step: int = 0, n: int = 0
) -> Send:
    """A message that is sent whatever happens; a page is made of it by `until_ack`."""
    made = send_id(
        alert=alert.id, revision=alert.revision, receiver=receiver, reason=reason, step=step, n=n
    )
    return Send(
        id=made,
        alert=alert.id,
        revision=alert.revision,
        area=alert.area,
        receiver=receiver,
        reason=reason,
        due_us=due_us,
        step=step,
        until_ack=False,
        key=group_of(alert),
    )


def _inherited(send: Send, heir: Alert, left: Alert) -> Send:
    """The same page of another alert of the incident; its id names both."""
    made = send_id(
        alert=f"{heir.id}<{left.id}",
        revision=left.revision,
        receiver=send.receiver,
        reason=send.reason,
        step=send.step,
    )
    return replace(send, id=made, alert=heir.id, revision=heir.revision, area=heir.area)
