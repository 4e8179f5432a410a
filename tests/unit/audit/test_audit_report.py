"""The report: what may leave, in both languages, as one file that asks nothing of any network."""

from __future__ import annotations

import copy
import json
import re
from datetime import date
from html.parser import HTMLParser

import pytest
from audit_county import alert, happening, outside, registry, tree, uneven

from riskwatch.audit.dot_plot import Dot, Scale, strip
from riskwatch.audit.fairness import Audited, Provenance, Rules, audit_fairness
from riskwatch.audit.figures import Resampling
from riskwatch.audit.page import ReportPage
from riskwatch.audit.partitions import Partition
from riskwatch.audit.report import report_document
from riskwatch.messages.catalogue import Catalogue, fields_of

PARTITION = Partition(
    name="settlement", group_key="settlement", registered=date(1969, 1, 1), by="Audit office", hash="c0ffee"
)


def document(alerts, truth, *, partition=PARTITION, champion=None, k=10):
    report = audit_fairness(
        Audited(alerts, tree(), registry()),
        truth,
        partition,
        provenance=Provenance("config1", "bundle 1", "0.1"),
        rules=Rules(k=k, resampling=Resampling(3, 200)),
        champion=champion,
    )
    return report_document(report)


@pytest.fixture(scope="module")
def failed():
    return document(*uneven(4, 8))


def group(found, name, part="groups"):
    return next(r for r in found[part] if r["name"] == name)


def test_a_group_served_worse_fails_the_bundle_by_name(failed):
    """Rural is told of four in ten, urban of eight."""
    assert failed["verdict"]["decision"] == "fail"
    assert failed["verdict"]["named_by"]["detection"] == ["rural"]
    figure = group(failed, "rural")["figures"]["detection"]
    assert figure["value"] == pytest.approx(0.4)
    assert figure["low"] < 0.4 < figure["high"] < 0.6
    assert group(failed, "")["incidents"] == 240
    assert group(failed, "public_health", "domains")["incidents"] == 240


def test_the_same_inputs_give_the_same_report(failed):
    """Draws are seeded; nothing of the machine is in it."""
    assert json.dumps(document(*uneven(4, 8))) == json.dumps(failed)
    assert failed["hashes"]["partition"] == "c0ffee"
    assert len(failed["hashes"]["evidence"]) == 64


def test_a_partition_registered_after_the_data_is_marked_exploratory():
    """In the document and in the paragraph."""
    late = PARTITION.model_copy(update={"registered": date(1999, 1, 1)})
    found = document(*uneven(4, 8, n=30), partition=late)
    assert found["partition"]["exploratory"]
    assert "exploratory" in ReportPage(found, "en").summary()


def test_small_counts_are_nowhere_in_the_document():
    """Of 30 rural incidents 4 were missed: neither the 4 nor the 26, the rate nor the sentence."""
    happened = [happening(f"{t}{i % 6}", 12.0 * i) for i in range(30) for t in "HU"]
    told = [alert(f"H{i % 6}", 12.0 * i + 1) for i in range(26)]
    told += [alert(f"U{i % 6}", 12.0 * i + 1) for i in range(15)]
    found = document(told, outside(*happened))
    rural = group(found, "rural")
    assert (rural["missed"], rural["detected"]) == ("withheld", "withheld")
    assert rural["figures"]["detection"] == {"value": None, "low": None, "high": None, "state": "withheld"}
    assert found["verdict"]["why"] is None
    for lang in ("en", "zh"):
        html = ReportPage(found, lang).html()
        assert Catalogue(lang).text("audit.withheld_verdict") in html
        assert "87% (" not in html
    assert document(told, outside(*happened), k=1)["groups"][0]["missed"] == 4


def test_too_few_are_not_told():
    """Twelve incidents give a count and no share."""
    happened = [happening(f"H{i % 6}", 12.0 * i) for i in range(12)]
    found = group(document([], outside(*happened)), "rural")
    assert found["figures"]["detection"] == {
        "value": None,
        "low": None,
        "high": None,
        "state": "too_few",
        "n": 12,
    }


def test_coverage_is_told_where_it_is_known():
    """Of what happened, how much was reported; small counts are withheld here too."""
    table = {
        "settlement": {
            "rural": {"happened": 200, "reported": 80},
            "urban": {"happened": 50, "reported": 45},
        }
    }
    found = document([], outside(coverage=table))["coverage"]
    assert found == [
        {"name": "rural", "happened": 200, "share": 0.4},
        {"name": "urban", "happened": "withheld", "share": None},
    ]


