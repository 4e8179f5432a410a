"""What holds of every plan, whatever happens in whatever order, and whoever acts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from routing_line import Line, routes, world

from riskwatch.core.alerts import Level, State
from riskwatch.core.clock import HOUR_US, SECOND_US
from riskwatch.deliver.route_faults import world_faults
from riskwatch.deliver.routes import Routes
from riskwatch.deliver.verbs import burns, group_of

LEVELS = ("blue", "yellow", "orange", "red")
PAGERS = ("desk", "night", "duty", "chief")
GROUPED = st.sampled_from(["", "", "inc-1", "inc-2"])


def some(names: tuple[str, ...], least: int = 1) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=least, max_size=2, unique=True)


@st.composite
def matches(draw: st.DrawFn) -> dict[str, object]:
    """Any combination of what a route can ask for."""
    offered = {
        "areas": some(("COUNTY", "TOWN", "VILLAGE")),
        "signatures": some(("gas", "storm")),
        "level": st.sampled_from(LEVELS),
        "during": st.just("night"),
        "calendars": st.sampled_from(["weekend", "holidays"]),
    }
    return {key: draw(offered[key]) for key in draw(st.sets(st.sampled_from(sorted(offered)), max_size=2))}


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> list[dict[str, object]]:
    """Routes below a route; names are put on afterwards."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        route: dict[str, object] = {"match": draw(matches()), "continue": draw(st.booleans())}
        if draw(st.booleans()):
            route["receivers"] = draw(some(PAGERS)) + draw(some(("file", "hook")))
        if draw(st.booleans()):
            minutes = sorted(draw(st.sets(st.integers(1, 90), max_size=3)))
            route["steps"] = [{"after_min": m, "receivers": draw(some(PAGERS))} for m in minutes]
        if draw(st.integers(0, 9)) == 0:
            route["page"] = False
        if depth and draw(st.booleans()):
            route["routes"] = draw(trees(depth - 1))
        found.append(route)
    return found


def named(tree: list[dict[str, object]], prefix: str = "r") -> list[dict[str, object]]:
    """Give each route a name of its own."""
    return [
        {**r, "name": f"{prefix}{n}", "routes": named(r.get("routes", []), f"{prefix}{n}.")}  # type: ignore[arg-type]
        for n, r in enumerate(tree)
    ]


@st.composite
def made_routes(draw: st.DrawFn) -> Routes:
    """A whole file: the base's receivers and hours, any tree."""
    return routes(route={"routes": named(draw(trees())), "updates": draw(st.booleans())})


DOINGS = st.lists(
    st.tuples(
        st.sampled_from(
            ["open", "level", "ack", "clear", "close", "grow", "shelve", "unshelve", "hide", "show"]
        ),
        st.integers(0, 3),
        st.sampled_from(LEVELS),
        st.integers(0, 70),
        GROUPED,
    ),
    max_size=25,
)


def live(line: Line, doings: list[tuple[str, int, str, int, str]]) -> Line:
    """Let it all happen; what an alert's state does not allow is left out."""
    for what, n, level, minutes, incident in doings:
        line.pass_min(minutes)
        name = f"a{n}"
        alert = line.alerts.get(name)
        over = alert is not None and alert.state not in (State.OPEN, State.ACKNOWLEDGED)
        if what == "open" and alert is None:
            line.opens(name, level, incident=incident, area=("TOWN", "VILLAGE", "T1", "COUNTY")[n])
        elif alert is None or over:
            continue
        elif what == "level" and Level[level.upper()] != alert.level:
            line.level(name, level)
        elif what == "ack" and alert.state is State.OPEN:
            line.acked(name)
        elif what == "clear":
            line.clears(name)
        elif what == "close":
            line.turns(name, "closed", state=State.CLOSED)
        elif what == "grow":
            line.turns(name, "evidence_grew")
        elif what in ("shelve", "unshelve") and bool(alert.shelved) == (what == "unshelve"):
            line.turns(name, f"{what}d", shelved="" if alert.shelved else "1 h")
        elif what in ("hide", "show") and alert.shown == (what == "hide"):
            line.turns(name, "released" if what == "show" else "inhibited", shown=not alert.shown)
        holds_together(line)
    return line


def holds_together(line: Line) -> None:
    """No page waits for an alert that somebody has, that is over, silenced, or not grave."""
    for send in line.outbox.pending.values():
        if send.until_ack:
            alert = line.alerts[send.alert]
            assert burns(alert), (send, alert)
            assert send.key == group_of(alert)


@settings(max_examples=150)
@given(made_routes(), DOINGS, st.booleans())
def test_an_acknowledged_alert_never_has_a_pending_page(given_routes: Routes, doings, asked: bool) -> None:
    """Nor one that ended, is shelved, hidden, or below orange; ids are unique (the outbox asserts it)."""
    line = Line(given_routes)
    line.knows_told = asked
    live(line, doings)


@settings(max_examples=100)
@given(made_routes(), DOINGS)
def test_a_plan_is_a_function_of_what_it_is_given(given_routes: Routes, doings) -> None:
    """Lived twice, it is the same to the last id."""
    one, other = (live(Line(given_routes), doings) for _ in range(2))
    assert one.outbox == other.outbox


@settings(max_examples=60)
@given(
    made_routes(),
    st.sampled_from(["orange", "red"]),
    st.integers(0, 24 * 14),
    st.sampled_from(["TOWN", "T1"]),
)
def test_every_grave_alert_pages_someone_or_check_complains(
    given_routes: Routes, level: str, hours: int, area: str
) -> None:
    """Whatever the tree; and it is repeated until somebody acknowledges."""
    line = Line(given_routes, "2026-06-25 00:00").pass_min(hours * 60)
    line.opens("a", level, area=area, signature="storm").pass_min(3 * 24 * 60)
    complains = any(" pages nobody; " in str(f) for f in world_faults(given_routes, [world()]))
    assert line.told() or complains
    if not complains:
        assert any(s.repeat_s for s in line.outbox.pending.values())


@settings(max_examples=100)
@given(made_routes(), DOINGS)
def test_of_an_incident_one_chain_is_under_way(given_routes: Routes, doings) -> None:
    """However many of its alerts burn, the pages that wait are those of one."""
    line = live(Line(given_routes), doings)
    carriers: dict[str, set[str]] = {}
    for send in line.outbox.pending.values():
        if send.until_ack:
            carriers.setdefault(send.key, set()).add(send.alert)
    assert all(len(alerts) == 1 for alerts in carriers.values())


@settings(max_examples=100)
@given(made_routes(), st.integers(0, 24 * 14 * 4))
def test_steps_are_sent_in_order_at_elapsed_minutes(given_routes: Routes, quarters: int) -> None:
    """A later step is never due before an earlier one, and none before the alert."""
    line = Line(given_routes, "2026-10-25 00:00").pass_min(quarters * 15).opens("a", "red")
    sends = [s for s in [*line.outbox.pending.values(), *(s for _, s in line.outbox.sent)] if s.until_ack]
    first = [s for s in sends if s.reason != "repeated"]
    by_due = sorted(first, key=lambda s: s.due_us)
    assert [s.step for s in by_due] == sorted(s.step for s in first)
    assert all(0 <= s.due_us - line.now_us <= 24 * HOUR_US + SECOND_US for s in first)
