"""Episodes on a timeline: what opens, raises, holds, lowers, hides and clears an alert."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_alerts import BLUE, CHART, NONE, ORANGE, RED, YELLOW, Timeline, assessed, rules, stamp

from riskwatch.alert.episodes import Episodes
from riskwatch.core.alerts import Level, State
from riskwatch.core.clock import HOUR_US
from riskwatch.store.snapshots import pack, unpack


def test_an_episode_opens_once():
    """And says nothing more while nothing changes."""
    time = Timeline()
    assert time.step(BLUE, 2) == ["opened"]
    alert = time.alert
    assert (alert.level, alert.state, alert.shown, alert.rising) == (Level.BLUE, State.OPEN, True, True)
    assert (alert.revision, alert.chart, alert.model_versions) == (1, CHART, (("bundle", "1"),))
    assert (alert.config_hash, alert.judged) == ("cafe", (len("gastro"), 7))
    assert time.episodes.find(alert.id) == alert
    assert time.episodes.find("rw-other") is None


def test_too_few_calls_are_no_alert():
    """However likely: fewer than three calls never open one."""
    assert Timeline().step(RED, 3, calls=2) == []
    assert Timeline().step(RED, 3, calls=3) == ["opened"]


def test_nothing_notable_opens_nothing():
    """Below the matrix."""
    assert Timeline().step(NONE, 3) == []


def test_a_level_rises_at_once():
    """A raise does not wait, and it is stamped with its instant."""
    time = Timeline()
    time.step(BLUE)
    assert time.step(ORANGE) == ["level_raised"]
    assert time.step(RED, impact=6.0) == ["level_raised"]
    assert [c.level for c in time.alert.levels] == [Level.BLUE, Level.ORANGE, Level.RED]
    assert time.alert.peak_level is Level.RED
    assert time.alert.levels[-1].at_us == time.at_us == time.alert.evidence_at_us


def test_a_level_falls_only_after_the_dwell():
    """Six hours below six tenths of what raised it; not a tick before."""
    time = Timeline()
    time.step(ORANGE)
    assert time.step(0.03, 6) == []
    assert time.step(0.03) == ["level_lowered"]
    assert time.alert.level is Level.BLUE
    assert time.alert.peak_level is Level.ORANGE
    assert time.alert.likelihood == ORANGE  # a fall keeps why it rose


def test_no_flapping_at_the_threshold():
    """A likelihood that wobbles about the bound keeps the level it reached."""
    time = Timeline()
    assert time.step(0.101) == ["opened"]
    for _ in range(100):
        assert time.step(0.099) == []
        assert time.step(0.101) == []


def test_one_look_above_the_clearing_threshold_starts_the_dwell_again():
    """Six hours in a row are needed."""
    time = Timeline()
    time.step(BLUE)
    assert time.step(NONE, 5.75) == []
    assert time.step(0.031) == []
    assert time.step(NONE, 6) == []
    assert time.step(NONE) == ["cleared"]


def test_a_raise_while_it_dwells_ends_the_dwell():
    """It may be about to clear and yet get worse."""
    time = Timeline()
    time.step(BLUE)
    time.step(NONE, 5.75)
    assert time.step(RED, impact=6.0) == ["level_raised"]
    assert time.step(NONE, 6) == []
    assert time.step(NONE) == ["cleared"]


def test_each_level_has_a_dwell_of_its_own():
    """What held blue until a quarter of an hour ago is not cleared yet."""
    time = Timeline()
    time.step(ORANGE)
    assert time.step(0.031, 6.25) == ["level_lowered"]
    assert time.step(NONE, 5) == []


def test_what_has_not_grown_for_three_hours_is_no_longer_rising():
    """Told once; it keeps why it rose, and its dwell goes on."""
    time = Timeline()
    time.step(BLUE)
    opened = time.alert
    time.step(NONE, 5.75)
    assert [str(c.reason) for c in time.told] == ["opened", "steadied"]
    assert time.told[1].at_us - opened.opened_at_us == 3 * HOUR_US
    assert (time.alert.rising, time.alert.likelihood) == (False, BLUE)
    assert time.alert.evidence_at_us == opened.evidence_at_us
    time.step(NONE, 0.5)
    assert time.alert.state is State.RETURNED


def test_more_calls_by_a_quarter_are_told():
    """And the next quarter counts from there."""
    time = Timeline()
    time.step(BLUE, calls=8)
    assert time.step(BLUE, calls=9) == []
    assert time.step(BLUE, calls=10) == ["evidence_grew"]
    assert time.alert.rising
    assert time.step(BLUE, calls=12) == []
    assert time.step(BLUE, calls=13) == ["evidence_grew"]


def test_another_window_that_speaks_is_no_growth():
    """Ninety calls of a week are no growth of nine in an hour; ten an hour more are."""
    time = Timeline()
    time.step(BLUE, windows=(9, 8))
    assert time.step(BLUE, windows=(9, 90)) == []
    assert time.step(BLUE, windows=(11, 90)) == []
    assert time.step(BLUE, windows=(12, 90)) == ["evidence_grew"]  # and now the week is what was told
    assert time.step(BLUE, windows=(20, 90)) == []
    assert time.step(BLUE, windows=(20, 113)) == ["evidence_grew"]


def test_more_calls_that_say_less_are_no_growth():
    """More are usual at noon than at night; told again when they are worth as much as before."""
    time = Timeline()
    time.step(YELLOW, calls=8)
    assert time.step(YELLOW - 0.001, calls=40) == []
    assert time.step(YELLOW, calls=40) == ["evidence_grew"]


def test_calls_that_say_nothing_hold_no_level():
    """Below six tenths for six hours it clears, however many calls another window holds meanwhile."""
    time = Timeline()
    time.step(BLUE, windows=(9, 8))
    assert time.step(NONE, 3, windows=(2, 8)) == []
    assert time.step(NONE, 3, windows=(2, 90)) == []
    assert time.step(NONE, windows=(2, 90)) == ["cleared"]


def test_a_likelihood_higher_by_a_quarter_is_told():
    """Within the same level, and with no more calls."""
    time = Timeline()
    time.step(0.2, impact=6.0)
    assert time.step(0.24, impact=6.0) == []
    assert time.step(0.25, impact=6.0) == ["evidence_grew"]
    assert time.step(0.3, impact=6.0) == []


def test_what_was_told_of_survives_a_restart():
    """The window too: after a snapshot the week's calls are no growth still."""
    time = Timeline()
    time.step(BLUE, windows=(9, 8))
    time.episodes.load(unpack(pack({"episodes": time.episodes.state()}))["episodes"])
    assert time.step(BLUE, windows=(9, 90)) == []
    assert time.step(BLUE, windows=(12, 90)) == ["evidence_grew"]


