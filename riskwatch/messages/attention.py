"""What the alert budget withholds, and where its ceilings stand, in one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskwatch.core.alerts import Level
from riskwatch.messages.names import Names

_LISTED = (Level.YELLOW, Level.BLUE)


def withheld_line(counts: Mapping[Level, int], words: Names) -> str:
    """How many alerts are withheld, by level; '' if there is none."""
    total = sum(counts.values())
    if not total:
        return ""
    told = [f"{n} {words.level(level)}" for level in _LISTED if (n := counts.get(level))]
    return words.catalogue.count("page.withheld", total, levels=words.catalogue.joined(told))


def rooms_line(accounts: Mapping[str, Mapping[str, Mapping[str, Any]]], words: Names) -> str:
    """What each account has taken of its ceilings this shift, and where its cut stands."""
    rooms = [
        _room(kind, word, room, words) for kind, told in accounts.items() for word, room in told.items()
    ]
    return words.text("page.withheld_hint", rooms=words.catalogue.joined(rooms)) if rooms else ""


def _room(kind: str, word: str, room: Mapping[str, Any], words: Names) -> str:
    told = words.text(
        "page.room_of" if kind else "page.room",
        level=words.level(Level[word.upper()]),
        n=room["shift"],
        most=room["shift_ceiling"],
        **({"kind": kind} if kind else {}),
    )
    return words.text("page.room_cut", room=told, cut=f"{room['cut']:.0%}") if room["cut"] else told
