"""The auditor's pages: reports as they were kept, in both languages, with nothing that could run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from api_desk import open_desk
from html_page import Page
from web_client import TestClient

from riskwatch.api.application import make_app
from riskwatch.api.auditing import REPORT_POLICY
from riskwatch.api.security import HEADERS
from riskwatch.audit.reports import Reports

SIZE = {"areas": 3, "people": 900, "area_months": 3.0}
COUNTS = dict.fromkeys(("incidents", "detected", "missed", "alerts", "right", "false", "unjudged"), 40)
FIGURES = ("detection", "precision", "false_per_area_month", "false_per_100k")
FIGURES += ("hours_median", "hours_mean", "calibration")


def document(decision: str = "fail", name: str = "settlement") -> dict[str, Any]:
    """A report's document, as small as one can be."""
    told = {n: {"value": 0.5, "low": 0.4, "high": 0.6, "state": "told", "n": 40} for n in FIGURES}
    row = SIZE | COUNTS | {"figures": told, "seen_gap": 0.2}
    groups = [row | {"name": "rural <b>"}, row | {"name": "urban"}, COUNTS | {"name": ""}]
    return {
        "kind": "fairness_report",
        "partition": {
            "name": name,
            "group_key": "settlement",
            "registered": "2026-01-02",
            "by": "Wu",
            "exploratory": True,
        },
        "span": {"start": "2026-02-01T00:00:00Z", "end": "2026-03-01T00:00:00Z"},
        "truth": {"kind": "register", "incidents": 80, "complete": False},
        "verdict": {
            "decision": decision,
            "groups": ["rural <b>"] if decision == "fail" else [],
            "named_by": {"detection": ["rural <b>"]},
            "why": {"en": "rural stands apart", "zh": "乡村有别"},
            "compared_with_champion": True,
        },
        "groups": groups,
        "domains": groups,
        "coverage": [],
        "rules": {
            "k": 10,
            "too_few": 20,
            "draws": 1000,
            "seed": 7,
            "grace_h": 6.0,
            "touched_share": 0.1,
            "gate": {"level": 0.05, "mattering_gap": 0.05, "needed_gap": 0.2},
        },
        "hashes": dict.fromkeys(("config", "partition", "truth", "evidence", "bundle", "code"), "ab12"),
    }


@pytest.fixture
def kept(tmp_path) -> tuple[TestClient, str, Reports]:
    """A browser on a store that keeps one report."""
    desk = open_desk(tmp_path / "store")
    reports = Reports(desk.place.home)
    return TestClient(make_app(desk), follow_redirects=False), reports.keep(document()), reports


def test_the_list_says_how_the_first_report_is_made(tmp_path):
    """Nothing was audited yet; the page is reached from every other."""
    browser = TestClient(make_app(open_desk(tmp_path / "store")), follow_redirects=False)
    page = Page(browser.get("/audit").text)
    assert page.faults == []
    assert "No audit was kept yet. Make one with: riskwatch audit fairness" in page.text
    assert 'href="/audit"' in browser.get("/alerts").text
    assert browser.get("/v1/audit").json() == {"count": 0, "reports": []}


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            ("Fail: a group stands apart", "rural <b>", "exploratory", "an outside register", "champion"),
        ),
        ("zh", ("不通过：有群组明显有别", "rural <b>", "探索性", "外部登记册", "在岗者")),
    ],
)
def test_the_list_tells_each_verdict(kept, lang, words):
    """With its partition, span, truth and bundle, in the reader's language; nothing of it is markup."""
    browser, name, _ = kept
    answer = browser.get(f"/audit?lang={lang}")
    page = Page(answer.text)
    assert page.faults == []
    assert page.styles == 0
    for word in words:
        assert word in page.text
    assert "2026-02-01 00:00 UTC" in page.text
    assert f'href="/audit/{name}?lang={lang}"' in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_a_report_is_the_file_that_was_kept(kept):
    """Byte for byte, in each language, by the cookie too."""
    browser, name, reports = kept
    for lang, asked in (("en", ""), ("zh", "?lang=zh")):
        assert browser.get(f"/audit/{name}{asked}").content == reports.page(name, lang).read_bytes()
    zh = browser.get(f"/audit/{name}", headers={"cookie": "lang=zh"})
    assert zh.content == reports.page(name, "zh").read_bytes()
    assert zh.headers["content-type"] == "text/html; charset=utf-8"


def test_a_report_may_show_its_style_and_do_nothing_else(kept):
    """Its policy forbids scripts, forms, frames and every address; the other headers hold as everywhere."""
    browser, name, _ = kept
    answer = browser.get(f"/audit/{name}")
    assert answer.headers["Content-Security-Policy"] == REPORT_POLICY
    assert "script-src" not in REPORT_POLICY  # so that default-src 'none' is about scripts
    others = {key: value for key, value in HEADERS.items() if key != "Content-Security-Policy"}
    assert {key: answer.headers[key] for key in others} == others
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script|<link|<img|<form|src=|href=|url\(|@import|\son[a-z]+=", answer.text)


@pytest.mark.parametrize("name", ["fairness-settlement-000000000000", "..%2Fstore", "fairness-x", "a.json"])
def test_an_unknown_report_is_told_so(kept, name):
    """Whatever the name asks for, only kept reports are found."""
    browser, known, reports = kept
    answer = browser.get(f"/audit/{name}")
    assert answer.status_code == 404
    assert browser.get(f"/v1/audit/{name}").status_code == 404
    reports.page(known, "en").unlink()  # a page that somebody removed
    gone = browser.get(f"/audit/{known}")
    assert gone.status_code == 404
    assert "no report named" in gone.text


def test_machines_read_the_same_reports(kept):
    """The list with verdicts, then a document as it was printed."""
    browser, name, _ = kept
    (one,) = browser.get("/v1/audit").json()["reports"]
    assert (one["name"], one["verdict"]["decision"]) == (name, "fail")
    assert browser.get(f"/v1/audit/{name}").json() == document()


def test_reports_are_kept_once_and_listed_newest_first(tmp_path):
    """The same content has one name; files that are none of ours are passed over."""
    import os

    reports = Reports(tmp_path)
    first, second = reports.keep(document()), reports.keep(document("pass"))
    assert reports.keep(document()) == first != second
    for age_s, name in enumerate((second, first)):
        os.utime(reports.folder / f"{name}.json", (1_000_000 - age_s, 1_000_000 - age_s))
    (reports.folder / "notes.json").write_text("not ours")
    assert [r.name for r in reports.listed()] == [second, first]
    assert json.loads((reports.folder / f"{second}.json").read_text()) == document("pass")


def test_a_loss_against_the_champion_is_not_called_a_gap_between_groups():
    """Its own heading and mark; where figures are withheld, the groups are still named, by measure."""
    from riskwatch.audit.page import ReportPage

    made = document()
    made["verdict"] |= {"named_by": {"detection": [], "false_alerts_change": ["urban"]}, "why": None}
    for lang, words in (
        (
            "en",
            (
                "served worse than by the bundle on duty",
                "More false alerts than by the bundle",
            ),
        ),
        ("zh", ("不如在岗模型包", "误报多于在岗模型包：urban。")),
    ):
        page = ReportPage(made, lang)
        assert words[0] in page.decision()
        assert words[1] in page.summary()
        assert page.mark() in page.html()
    assert "stands apart" not in ReportPage(made, "en").html()
