"""What is looked through once an instant answers as if it were looked through for every alert."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from riskwatch.alert.desk_rules import FlappingRule, IncidentRule
from riskwatch.alert.flapping import Flaps
from riskwatch.alert.incidents import Incidents
from riskwatch.core.alerts import Alert, AlertKind, Level, State
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import HOUR_US

TREE = AreaTree(
    [
        Area("C", "County", None, "county"),
        Area("D", "District", "C", "district"),
        Area("E", "Elsewhere", "C", "district"),
        *(Area(f"{up}{n}", f"Town {up}{n}", up, "town") for up in "DE" for n in range(2)),
        Area("D00", "Village", "D0", "village"),
    ]
)
OPENINGS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(TREE.codes), st.sampled_from("xy")))


def opened(at_h: int, area: str, signature: str) -> Alert:
    at_us = at_h * HOUR_US // 2
    made = Alert(
        "", AlertKind.RISK, area, signature, Level.BLUE, Level.BLUE, (), True, State.OPEN, at_us, 0
    )
    return replace(made, id=f"rw-{at_us}-{area}-{signature}")


def near(one: str, other: str) -> bool:
    """Above, below, or a sibling."""
    up = TREE[one].parent
    related = one in TREE.line(other) or other in TREE.line(one)
    return related or (up is not None and up == TREE[other].parent)


@given(openings=OPENINGS, restart=st.integers(0, 20))
def test_an_alert_joins_the_oldest_incident_near_it_that_may_still_grow(
    openings: list[tuple[int, str, str]], restart: int
) -> None:
    """The same as asking each incident's every area, across a restart too."""
    rule = IncidentRule(window_h=3, longest_h=8)
    found = Incidents(TREE, rule)
    plain: list[tuple[list[Alert], str]] = []
    for n, (at_h, area, signature) in enumerate(sorted(openings, key=lambda o: o[0])):
        alert = opened(at_h, area, signature)
        if n == restart:
            again = Incidents(TREE, rule)
            again.load(found.state())
            found = again
        got = found.of(alert)
        for members, name in plain:
            first, last = members[0], members[-1]
            grows = (
                alert.opened_at_us - last.opened_at_us <= 3 * HOUR_US
                and alert.opened_at_us - first.opened_at_us <= 8 * HOUR_US
            )
            if grows and first.signature == signature and any(near(area, m.area) for m in members):
                members.append(alert)
                assert got == name
                break
        else:
            assert got not in {name for _, name in plain}
            plain.append(([alert], got))


@given(openings=OPENINGS, restart=st.integers(0, 20))
def test_what_opens_too_often_flaps_whatever_was_forgotten(
    openings: list[tuple[int, str, str]], restart: int
) -> None:
    """Only openings within the window count; the state is the same whether or not it was restarted."""
    rule = FlappingRule(times=2, within_h=4, hold_h=1)
    kept, restarted = Flaps(rule), Flaps(rule)
    times: dict[tuple[str, str], list[int]] = {}
    for n, (at_h, area, signature) in enumerate(sorted(openings, key=lambda o: o[0])):
        alert = opened(at_h, area, signature)
        mine = times.setdefault((area, signature), [])
        mine.append(alert.opened_at_us)
        lately = [t for t in mine if t > alert.opened_at_us - 4 * HOUR_US]
        if n == restart:
            state = restarted.state()
            restarted = Flaps(rule)
            restarted.load(state)
        assert (kept.opened(alert) is not None) == (len(lately) > 2)
        restarted.opened(alert)
        assert kept.state() == restarted.state()
