"""Requests that are refused, each with what to tell the one who asked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from riskwatch.alert.actions import ActionKind, ActionRefused
from riskwatch.core.alerts import Alert, Level, State
from riskwatch.core.errors import RiskwatchError
from riskwatch.messages.names import Names


@dataclass(frozen=True, slots=True)
class Problem:
    """A status, a word for machines, what happened and what to do."""

    status: int
    word: str
    what: str
    fix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """Base of what a request can be refused for."""

    @abstractmethod
    def told(self, names: Names) -> Problem:
        """The problem in the words of a language."""


class UnknownAlert(Refusal):
    """No alert of the store has that id."""

    def __init__(self, alert_id: str) -> None:
        self.alert_id = alert_id
        super().__init__(alert_id)

    def told(self, names: Names) -> Problem:
        """404."""
        what = names.text("problem.unknown_alert", id=self.alert_id)
        return Problem(404, "unknown_alert", what, names.text("problem.unknown_alert_fix"))


class CrossSite(Refusal):
    """A change was asked for by another site."""

    def told(self, names: Names) -> Problem:
        """403."""
        return Problem(403, "cross_site", names.text("problem.cross_site"))


class BadInput(Refusal):
    """A form is not filled in as it must be; carries the message that says how."""

    def __init__(self, key: str, **fields: object) -> None:
        self.key, self.fields = key, fields
        super().__init__(key)

    def told(self, names: Names) -> Problem:
        """422."""
        return Problem(422, "bad_input", names.text(self.key, **self.fields))


class UnknownFilter(Refusal):
    """A filter names what does not exist; at most eight of those that do are told."""

    def __init__(self, name: str, value: str, known: tuple[str, ...]) -> None:
        self.name, self.value = name, value
        self.known = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
        super().__init__(f"{name} '{value}' is unknown; use one of {self.known}")

    def told(self, names: Names) -> Problem:
        """400."""
        label = names.text(f"table.{self.name}")
        what = names.text("problem.bad_filter", name=label, value=self.value, known=self.known)
        return Problem(400, "bad_filter", what)


class NotAllowed(Refusal):
    """The alert's state, or a rule of the desk, does not allow the action."""

    def __init__(self, error: ActionRefused, kind: ActionKind, alert: Alert) -> None:
        self.error, self.kind, self.alert = error, kind, alert
        super().__init__(str(error))

    def told(self, names: Names) -> Problem:
        """409."""
        what = refused_in_words(self.error, names, self.kind, self.alert.state)
        return Problem(409, "refused", what, names.text("problem.refused"))


def refused_in_words(
    error: ActionRefused, names: Names, kind: ActionKind | None = None, state: State | None = None
) -> str:
    """Why the desk refused, in the words of a language; `state` is the alert's where that is the reason."""
    if error.key != "state":
        return names.text(f"refused.{error.key}", **_named(error.fields, names))
    if state is None:
        return str(error)
    own = {ActionKind.ACK: "problem.refused_ack", ActionKind.CLOSE: "problem.refused_close"}
    key = own.get(kind, "problem.refused_state") if kind else "problem.refused_state"
    return names.text(key, state=names.text(f"state.{state}"))


def _named(fields: Mapping[str, object], names: Names) -> dict[str, object]:
    """Levels and areas by their names in the language."""
    named = dict(fields)
    if isinstance(level := named.get("level"), Level):
        named["level"] = names.level(level)
    for key in ("area", "holder"):
        if key in named:
            named[key] = names.area(str(named[key]))
    if "actor" in named:
        named["actor"] = names.actor(str(named["actor"]))
    return named
