"""Alerts and other values as canonical JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

import pytest

from riskwatch.core.alerts import Alert, AlertKind, Chart, Contribution, Level, LevelChange, State
from riskwatch.core.side_states import Duty, Step
from riskwatch.store import codec

ALERT = Alert(
    "rw-1",
    AlertKind.RISK,
    "铜仁",
    "flood",
    Level.BLUE,
    Level.RED,
    (LevelChange(5, Level.RED), LevelChange(9, Level.BLUE)),
    True,
    State.OPEN,
    0,
    0,
    likelihood=0.1 + 0.2,
    impact=1e-7,
    contributions=(Contribution("rain", 1.0, 4, 0.5, 1e-12, 1.0, 3.0),),
    chart=Chart(9, 3, (1, 2), (0.25, 1e22)),
    duty=Duty(Step.ACCEPT, 1, None),
    note='a "word"\n\x07',
)


def plain(value: Any) -> str:
    """What the standard encoder writes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=asdict)


def test_an_alert_is_written_as_the_standard_encoder_writes_its_fields() -> None:
    """Byte for byte, without planned events and neighbours where there are none; and it is read back."""
    text = codec.dump_alert(ALERT)
    held = {f.name: getattr(ALERT, f.name) for f in fields(ALERT) if f.name not in ("around", "planned")}
    assert text == plain(held)
    assert codec.load_alert(text) == ALERT


def test_an_interpreter_without_the_fast_encoder_writes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder that is made once is the standard one's own."""
    values = [{"b": [1, 2.5, None, True], "a": {"é": "\t\x1f"}}, ALERT.chart, "x", 3, 1e16, ALERT.duty]
    fast = [codec.canonical(v) for v in values]
    monkeypatch.setattr(json.encoder, "c_make_encoder", None)
    slow = codec._encoder()
    assert ["".join(slow(v, 0)) for v in values] == fast


def test_what_is_no_number_has_no_json() -> None:
    """NaN and infinity are refused, as is a value that is neither JSON nor a dataclass."""
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            codec.canonical([value])
    with pytest.raises(AttributeError):
        codec.canonical(object())
