"""Which alerts fit which happenings, and what a group is counted for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_county import alert, happening, outside, registry, tree

from riskwatch.audit.counts import count_table, gate_evidence
from riskwatch.audit.matching import Places, match
from riskwatch.core.alerts import Verdict
from riskwatch.core.clock import DAY_US

PLACES = Places(tree(), "settlement")


def hits(alerts, *happenings, **given):
    return match(alerts, outside(*happenings, **given), PLACES, registry()).hits


@pytest.mark.parametrize(
    ("told", "hours"),
    [
        (alert("H0", 103), 3),
        (alert("H", 103), 3),  # above it
        (alert("C", 100), 0),
        (alert("H0", 115.5), 15.5),  # within the grace
        (alert("H0", 20, rises_h=104), 4),  # was open before, and rose
        (alert("H1", 103), None),
        (alert("U", 103), None),
        (alert("H0", 99), None),  # before it began
        (alert("H0", 117), None),
        (alert("H0", 103, signature="flood"), None),
    ],
)
def test_an_alert_detects_a_happening_on_its_line_and_in_its_time(told, hours):
    """Same signature, same line of the tree, between its start and the grace after its end."""
    (hit,) = hits([told], happening("H0", 100))
    assert (hit.detected, hit.hours) == ((True, hours) if hours is not None else (False, 16))


def test_the_first_of_several_alerts_counts():
    """Later ones take nothing away."""
    (hit,) = hits([alert("H", 108), alert("H0", 104)], happening("H0", 100))
    assert hit.hours == 4


def test_a_happening_over_two_groups_counts_in_each_for_what_was_told_there():
    """An alert in the rural village says nothing to the urban one."""
    found = {h.group: h.detected for h in hits([alert("M0", 101)], happening("M", 100))}
    assert found == {"rural": True, "urban": False}


def test_a_hidden_alert_or_one_of_a_feed_is_no_alert():
    """Only what the desk was shown counts."""
    from dataclasses import replace

    from riskwatch.core.alerts import AlertKind

    seen = alert("H0", 101)
    for hidden in (replace(seen, shown=False), replace(seen, kind=AlertKind.DATA_HEALTH)):
        assert not hits([hidden], happening("H0", 100))[0].detected


def calls(alerts, *happenings, **given):
    return [c.right for c in match(alerts, outside(*happenings, **given), PLACES, registry()).calls]


def test_an_alert_without_a_happening_is_false_only_where_the_truth_is_complete():
    """A register may have missed it; then the desk's verdict decides, or nobody can say."""
    assert calls([alert("H0", 5)]) == [False]
    assert calls([alert("H0", 5)], complete=False) == [None]
    assert calls([alert("H0", 5, verdict=Verdict.FALSE)], complete=False) == [False]
    assert calls([alert("H0", 5, verdict=Verdict.TRUE)]) == [True]
    assert calls([alert("H0", 101)], happening("H0", 100), complete=False) == [True]


def test_alerts_outside_the_judged_area_days_are_left_aside():
    """An audit sample says nothing about what it did not look at; exposure is what was judged."""
    judged = frozenset({("H0", 0), ("H1", DAY_US)})
    found = match(
        [alert("H0", 5), alert("H0", 30), alert("H1", 30)], outside(judged=judged), PLACES, registry()
    )
    assert [c.alert for c in found.calls] == ["rw-H0-gastro-5", "rw-H1-gastro-30"]
    rural = found.exposure["rural"]
    assert rural.areas * rural.months == pytest.approx(2 / (365.25 / 12))
    assert found.exposure["urban"].months == 0


def test_exposure_is_the_leaves_of_a_group_and_the_months_of_the_span():
    """Seven villages each, a thousand people in each."""
    found = PLACES.exposure(365.25)
    assert {g: (e.areas, e.people, e.months) for g, e in found.items()} == {
        "rural": (7, 7000, 12.0),
        "urban": (7, 7000, 12.0),
    }


def test_the_count_table_adds_up_to_the_rows():
    """Nothing is lost between rows and table; weeks without anything are blocks too."""
    alerts = [alert("H0", 103), alert("U0", 500), alert("U1", 900)]
    truth = outside(happening("H0", 100), happening("U0", 499), happening("H1", 900))
    table = gate_evidence(alerts, truth, tree(), registry(), group_key="settlement")
    assert table.groups == ("rural", "urban")
    assert len(table.blocks) == 10
    assert table.incidents.sum(axis=1).tolist() == [2, 1]
    assert table.detected.sum(axis=1).tolist() == [1, 1]
    assert table.alerts.sum(axis=1).tolist() == [1, 2]
    assert table.false_alerts.sum(axis=1).tolist() == [0, 1]
    assert table.area_months.sum() == pytest.approx(14 * 70 / (365.25 / 12))
    assert table.person_months.sum() == pytest.approx(1000 * table.area_months.sum())


def test_an_area_of_another_tree_is_no_alert_of_this_one():
    """A store that lost an area still is audited on the others."""
    found = match([alert("X9", 5)], outside(), PLACES, registry())
    assert count_table(found).alerts.sum() == 0


def test_an_alert_detects_what_happened_at_a_neighbour_whose_calls_it_counts():
    """Without it in `around`, a happening next door is missed."""
    told = alert("H0", 103)
    assert [h.detected for h in hits([told], happening("H1", 100))] == [False]
    assert [h.detected for h in hits([replace(told, around=("H1",))], happening("H1", 100))] == [True]
