"""An alert with some of it changed; what every stage that changes one makes the next from."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from riskwatch.core.alerts import Alert

_SLOTS = {f.name: getattr(Alert, f.name) for f in fields(Alert)}
_READ_AND_WRITE = [(name, slot.__get__, slot.__set__) for name, slot in _SLOTS.items()]


def revised(alert: Alert, **changes: Any) -> Alert:
    """As `dataclasses.replace`, by the slots themselves: an alert has some forty, and changes often.

    Raises TypeError for a name that an alert does not have.
    """
    if not changes.keys() <= _SLOTS.keys():
        raise TypeError(f"an alert has no {', '.join(sorted(changes.keys() - _SLOTS.keys()))}")
    made: Alert = object.__new__(Alert)
    for name, read, write in _READ_AND_WRITE:
        write(made, changes[name] if name in changes else read(alert))
    return made
