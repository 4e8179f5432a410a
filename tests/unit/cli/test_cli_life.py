"""The life of an alert on the command line, orders to the desk, and the handover sheet."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def an_open(riskwatch, store):
    """The gravest open alert of the store, as JSON."""
    return riskwatch("alerts", "list", "--json", "--store", store).lines[0]


def test_a_case_goes_through_its_five_steps(riskwatch, store, an_open):
    """Each command tells the state and the step that is owed next."""
    given = (an_open["id"], "--as", "Li", "--store", store, "--json")
    steps = [
        riskwatch("alerts", *words, *given).lines[0]
        for words in (
            ("ack",),
            ("hand-out", "--to", "Wang"),
            ("handle",),
            ("report", "--note", "pumped dry"),
            ("close", "--verdict", "true"),
        )
    ]
    owed = [a["duty"] and a["duty"]["step"] for a in steps]
    assert owed == ["hand_out", "handle", "report_back", "evaluate", None]
    assert steps[2]["handler"] == "Wang"
    assert steps[-1]["state"] == "closed"


def test_people_read_state_holder_and_next_step(riskwatch, store, an_open):
    """One sentence, in both languages."""
    told = riskwatch("alerts", "handle", an_open["id"], "--as", "Li", "--store", store)
    assert told.out.startswith(f"{an_open['id']}: being handled; held by {an_open['area_name']}; next step")
    words = ("alerts", "note", an_open["id"], "--as", "Li", "--note", "x", "--store", store, "--lang", "zh")
    assert "处置中" in riskwatch(*words).out


def test_a_refusal_is_told_in_the_language_of_the_command(riskwatch, store, an_open):
    """With the words of the page: a state that does not allow it, and a rule of the desk."""
    given = (an_open["id"], "--as", "Li", "--store", store)
    assert riskwatch("alerts", "close", *given, "--verdict", "true").code == 0
    again = riskwatch("alerts", "ack", *given)
    told = f"{an_open['id']}: This alert is: closed. Only an open one can be acknowledged."
    assert (again.code, told in again.err) == (1, True)
    chinese = riskwatch("alerts", "close", *given, "--verdict", "true", "--lang", "zh")
    assert (chinese.code, "This alert" in chinese.err, "已关闭" in chinese.err) == (1, False, True)
    words = ("alerts", "open", "--as", "Li", "--what", "x", "--store", store, "--lang", "zh")
    place = ("--area", an_open["area"], "--level", "orange", "--signature", "none")
    assert "none" in riskwatch(*words, *place).err
    assert "unknown" not in riskwatch(*words, *place).err


def test_an_alert_goes_to_an_area_above(riskwatch, store, an_open):
    """Or the command says which areas it knows."""
    words = ("alerts", "hand", an_open["id"], "--as", "Li", "--store", store)
    below = riskwatch("alerts", "list", "--all", "--json", "--store", store).lines
    area = next(a["area"] for a in below if a["area"] != an_open["area"])
    assert riskwatch(*words, "--to", "nowhere").code == 2
    done = riskwatch(*words, "--to", area, "--json")
    assert done.code in (0, 1)
    if done.code == 0:
        assert done.lines[0]["holder"] == area
    else:
        assert "neither above nor below" in done.err


def test_a_shelf_has_an_end(riskwatch, store, an_open):
    """By hours or by an instant; not both, not neither, not one that is no instant."""
    words = ("alerts", "shelve", an_open["id"], "--as", "Li", "--reason", "sensor", "--store", store)
    shelved = riskwatch(*words, "--hours", "0.5", "--json").lines[0]
    assert (shelved["quiet"], shelved["shelved"]["reason"]) == ("shelved", "sensor")
    assert riskwatch("alerts", "unshelve", an_open["id"], "--as", "Li", "--store", store).code == 0
    for more, told in (
        ((), "either --until or --hours"),
        (("--until", "soon"), "'soon' is no instant"),
        (("--until", "2025-01-01", "--hours", "1"), "either --until or --hours"),
    ):
        result = riskwatch(*words, *more)
        assert (result.code, told in result.err) == (2, True)
    late = riskwatch(*words, "--until", "2099-01-01 00:00")
    assert (late.code, "may be shelved for" in late.err) == (1, True)
    zoned = riskwatch(*words, "--until", "2099-01-01T00:00:00+08:00")
    assert "2098-12-31T16:00:00Z" in zoned.err or zoned.code == 1


def test_publication_needs_a_second_person(riskwatch, store, an_open):
    """What is orange or red is drafted by one and approved by another, or rejected."""
    words = (an_open["id"], "--store", store, "--json")
    drafted = riskwatch("alerts", "draft", *words, "--as", "Ana").lines[0]
    if drafted["release"]["state"] == "approved":
        assert an_open["level"] > 2
        return
    assert "second person" in riskwatch("alerts", "approve", *words, "--as", "Ana").err
    assert riskwatch("alerts", "approve", *words, "--as", "Bo").lines[0]["released"] is True
    riskwatch("alerts", "draft", *words, "--as", "Ana")
    gone = riskwatch("alerts", "reject", *words, "--as", "Bo", "--note", "wrong").lines[0]
    assert gone["release"]["state"] == "rejected"


def test_an_alert_is_opened_by_hand(riskwatch, store, an_open):
    """With words of whoever knows; unknown places and signatures are refused."""
    words = ("alerts", "open", "--as", "Li", "--what", "chlorine at the pool", "--store", store)
    place = ("--area", an_open["area"], "--level", "orange")
    made = riskwatch(*words, *place, "--signature", an_open["signature"], "--json").lines[0]
    assert (made["by_hand"], made["level_word"], made["detail"]) == (True, "orange", "chlorine at the pool")
    assert "chlorine at the pool." in made["sentence"]
    assert "Signature none is unknown; use" in riskwatch(*words, *place, "--signature", "none").err


def test_a_window_is_declared_and_lifted(riskwatch, store, an_open):
    """The handover sheet lists it while it stands."""
    words = ("suppress", "--area", an_open["area"], "--reason", "works", "--as", "Li", "--store", store)
    window = riskwatch(*words, "--hours", "2", "--json").lines[0]["window"]
    sheet = riskwatch("handover", "--json", "--store", store).lines[0]
    assert [w["window"] for w in sheet["planned"]] == [window]
    assert window in riskwatch("handover", "--store", store).out
    assert riskwatch("lift", "rm-none", "--as", "Li", "--store", store).code == 2
    assert riskwatch("lift", window, "--as", "Li", "--store", store).code == 0
    assert riskwatch("handover", "--json", "--store", store).lines[0]["planned"] == []
    assert riskwatch(*words, "--hours", "9999").code == 2
    assert "lift it with" in riskwatch(*words, "--hours", "3").out
    assert riskwatch(*words, "--hours", "3", "--signature", "none").code == 2


def test_a_drill_is_marked_from_begin_to_end(riskwatch, store, an_open):
    """Its alerts begin with rx-, its name stands on the sheet, and it ends with them."""
    acts = ("--as", "Li", "--store", store)
    inject = (
        *("drill", "inject", "--area", an_open["area"], "--signature", an_open["signature"]),
        *("--level", "red", "--what", "tank farm", *acts, "--json"),
    )
    assert riskwatch(*inject).code == 2
    assert riskwatch("drill", "start", "spring", "--hours", "99", *acts).code == 2
    assert "until the first real orange" in riskwatch("drill", "start", "spring", "--hours", "2", *acts).out
    assert riskwatch("drill", "start", "other", "--hours", "2", *acts).code == 2
    made = riskwatch(*inject).lines[0]
    assert (made["id"][:3], made["mode"], made["drill"]) == ("rx-", "exercise", "spring")
    assert "EXERCISE" in made["sentence"]
    assert riskwatch("handover", "--json", "--store", store).lines[0]["drill"] == "spring"
    assert "EXERCISE: spring" in riskwatch("handover", "--store", store).out
    assert riskwatch("drill", "end", *acts).code == 0
    assert riskwatch("drill", "end", *acts).code == 2
    assert riskwatch("alerts", "show", made["id"], "--json", "--store", store).lines[0]["closed_at"]


def test_a_test_alert_has_a_namespace_of_its_own(riskwatch, store, an_open):
    """rt- and marked, whatever it is about."""
    words = ("drill", "test", "--area", an_open["area"], "--signature", an_open["signature"])
    made = riskwatch(*words, "--as", "Li", "--store", store, "--json").lines[0]
    assert (made["id"][:3], made["mode"]) == ("rt-", "test")


def test_a_store_can_be_an_exercise(riskwatch, county, tmp_path):
    """Every alert of it is; another exercise, or a store that is none, is refused."""
    home = tmp_path / "drill"
    words = ("replay", county, "--source", "simulated", "--json")
    assert riskwatch(*words, "--exercise", "spring", "--store", home).code == 0
    every = riskwatch("alerts", "list", "--all", "--json", "--store", home).lines
    assert len(every) > 3
    assert {(a["mode"], a["drill"], a["id"][:3]) for a in every} == {("exercise", "spring", "rx-")}
    assert riskwatch(*words, "--exercise", "spring", "--store", home).code == 0
    assert "is not of exercise 'autumn'" in riskwatch(*words, "--exercise", "autumn", "--store", home).err


def test_the_sheet_lists_what_the_next_shift_must_know(riskwatch, store):
    """As JSON and in words of both languages, narrowed to an area."""
    sheet = riskwatch("handover", "--json", "--hours", "240", "--store", store).lines[0]
    assert set(sheet) >= {
        *("since", "until", "new", "rising", "open", "overdue", "quiet", "blind_feeds", "planned"),
    }
    listed = [a["id"] for h in sheet["new"] for a in h["alerts"]]
    assert listed
    incidents = [h["incident"] for h in sheet["new"]]
    assert len(set(incidents)) == len(incidents)
    told = riskwatch("handover", "--hours", "240", "--store", store).out
    assert all(word in told for word in ("New:", "Rising:", "Overdue:", "Blind feeds:", "Planned:"))
    assert "交接班" in riskwatch("handover", "--store", store, "--lang", "zh").out
    assert riskwatch("handover", "--area", "X99", "--store", store).code == 2
    assert json.dumps(sheet)


def test_lists_say_who_has_it_and_what_is_quiet(riskwatch, store, an_open):
    """In the table and in the facts of one alert; an exercise is marked in both."""
    acts = ("--as", "Li", "--store", store)
    riskwatch("alerts", "hand-out", an_open["id"], "--to", "Wang", *acts)
    riskwatch("alerts", "shelve", an_open["id"], "--hours", "0.5", "--reason", "sensor", *acts)
    assert "shelved" in riskwatch("alerts", "list", "--store", store).out
    shown = riskwatch("alerts", "show", an_open["id"], "--store", store).out
    assert "Wang" in shown
    assert "sensor" in shown
    assert an_open["area_name"] in shown
    place = ("--area", an_open["area"], "--signature", an_open["signature"])
    made = riskwatch("drill", "test", *place, *acts, "--json").lines[0]
    assert "TEST a test of the alert chain" in riskwatch("alerts", "list", "--store", store).out
    assert "Next step" in riskwatch("alerts", "show", made["id"], "--store", store).out