def test_a_champion_is_compared_on_the_same_incidents():
    """The candidate loses rural incidents that the champion told of."""
    champion, truth = uneven(8, 8)
    candidate = [a for i, a in enumerate(champion) if not (a.area.startswith("H") and i % 3 == 0)]
    found = document(candidate, truth, champion=champion)
    assert found["verdict"]["compared_with_champion"]
    assert "rural" in found["verdict"]["named_by"]["detection_change"]


class Reader(HTMLParser):
    """Everything a page would ask for, the labels of its pictures, and its ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.asks: list[str] = []
        self.pictures: list[str] = []
        self.lang = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.asks += [v for k, v in attrs if k in ("src", "href", "action", "xlink:href", "data", "srcset")]
        if tag in ("script", "link", "iframe", "object", "img", "base"):
            self.asks.append(tag)
        if given.get("role") == "img":
            self.pictures.append(given.get("aria-label") or "")
        self.lang = given.get("lang", self.lang) or ""


@pytest.mark.parametrize(("lang", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_the_page_asks_nothing_of_any_network(failed, lang, tag):
    """No address, no script, no import; every picture says in words what it shows."""
    html = ReportPage(failed, lang).html()
    page = Reader(html)
    assert page.asks == []
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html)
    assert len(page.pictures) >= 12
    assert all(re.search(r"\d|–|[a-z\u4e00-\u9fff]{4}", label) for label in page.pictures)
    assert page.lang.lower().startswith(tag[:2])


def test_both_languages_say_all_of_it(failed):
    """Each sentence of the catalogue that the page asks for is there in its own language."""
    en, zh = (ReportPage(failed, lang).html() for lang in ("en", "zh"))
    for key in ("audit.method.gate", "audit.method.limits", "audit.coverage", "audit.hashes"):
        plain = {lang: Catalogue(lang).template(key).split("{")[0] for lang in ("en", "zh")}
        assert plain["en"] in en
        assert plain["zh"] in zh
    words = re.sub(
        r"<style>.*?</style>|<[^>]+>|settlement|rural|urban|riskwatch|bundle|Audit office",
        " ",
        zh,
        flags=re.S,
    )
    left = set(re.findall(r"[A-Za-z]{4,}", words))
    assert left <= {
        "withheld",
        "Fairlearn",
        "MetricFrame",
        "Kaplan",
        "Meier",
        "config",
        "coffee",
        "ffee",
    } | {w for w in left if re.fullmatch(r"[a-f]+", w)}


def test_no_sentence_promises_what_no_audit_can():
    """Words describe; these promise."""
    for lang in ("en", "zh"):
        for key in Catalogue(lang).keys:
            text = Catalogue(lang).template(key).lower()
            assert not re.search(r"unbias|debias|bias-free|无偏|去偏|没有偏见", text), key


def test_every_key_that_the_page_names_is_in_the_catalogue():
    """Also those put together from a prefix."""
    from riskwatch.audit.figures import FIGURES

    for lang in ("en", "zh"):
        keys = set(Catalogue(lang).keys)
        assert {f"audit.{p}.{n}" for p in ("figure", "about") for n in FIGURES} <= keys
        assert {f"audit.truth.{kind}" for kind in ("planted", "register", "sample")} <= keys
        assert {
            f"gate.{k}" for k in ("few", "alone", "blind", "blind_burden", "undetected", "unexposed")
        } <= keys
        assert fields_of(Catalogue(lang).template("gate.blind")) == {"groups", "bound"}


def test_names_are_text_and_never_markup(failed):
    """A group called like a tag is shown, not run."""
    found = copy.deepcopy(failed)
    for row in found["groups"]:
        row["name"] = row["name"].replace("rural", "<script>alert(1)</script>")
    html = ReportPage(found, "en").html()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_group_that_stands_apart_has_a_shape_and_a_word(failed):
    """Colour is never alone."""
    html = ReportPage(failed, "en").html()
    assert "rural (stands apart)" in html
    assert html.count('class="named"') == 1
    assert "◆" in html


def test_a_scale_holds_all_of_its_numbers():
    """With round ends; an interval without an end runs to the edge."""
    scale = Scale.over([0.13, 0.92], 0.0)
    assert (scale.low, scale.high) == (0.0, 1.0)
    assert [scale.at(x) for x in (0.0, 1.0)] == [2.0, 98.0]
    svg = strip(Dot(None, 0.5, None), scale, reference=None, told="<x>")
    assert 'x2="100.0%"' in svg
    assert "&lt;x&gt;" in svg
    assert Scale.over([]).high > 0
