"""Neither the order of arrival within the allowed lateness nor the cut of batches changes an alert."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from bounds import examples
from engine import (
    BASE_END_US,
    END_US,
    WORLD,
    Engine,
    base_rows,
    cut,
    delayed,
    last_day,
    random_delays,
    received,
)
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.alerts import Level
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.testing.made import MONDAY_US, Row, burst

Ready = Callable[[], Engine]


def test_last_day_opens_alerts_at_several_levels(undisturbed: Engine) -> None:
    """The stream that these properties are held on is strong enough to alert, to inhibit and to clear."""
    alerts = undisturbed.alerts.find(everything=True, kind="risk")
    assert len({a.peak_level for a in alerts}) >= 3
    assert any(a.inhibited_by for a in alerts)
    assert any(a.closed_at_us for a in alerts)
    assert {a.signature for a in alerts if a.peak_level <= Level.ORANGE} == {"s0", "s1"}


@given(seed=st.integers(0, 2**20), top_min=st.integers(0, 40))
@examples(10)
def test_any_order_within_the_lateness_gives_the_same_alerts(
    ready: Ready, undisturbed: Engine, seed: int, top_min: int
) -> None:
    """Rows that arrive late, but before their tick is decided, give the same features and alerts."""
    slow = ready()
    slow.send(delayed(last_day(), random_delays(seed, top_min * MINUTE_US)))
    slow.tick_to(END_US)
    assert slow.alerts.accounts() == undisturbed.alerts.accounts()
    assert slow.seen == undisturbed.seen
    assert slow.dump() == undisturbed.dump()


@given(at=st.lists(st.integers(0, len(last_day())), max_size=12))
@examples(10)
def test_cutting_a_stream_otherwise_changes_nothing(
    ready: Ready, undisturbed: Engine, at: list[int]
) -> None:
    """One batch or many: the same features, alerts, changes, account and state."""
    parts = ready()
    for batch in cut(last_day(), at):
        parts.send(batch)
    parts.tick_to(END_US)
    assert parts.seen == undisturbed.seen
    assert parts.life() == undisturbed.life()
    assert parts.alerts.accounts() == undisturbed.alerts.accounts()
    assert parts.state() == undisturbed.state()


def _of_two_sources() -> list[Row]:
    """Twelve days: s0 by one source; s1 by another that begins on the third day and ends on the ninth."""
    rows = []
    for key, _, area, indicator, occurred, known, value in base_rows():
        day = (occurred - MONDAY_US) / DAY_US
        if indicator.startswith("s0") and day < 12:
            rows.append((key, "steady", area, indicator, occurred, known, value))
        elif indicator.startswith("s1") and 2.4 <= day < 9:
            rows += [(key, "later", area, indicator, occurred, known, value)] * 2
    return received(rows)


def _lived(engine: Engine, batches: Sequence[Sequence[Row]]) -> Engine:
    for batch in batches:
        engine.send(batch)
    engine.tick_to(MONDAY_US + 12 * DAY_US)
    return engine


@pytest.fixture(scope="module")
def two_sources_at_once(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """What comes of the two sources in one batch."""
    engine = _lived(Engine(tmp_path_factory.mktemp("two") / "store"), [_of_two_sources()])
    notices = engine.alerts.find(everything=True, kind="data_health")
    assert "later" in [a.detail for a in notices]
    return engine


@given(at=st.lists(st.integers(0, len(_of_two_sources())), min_size=1, max_size=6))
@examples(5)
def test_source_that_begins_later_is_known_from_its_first_row(
    fresh: Ready, two_sources_at_once: Engine, at: list[int]
) -> None:
    """A source that a batch brings first in its middle has no past before that, however it was cut."""
    engine = _lived(fresh(), cut(_of_two_sources(), at))
    assert engine.life() == two_sources_at_once.life()
    assert engine.state() == two_sources_at_once.state()


def test_order_in_which_sources_first_speak_changes_no_alert(fresh: Ready) -> None:
    """Two sources that begin in the same tick and fall silent together are told of alike in any order."""
    start, end = MONDAY_US + 10, MONDAY_US + 8 * DAY_US

    def rows(first: str, second: str) -> list[Row]:
        opening = [(None, first, "A00", "s0_0", start, start, 1.0)]
        opening += [(None, second, "A00", "s0_0", start + 1, start + 1, 1.0)]
        daily = [(None, "ab"[r[3] > "s1"], *r[2:]) for r in base_rows() if start + HOUR_US < r[4] < end]
        late = burst(WORLD, area="A00", indicator="s0_0", start_us=end + 5 * DAY_US, n=12, over_h=1.0)
        return received([*opening, *daily, *((None, "c", *r[2:]) for r in late)])

    one, other = fresh(), fresh()
    one.send(rows("a", "b"))
    other.send(rows("b", "a"))
    for engine in (one, other):
        engine.tick_to(end + 6 * DAY_US)
    alerts = one.alerts.find(everything=True)
    assert {a.detail for a in alerts if a.kind == "data_health"} >= {"a", "b"}
    assert any(set(a.feeds_missing) == {"a", "b"} for a in alerts)
    assert other.life() == one.life()


def test_notice_of_a_new_code_knows_what_was_known_then(ready: Ready) -> None:
    """A schema notice is stamped with the feeds that were down when the code came, however it was cut."""
    first, later = BASE_END_US + 10 * MINUTE_US, BASE_END_US + 8 * DAY_US
    ordinary = [(None, "made", "A00", "s0_0", BASE_END_US, BASE_END_US, 1.0)]
    after = [(None, "made", "A00", "s0_0", later, later, 1.0)]
    codes = [["first_code", None, first], ["second_code", None, later]]
    whole, parts = ready(), ready()
    whole.send([*ordinary, *after], codes)
    parts.send(ordinary, codes[:1])
    parts.tick_to(later)
    parts.send(after, codes[1:])
    for engine in (whole, parts):
        engine.tick_to(later + HOUR_US)
    notices = parts.alerts.find(everything=True, kind="schema")
    assert [a.detail for a in notices] == ["second_code"]
    assert notices[0].feeds_missing == ("made",)
    assert whole.life() == parts.life()