@pytest.mark.parametrize(
    ("before", "after"),
    [(State.OPEN, State.RETURNED), (State.ACKNOWLEDGED, State.RESOLVED)],
)
def test_clearing_says_whether_anyone_had_seen_it(before, after):
    """Returned if nobody acknowledged, else resolved."""
    time = Timeline()
    time.step(BLUE)
    time.operator(state=before)
    time.step(NONE, 6.25)
    assert (time.alert.state, time.alert.closed_at_us) == (after, time.at_us)
    assert time.episodes.open == {}


def test_a_new_episode_is_a_new_alert():
    """After it cleared, the same area and signature get another id."""
    time = Timeline()
    time.step(BLUE)
    first = time.alert.id
    time.step(NONE, 6.25)
    assert time.step(BLUE) == ["opened"]
    assert time.alert.id != first


def test_what_an_operator_did_survives_the_next_tick():
    """An acknowledged alert stays so while its evidence grows, and opens again when it rises."""
    time = Timeline()
    time.step(BLUE, calls=8)
    time.operator(state=State.ACKNOWLEDGED, actor="Ann")
    assert time.step(BLUE, calls=20) == ["evidence_grew"]
    assert (time.alert.state, time.alert.actor) == (State.ACKNOWLEDGED, "Ann")
    assert time.step(ORANGE, calls=20) == ["level_raised"]
    assert time.alert.state is State.OPEN


def test_closed_stays_closed_until_it_rises():
    """Neither growth nor inhibition nor a fall is news of a closed alert; its end is silent."""
    time = Timeline()
    time.step(BLUE, calls=8)
    time.closed()
    assert time.step(BLUE, calls=40) == []
    assert time.step(BLUE, by="COUNTY", calls=40) == []
    assert time.step(ORANGE, calls=40) == ["level_raised"]
    assert (time.alert.state, time.alert.closed_at_us) == (State.OPEN, None)
    time.closed()
    assert time.step(NONE, 8) == []
    assert time.episodes.open == {}


def test_an_inhibited_alert_is_written_but_not_shown():
    """It says who speaks for it, and is yellow at most."""
    time = Timeline()
    time.step(RED, area="COUNTY", impact=6.0)
    assert time.step(RED, by="COUNTY", impact=6.0) == ["inhibited"]
    alert = time.alert
    assert (alert.shown, alert.inhibited_by, alert.level) == (False, "COUNTY", Level.YELLOW)
    assert time.step(RED, 4, by="COUNTY", impact=6.0) == []


def test_inhibited_is_released_only_after_a_while_alone():
    """An hour without the relative; one look together starts it again."""
    time = Timeline(release_h=1)
    time.step(BLUE, by="COUNTY")
    assert time.step(BLUE, 1) == []
    assert time.step(BLUE, by="COUNTY") == []
    assert time.step(BLUE, 1) == []
    assert time.step(BLUE) == ["released"]
    assert (time.alert.shown, time.alert.inhibited_by, time.alert.state) == (True, None, State.OPEN)


