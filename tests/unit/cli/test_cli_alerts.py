"""Alerts on the command line: lists for people and machines, explanations, and what operators do."""

from __future__ import annotations

import re

import pytest

KEYS = [
    *("id", "kind", "area", "area_name", "signature", "level", "level_word", "peak_level"),
    *("level_history", "shown", "opened_at", "updated_at", "closed_at", "state", "likelihood", "impact"),
    *("contributions", "sentence", "model_versions", "config_hash"),
]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def every(riskwatch, store):
    """Every alert of the store."""
    return riskwatch("alerts", "list", "--all", "--json", "--store", store).lines


@pytest.fixture
def a_risk(every):
    """A shown risk alert that has a chart."""
    return next(a for a in every if a["kind"] == "risk" and a["shown"] and a["contributions"])


def test_the_list_gives_every_alert_with_every_key(every):
    """One object a line, in the order of opening."""
    assert len(every) > 3
    for alert in every:
        assert set(KEYS) <= set(alert)
        assert alert["kind"] in {"risk", "data_health", "schema"}
        assert alert["peak_level"] <= alert["level"]
        assert alert["level_history"][0]["at"] == alert["opened_at"]
        assert all(INSTANT.fullmatch(alert[k]) for k in ("opened_at", "updated_at"))
        assert all(
            {"indicator", "window_h", "observed", "expected", "p", "share"} <= set(c)
            for c in alert["contributions"]
        )
    opened = [a["opened_at"] for a in every]
    assert opened == sorted(opened)


def test_filters_leave_what_was_asked_for(riskwatch, store, every):
    """Area with all below it, level and graver, kind, and at most so many."""
    graver = riskwatch("alerts", "list", "--all", "--json", "--level", "yellow", "--store", store).lines
    assert graver == [a for a in every if a["level"] <= 3]
    assert (
        riskwatch("alerts", "list", "--all", "--json", "--level", "黄色", "--store", store).lines == graver
    )
    risks = riskwatch("alerts", "list", "--all", "--json", "--kind", "risk", "--store", store).lines
    assert risks == [a for a in every if a["kind"] == "risk"]
    county = riskwatch("alerts", "list", "--all", "--json", "--area", "c", "--store", store).lines
    assert county == every
    part = riskwatch("alerts", "list", "--all", "--json", "--area", "C01", "--store", store).lines
    assert part == [a for a in every if a["area"].startswith("C01")]
    assert len(riskwatch("alerts", "list", "--all", "--json", "--limit", 2, "--store", store).lines) == 2


def test_the_table_has_level_area_reason_and_sparkline(riskwatch, store, a_risk):
    """Level by number, word and shape: colour is never alone."""
    result = riskwatch("alerts", "list", "--all", "--store", store)
    assert result.code == 0
    assert a_risk["id"] in result.out
    assert a_risk["area_name"] in result.out
    assert any(
        f"{shape} {number} " in result.out
        for shape, number in zip("■◆▲●", ("I", "II", "III", "IV"), strict=True)
    )
    assert re.search("[▁▂▃▄▅▆▇█]{5}", result.out)


def test_eighty_columns_are_enough(riskwatch, store, a_risk, monkeypatch):
    """Nothing is cut off and no line is longer."""
    monkeypatch.setenv("COLUMNS", "80")
    result = riskwatch("alerts", "list", "--all", "--store", store)
    assert a_risk["id"] in result.out
    assert f"{a_risk['area_name']}:" in result.out
    assert max(len(line.rstrip()) for line in result.out.splitlines()) <= 80
    assert "…" not in result.out


def test_chinese_is_chinese(riskwatch, store, a_risk):
    """The sentence and the names, from the same store."""
    told = riskwatch("alerts", "explain", a_risk["id"], "--lang", "zh", "--store", store)
    assert told.code == 0
    assert re.search("[\u4e00-\u9fff]{4}", told.out)


def test_explain_says_why_and_by_which_versions(riskwatch, store, a_risk):
    """Sentence, contributions, observed against expected, model versions."""
    told = riskwatch("alerts", "explain", a_risk["id"][:9], "--store", store).out
    assert a_risk["sentence"].split(",")[0] in told
    assert "observed" in told
    assert "┤" in told
    for name, version in a_risk["model_versions"].items():
        assert f"{name} {version}" in told
    assert a_risk["config_hash"] in told


