"""A retake is as if the mapping had been right from the start, as far as lateness allows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bounds import examples
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))  # the town that is made there

from retake_town import DAYS, START, Call, account, calls, configs, opened, written

from riskwatch.core.alerts import AlertKind
from riskwatch.core.clock import DAY_US
from riskwatch.desk import Desk
from riskwatch.store.codec import dump_alert
from riskwatch.store.inbox import EntryKind

LATENESS_MIN = 1440
CUT = START + timedelta(days=DAYS, hours=-23)  # nothing behind it is decided when the file ends
LAST = [c for c in calls() if c.at >= CUT]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store that has read all but the last day, with the wrong mapping."""
    folder = tmp_path_factory.mktemp("quiet")
    overlay = configs(folder / "wrong", mended=False, lateness_min=LATENESS_MIN)
    desk = opened(folder / "home", overlay=overlay)
    desk.replay(written(folder / "quiet.csv", [c for c in calls() if c.at < CUT]), "town", stream="quiet")
    return folder / "home"


faults = st.lists(st.sampled_from(["", "", "iso", "code", "twice"]), min_size=len(LAST), max_size=len(LAST))


def _rows(drawn: Sequence[str]) -> list[Call]:
    """The last day with these faults; some rows are told twice, once as the wrong mapping reads them."""
    rows = []
    for call, fault in zip(LAST, drawn, strict=True):
        rows.append(
            replace(call, iso=fault in ("iso", "twice"), coded=fault == "code" and call.title == "FEVER")
        )
        if fault == "twice":
            rows.append(call)
    return rows


def _risks(desk: Desk) -> list[str]:
    """Every alert about the town once all its ticks are decided, whatever configs stood when it opened."""
    desk.applied(desk.inbox.append(EntryKind.CLOCK, {"at_us": desk.clock_us() + 3 * DAY_US}))
    found = [a for a in desk.alerts.find(everything=True) if a.kind is AlertKind.RISK]
    return [dump_alert(replace(a, config_hash="")) for a in found]


@given(drawn=faults, by_reason=st.booleans())
@examples(5)
def test_a_retake_is_as_if_the_mapping_had_been_right(
    quiet: Path, tmp_path_factory: pytest.TempPathFactory, drawn: list[str], by_reason: bool
) -> None:
    """The same alerts to the byte, the same account, and nothing is left for a second retake."""
    folder = tmp_path_factory.mktemp("example")
    file = written(folder / "last.csv", _rows(drawn))
    right = configs(folder / "right", mended=True, lateness_min=LATENESS_MIN)

    desk = opened(Path(shutil.copytree(quiet, folder / "retaken")))
    desk.replay(file, "town")
    before = account(desk)
    desk = opened(desk.place.home, overlay=right)
    if by_reason:
        desk.retake(reason="unknown_code")
    desk.retake()
    assert account(desk)["rows_read"] == before["rows_read"]
    entries = desk.inbox.last()
    assert (desk.retake().rows, desk.inbox.last()) == (0, entries)

    straight = opened(Path(shutil.copytree(quiet, folder / "straight")), overlay=right)
    straight.replay(file, "town")
    assert account(desk) == account(straight)
    assert account(desk)["quarantined"] == account(desk)["late"] == 0
    found = _risks(desk)
    assert found == _risks(straight)
    assert found