def test_a_released_alert_is_graded_for_itself():
    """What was capped at yellow may be orange on its own."""
    time = Timeline(release_h=6)
    time.step(ORANGE, area="COUNTY")
    time.step(ORANGE, by="COUNTY")
    assert time.alert.level is Level.YELLOW
    assert time.step(ORANGE) == ["released"]  # too grave to wait
    assert (time.alert.level, time.alert.peak_level) == (Level.ORANGE, Level.ORANGE)


@pytest.mark.parametrize("county", [None, YELLOW, ORANGE])
def test_orange_and_red_are_inhibited_only_by_what_is_as_grave(county):
    """A relative that says less, or nothing at all, does not speak for red: it is shown, and not capped."""
    time = Timeline()
    if county:
        time.step(county, area="COUNTY", impact=2.0 if county == YELLOW else 4.0)
    assert time.step(RED, by="COUNTY", impact=6.0) == ["opened"]
    assert (time.alert.shown, time.alert.level, time.alert.inhibited_by) == (True, Level.RED, None)


def test_a_relative_that_falls_lets_orange_speak():
    """What was hidden behind an orange county is shown when the county says yellow."""
    time = Timeline(clear={"factor": 0.6, "dwell_h": 0.5})
    time.step(ORANGE, area="COUNTY")
    assert time.step(ORANGE, by="COUNTY") == ["inhibited"]
    time.step(0.06, 1, area="COUNTY", impact=2.0)
    assert time.step(ORANGE, by="COUNTY") == ["released"]
    assert (time.alert.shown, time.alert.level) == (True, Level.ORANGE)


def test_an_inhibited_alert_that_has_nothing_left_is_not_released():
    """It clears, hidden as it was."""
    time = Timeline()
    time.step(BLUE, by="COUNTY")
    assert time.step(NONE, 6) == []
    assert time.step(NONE) == ["cleared"]
    assert time.alert.shown is False


def test_blue_and_yellow_step_back_behind_a_relative():
    """And keep the state that the desk gave them."""
    time = Timeline()
    time.step(BLUE)
    time.operator(state=State.ACKNOWLEDGED)
    assert time.step(BLUE, by="COUNTY") == ["inhibited"]
    assert (time.alert.shown, time.alert.state) == (False, State.ACKNOWLEDGED)


def test_orange_once_shown_is_never_hidden():
    """Not even after it fell to blue again."""
    time = Timeline()
    time.step(ORANGE)
    assert time.step(ORANGE, 3, by="COUNTY") == []
    assert time.alert.shown
    time.step(0.04, 20, by="COUNTY")
    assert time.alert.level is Level.BLUE
    assert time.alert.shown


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([NONE, 0.031, BLUE, 0.11, ORANGE, RED]),
            st.sampled_from([None, None, "COUNTY"]),
            st.integers(1, 40),
        ),
        max_size=60,
    ),
    st.integers(0, 60),
)
def test_a_life_holds_together_and_survives_a_restart(looks, cut):
    """Revisions count up, levels agree, orange shown stays shown, a restored engine says the same."""
    time, other, last = Timeline(), Timeline(), {}
    for n, (likelihood, by, calls) in enumerate(looks):
        before = len(time.told)
        time.step(likelihood, 1, by=by, calls=calls)
        other.step(likelihood, 1, by=by, calls=calls)
        if n == cut:
            state = unpack(pack({"episodes": other.episodes.state()}))["episodes"]
            other.episodes = Episodes(rules())
            other.episodes.load(state)
        for change in time.told[before:]:
            alert, old = change.alert, last.get(change.alert.id)
            assert alert.revision == (old.revision + 1 if old else 1)
            assert alert.levels[-1].level == alert.level
            assert alert.peak_level == min(c.level for c in alert.levels)
            assert alert.shown == (alert.inhibited_by is None)
            if old and old.shown and old.peak_level <= Level.ORANGE:
                assert alert.shown
            last[alert.id] = alert
    assert time.told == other.told


def test_episodes_of_different_places_do_not_mix():
    """Each area and signature has its own."""
    episodes = Episodes(rules())
    first = episodes.step(
        [assessed(BLUE, area="A"), assessed(RED, area="B")], stamp(HOUR_US), lambda _: CHART
    )
    assert [(c.alert.area, c.alert.level) for c in first] == [("A", Level.BLUE), ("B", Level.ORANGE)]
    stranger = replace(first[0].alert, id="rw-else", note="x")
    episodes.adopt(stranger)
    episodes.adopt(replace(stranger, area="C"))
    assert episodes.find(first[0].alert.id).note == ""
