"""No look-ahead, in two times: what is received after an instant changes nothing as of that instant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bounds import examples
from engine import BASE_END_US, END_US, WORLD, Engine, base_rows, cut, decided, last_day, received
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.testing.made import Row, leaves

Ready = Callable[[], Engine]

AREAS, INDICATORS = leaves(WORLD.tree), WORLD.registry.ids

added_rows = st.lists(
    st.tuples(
        st.sampled_from(["made", "new_source"]),
        st.sampled_from(WORLD.tree.codes),
        st.sampled_from(INDICATORS),
        st.integers(0, DAY_US),  # received so long after the instant
        st.integers(0, 3 * DAY_US),  # and occurred so long before that
        st.integers(1, 30),
    ),
    max_size=12,
)


@st.composite
def perturbed(draw: st.DrawFn) -> tuple[int, list[Row], list[int]]:
    """An instant, the stream with another future, and how it is cut."""
    rows = last_day()
    t = BASE_END_US + draw(st.integers(0, DAY_US))
    if draw(st.booleans()):  # on the edge of a decision instant
        t = WORLD.grid.decided_at(WORLD.grid.tick_of(t)) - draw(st.integers(0, 1))
    kept = [r for r in rows if r[5] <= t]
    future = [r for r in rows if r[5] > t and draw(st.booleans())]
    changed = []
    for key, source, area, indicator, occurred, known, value in future:
        back = draw(st.sampled_from([0, 0, MINUTE_US, HOUR_US, DAY_US, 10 * DAY_US]))
        where = draw(st.sampled_from([area, *AREAS]))
        what = draw(st.sampled_from([indicator, *INDICATORS]))
        changed.append((key, source, where, what, occurred - back, known, value))
    for n, (source, area, indicator, after, before, value) in enumerate(draw(added_rows)):
        known = t + 1 + after
        changed.append((f"x{n}", source, area, indicator, known - before, known, float(value)))
    if kept and draw(st.booleans()):  # an old id comes once more, as news
        key, source, area, indicator, occurred, _, value = kept[-1]
        changed.append((key, source, area, indicator, occurred, t + 1, 50.0))
    stream = [*kept, *received(changed)]
    return t, stream, draw(st.lists(st.integers(0, len(stream)), max_size=3))


@given(case=perturbed())
@examples(25)
def test_what_is_received_later_changes_nothing_before(
    ready: Ready, undisturbed: Engine, case: tuple[int, list[Row], list[int]]
) -> None:
    """Dropped, changed, added, backdated and repeated rows leave features, scores and alerts as of t."""
    t, stream, at = case
    other = ready()
    _send(other, cut(stream, at))
    other.tick_to(END_US + DAY_US)
    assert decided(other.seen.features, t) == decided(undisturbed.seen.features, t)
    assert decided(other.seen.likelihoods, t) == decided(undisturbed.seen.likelihoods, t)
    assert other.life(t) == undisturbed.life(t)


def _send(engine: Engine, batches: Sequence[Sequence[Row]]) -> None:
    for batch in batches:
        engine.send(batch)


def test_rows_of_a_new_source_leave_the_past_of_the_feeds(fresh: Ready) -> None:
    """A source first heard of after t changes no notice about a feed before t, in the same batch too."""
    t = BASE_END_US - 2 * DAY_US
    past = [r for r in base_rows() if r[5] <= t - 6 * DAY_US]  # then the source falls silent
    news = [(None, "made", "A00", "s0_0", t + DAY_US, t + DAY_US, 1.0)]
    more = [(None, "other", "A00", "s0_0", t + DAY_US + n, t + DAY_US + n, 5.0) for n in range(3)]
    one, other = fresh(), fresh()
    one.send([*past, *news])
    other.send([*past, *received([*news, *more])])
    assert any(a.kind == "data_health" for a in one.alerts.find(everything=True))
    assert other.life(t) == one.life(t)
    assert decided(other.seen.features, t) == decided(one.seen.features, t)
