"""An alert with some of it changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from riskwatch.core.alerts import Alert, AlertKind, Level, State
from riskwatch.core.revised import revised

ALERT = Alert("rw-1", AlertKind.RISK, "A", "flood", Level.BLUE, Level.BLUE, (), True, State.OPEN, 0, 0)


def test_a_revision_is_what_replace_makes() -> None:
    """Each name that is given is changed, every other kept, and the alert before stays as it was."""
    changes = {"level": Level.RED, "note": "seen", "handler": None, "revision": 3, "planned": ((),)}
    assert revised(ALERT, **changes) == replace(ALERT, **changes)
    assert revised(ALERT) == ALERT
    assert (ALERT.level, ALERT.revision) == (Level.BLUE, 0)


def test_a_name_that_an_alert_does_not_have_is_refused() -> None:
    """A slip of the pen is an error, as it is of replace."""
    with pytest.raises(TypeError, match="has no holder, lvl"):
        revised(ALERT, lvl=1, holder="A", note="")
