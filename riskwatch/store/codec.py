"""Alerts as canonical JSON and back: sorted keys, no spaces, so that equal alerts are equal bytes."""

from __future__ import annotations

import json
import json.encoder
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from riskwatch.core.alerts import Alert, AlertKind, Chart, Contribution, Level, LevelChange, State, Verdict
from riskwatch.core.readings import Reading, ReadingChart
from riskwatch.core.side_states import (
    Duty,
    Flapping,
    Mode,
    Release,
    ReleaseState,
    Shelf,
    Step,
    Suppressed,
)


def canonical(value: Any) -> str:
    """The one JSON text of a value; frozen dataclasses are objects of their fields.

    >>> canonical({"b": 1, "a": [0.5, None]})
    '{"a":[0.5,null],"b":1}'
    """
    return "".join(_encode(value, 0))


def dump_alert(alert: Alert) -> str:
    """An alert as canonical JSON.

    Chart and contributions are most of it and outlive many changes, so their texts are kept while
    the same objects come again. What was planned, and who speaks with it, is left out where it is empty.
    """
    before, between, behind = (
        canonical({n: getattr(alert, n) for n in names if n not in _LEFT_OUT or getattr(alert, n)})
        for names in _BRIEF
    )
    return (
        f'{before[:-1]},"chart":{_kept(alert.chart)},{between[1:-1]},'
        f'"contributions":{_kept(alert.contributions)},{behind[1:]}'
    )


_LEFT_OUT = ("around", "planned")
_NAMES = sorted(f.name for f in fields(Alert))
_BRIEF = (
    [n for n in _NAMES if n < "chart"],
    [n for n in _NAMES if "chart" < n < "contributions"],
    [n for n in _NAMES if n > "contributions"],
)
_MOST_KEPT = 4096
_texts: dict[int, tuple[Any, str]] = {}
"""By the identity of a frozen value, which is held so that no other can take its place: its text."""


def _kept(value: Any) -> str:
    found = _texts.get(id(value))
    if found is None:
        if len(_texts) >= _MOST_KEPT:
            _texts.clear()
        found = _texts[id(value)] = (value, canonical(value))
    return found[1]


def _fields(value: Any) -> dict[str, Any]:
    """What the encoder asks for at a dataclass; `dataclasses.asdict` would copy every number."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _encoder() -> Callable[[Any, int], Iterable[str]]:
    """(value, 0) -> pieces of text; the standard encoder makes one like it for every value."""
    made: Any = json.JSONEncoder(
        sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_fields
    )
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # an interpreter without the C module
        return lambda value, _: (made.encode(value),)
    text = json.encoder.encode_basestring
    given = (None, made.default, text, None, made.key_separator, made.item_separator)
    encode: Callable[[Any, int], Iterable[str]] = make(*given, made.sort_keys, False, made.allow_nan)
    return encode


_encode = _encoder()


def listed_by(alert: Alert) -> dict[str, Any]:
    """What lists choose and order alerts by, beside what is the same at each of its changes."""
    return {
        "peak_level": int(alert.peak_level),
        "incident": alert.incident,
        "quiet": alert.quiet and str(alert.quiet),
        "withheld": alert.withheld,
        "expired": alert.expired_at_us is not None,
        "fresh_us": alert.updated_at_us if alert.rising else alert.opened_at_us,
        "overdue": alert.overdue,
        "drafted": alert.drafted,
        "closed_at_us": alert.closed_at_us,
    }


def load_alert(text: str) -> Alert:
    """The alert of its JSON."""
    raw = json.loads(text)
    chart = raw["chart"]
    raw |= {
        "kind": AlertKind(raw["kind"]),
        "state": State(raw["state"]),
        "level": Level(raw["level"]),
        "peak_level": Level(raw["peak_level"]),
        "levels": tuple(LevelChange(c["at_us"], Level(c["level"])) for c in raw["levels"]),
        "contributions": tuple(
            Reading(**c) if "value" in c else Contribution(**c) for c in raw["contributions"]
        ),
        "chart": chart
        and (ReadingChart if "indicator" in chart else Chart)(
            **chart | {name: tuple(chart[name]) for name in ("observed", "expected")}
        ),
        "judged": tuple(raw["judged"]),
        "feeds_missing": tuple(raw["feeds_missing"]),
        "verdict": None if raw["verdict"] is None else Verdict(raw["verdict"]),
        "model_versions": tuple((n, v) for n, v in raw["model_versions"]),
    } | _side_states(raw)
    return Alert(**raw)


def _side_states(raw: dict[str, Any]) -> dict[str, Any]:
    """What stands beside the state; an alert of an older store has none of it and takes the defaults."""
    made: dict[str, Any] = {}
    for name, build in (("shelved", Shelf), ("suppressed", Suppressed), ("flapping", Flapping)):
        if raw.get(name):
            made[name] = build(**raw[name])
    if raw.get("duty"):
        made["duty"] = Duty(**raw["duty"] | {"step": Step(raw["duty"]["step"])})
    if raw.get("release"):
        made["release"] = Release(**raw["release"] | {"state": ReleaseState(raw["release"]["state"])})
    made["planned"] = tuple(tuple((lang, name) for lang, name in one) for one in raw.get("planned", ()))
    made["around"] = tuple(raw.get("around", ()))
    if "mode" in raw:
        made["mode"] = Mode(raw["mode"])
    return made
