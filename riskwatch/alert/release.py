"""Publication to the outside: a draft, a second person who is not the drafter, a deputy, a time limit."""

from __future__ import annotations

from dataclasses import replace

from riskwatch.alert.actions import Action, ActionKind, ActionRefused
from riskwatch.alert.terms import Terms, changed
from riskwatch.core.alerts import Alert, AlertChange, Level, Reason
from riskwatch.core.clock import MINUTE_US, iso
from riskwatch.core.side_states import Release, ReleaseState

_UNVERIFIED = " (unverified)"


def draft(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """Ask for publication at the present level, by the area that holds it; approved where one is enough."""
    rules = terms.release
    admin_level = terms.tree[alert.holder].level
    if not rules.may_issue(admin_level, alert.level):
        raise ActionRefused(
            f"alert {alert.id}: a {admin_level} may not issue {alert.level.word} (release.yaml, levels); "
            "hand it up first",
            "may_not_issue",
            level=alert.level,
            admin=admin_level,
        )
    if alert.release and alert.release.state is ReleaseState.DRAFTED:
        raise ActionRefused(
            f"alert {alert.id} is drafted by {alert.release.drafted_by}; approve or reject that first",
            "drafted",
            actor=alert.release.drafted_by,
        )
    made = Release(ReleaseState.DRAFTED, int(alert.level), alert.holder, action.actor, action.now_us)
    if not rules.needs_second(alert.level):
        made = replace(
            made, state=ReleaseState.APPROVED, decided_by=action.actor, decided_at_us=action.now_us
        )
        return replace(alert, release=made), Reason.APPROVED
    due_us = action.now_us + round(rules.limit_min * MINUTE_US)
    return replace(alert, release=replace(made, due_us=due_us)), Reason.DRAFTED


def decide(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """Approve or reject a draft: never the drafter, the deputy only after a while, nobody too late."""
    made = alert.release
    if made is None or made.state is not ReleaseState.DRAFTED:
        raise ActionRefused(f"alert {alert.id} has no draft to decide; draft it first", "no_draft")
    if made.due_us is not None and action.now_us >= made.due_us:
        raise ActionRefused(
            f"alert {alert.id}: the draft lapsed at {iso(made.due_us)}; draft it again", "lapsed"
        )
    approved = action.kind is ActionKind.APPROVE
    if approved:
        _may_approve(alert, made, action, terms)
    state = ReleaseState.APPROVED if approved else ReleaseState.REJECTED
    done = replace(made, state=state, decided_by=action.actor, decided_at_us=action.now_us, why=action.note)
    return replace(alert, release=done), Reason.APPROVED if approved else Reason.REJECTED


def _may_approve(alert: Alert, made: Release, action: Action, terms: Terms) -> None:
    if _name(action.actor) == _name(made.drafted_by):
        raise ActionRefused(
            f"alert {alert.id} was drafted by {made.drafted_by}; a second person approves", "same_person"
        )
    if alert.level < made.level:
        raise ActionRefused(
            f"alert {alert.id} rose to {alert.level.word} since it was drafted; draft it again",
            "rose_since",
            level=alert.level,
        )
    people = terms.release.approvers_of(terms.tree.line(made.area))
    if people is None or _name(action.actor) == _name(people.first):
        return
    after_us = made.drafted_at_us + round(terms.release.deputy_after_min * MINUTE_US)
    if _name(action.actor) != _name(people.deputy):
        raise ActionRefused(
            f"alert {alert.id}: {people.first} approves for '{people.area}', or {people.deputy} as deputy "
            "(release.yaml, approvers)",
            "not_an_approver",
            first=people.first,
            deputy=people.deputy,
        )
    if action.now_us < after_us:
        raise ActionRefused(
            f"alert {alert.id}: {people.deputy} is the deputy of {people.first} and may approve from "
            f"{iso(after_us)} on",
            "deputy_too_early",
            first=people.first,
            deputy=people.deputy,
        )


def _name(actor: str) -> str:
    return actor.removesuffix(_UNVERIFIED).strip().casefold()


def lapsed(alert: Alert, at_us: int) -> AlertChange | None:
    """The change that says so, if nobody decided a draft in time."""
    made = alert.release
    if made is None or made.state is not ReleaseState.DRAFTED or made.due_us is None:
        return None
    if at_us < made.due_us:
        return None
    gone = replace(alert, release=replace(made, state=ReleaseState.LAPSED))
    return changed(alert, gone, Reason.LAPSED, at_us, why=Level(made.level).word)