def test_show_tells_facts_and_life(riskwatch, store, a_risk):
    """For people as a table, for machines as the object of the list."""
    told = riskwatch("alerts", "show", a_risk["id"], "--store", store).out
    assert a_risk["id"] in told
    assert "opened" in told
    assert riskwatch("alerts", "show", a_risk["id"], "--json", "--store", store).lines == [a_risk]


def test_acknowledge_and_close_are_recorded_as_unverified(riskwatch, store, every):
    """Until there is sign-in nobody checked the name."""
    alert = next(a for a in every if a["state"] == "open")
    told = riskwatch("alerts", "ack", alert["id"], "--as", "Li", "--note", "seen", "--store", store)
    assert told.code == 0
    assert "Li" in told.out
    again = riskwatch("alerts", "ack", alert["id"], "--as", "Li", "--store", store)
    assert again.code == 1
    assert again.err.startswith("error: ")
    assert (
        riskwatch("alerts", "close", alert["id"], "--as", "Li", "--verdict", "true", "--store", store).code
        == 0
    )
    after = riskwatch("alerts", "show", alert["id"], "--json", "--store", store).lines[0]
    assert (after["state"], after["verdict"], after["actor"]) == ("closed", "true", "Li (unverified)")
    assert "Li (unverified)" in riskwatch("alerts", "show", alert["id"], "--store", store).out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["explain", "rw-nothing"], "no alert's id is or begins with 'rw-nothing'"),
        (["explain", "rw-"], "'rw-' begins"),
        (["ack", "rw-", "--as", " "], "'rw-' begins"),
        (
            ["close", "rw-", "--as", "Li", "--verdict", "maybe"],
            "verdict 'maybe' is unknown; use one of true, false",
        ),
        (["close", "rw-", "--as", "Li"], "--verdict"),
        (["ack", "rw-"], "--as"),
        (["list", "--level", "purple"], "level 'purple' is unknown"),
        (["list", "--area", "X99"], "area 'X99' is unknown"),
        (["list", "--kind", "rumour"], "rumour"),
    ],
)
def test_a_mistake_is_told_in_one_message(words, expected, riskwatch, store):
    """Exit code 2, and nothing on standard output."""
    result = riskwatch("alerts", *words, "--store", store)
    assert result.code == 2
    assert expected in " ".join(result.err.split())
    assert result.out == ""


def test_an_empty_name_is_a_mistake(riskwatch, store, every):
    """Somebody acts, or nobody does."""
    alert = next(a for a in every if a["state"] == "open")
    result = riskwatch("alerts", "ack", alert["id"], "--as", " ", "--store", store)
    assert result.code == 2
    assert "the name is empty" in result.err


def test_without_a_store_one_sentence_says_what_to_do(riskwatch, tmp_path):
    """Looking makes no store."""
    result = riskwatch("alerts", "list")
    assert result.code == 1
    assert "there is no store yet" in result.err
    assert not (tmp_path / "home").exists()


def test_nothing_found_is_said(riskwatch, store):
    """A filter that nothing passes leaves a sentence, not an empty table."""
    result = riskwatch("alerts", "list", "--kind", "schema", "--level", "red", "--store", store)
    assert result.code == 0
    assert result.out == "No alert fits this filter.\n"


@pytest.mark.parametrize(
    ("form", "begins"),
    [("cap", "<?xml"), ("cap-cn", "<?xml"), ("cloudevents", '{"specversion": "1.0"'), ("json", '{"id": ')],
)
def test_show_prints_what_a_receiver_would_get(riskwatch, store, a_risk, form, begins):
    """The newest message of the alert's life, in the form that the receiver takes."""
    told = riskwatch("alerts", "show", a_risk["id"], "--format", form, "--store", store)
    assert told.code == 0
    assert told.out.startswith(begins)
    assert a_risk["area"] in told.out


def test_a_notice_has_no_public_form(riskwatch, store, every):
    """What is about the data is told to nobody outside, and show says so."""
    notice = next(a for a in every if a["kind"] != "risk")
    told = riskwatch("alerts", "show", notice["id"], "--format", "cap", "--store", store)
    assert told.code != 0
    assert "is not published" in " ".join(told.err.split())
