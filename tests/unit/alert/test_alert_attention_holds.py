"""Whatever burns where and when: ceilings hold, orange and red are shown, and nothing is lost."""

from __future__ import annotations

from attended_desk import SHAPES, TOWNS, AttendedDesk
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.alerts import AlertChange, Level, Reason
from riskwatch.core.clock import MINUTE_US
from riskwatch.core.shifts import shift_at

Step = tuple[dict[str, float], int, bool]
STEPS = st.lists(
    st.tuples(
        st.dictionaries(
            st.sampled_from(TOWNS), st.sampled_from((0.0, 0.051, 0.08, 0.12, 0.3, 0.6)), max_size=12
        ),
        st.integers(1, 30),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def shown_now(rows: list[AlertChange]) -> list[AlertChange]:
    """The changes by which an alert was newly shown at blue or yellow."""
    seen: dict[str, bool] = {}
    found = []
    for row in rows:
        if row.alert.shown and not seen.get(row.alert.id) and row.alert.level > Level.ORANGE:
            found.append(row)
        seen[row.alert.id] = row.alert.shown
    return found


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_ceilings_hold_and_nothing_grave_is_withheld(
    steps: list[Step],
) -> None:
    """Per level, ten minutes and shift no more are shown; every alert has rows, grave ones are shown."""
    desk = AttendedDesk()
    for burning, ticks, again in steps:
        desk.tick(ticks, **burning)
        if again:
            desk.restart()
        grave = [a for a in desk.present.values() if a.level <= Level.ORANGE]
        assert all(a.shown for a in grave)
        for (town, _), episode in desk.episodes.open.items():
            assert desk.present[town] == episode.alert
            assert desk.cases.find(episode.alert.id) == episode.alert
    life: dict[str, int] = {}
    for row in desk.rows:
        assert row.alert.revision == life.get(row.alert.id, 0) + 1
        life[row.alert.id] = row.alert.revision
        assert row.alert.shown or row.alert.withheld
        assert (row.reason is Reason.WITHHELD) <= row.alert.withheld
    showings = shown_now(desk.rows)
    for last in showings:
        mine = [s for s in showings if s.alert.level is last.alert.level and s.at_us <= last.at_us]
        ceiling = SHAPES[last.alert.level.word]
        begin_us, _ = shift_at(last.at_us, ("08:00", "20:00"), "UTC")
        shift = {s.alert.incident for s in mine if s.at_us >= begin_us}
        ten_min = {s.alert.incident for s in mine if s.at_us > last.at_us - 10 * MINUTE_US}
        assert len(shift) <= ceiling["shift"]
        assert len(ten_min) <= ceiling["ten_min"]
