"""CAP 1.2: each message against OASIS's schema and against the rules that the schema does not see."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from deliver_town import AT_US, alert, words
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from riskwatch.core.alerts import AlertChange, AlertKind, Level, Reason, State, Verdict
from riskwatch.core.clock import HOUR_US, MINUTE_US
from riskwatch.core.side_states import Mode
from riskwatch.deliver.cap import NotPublishable, cap_document, certainty, urgency
from riskwatch.deliver.cap_rules import cap_faults
from riskwatch.deliver.publications import MessageType, publications
from riskwatch.deliver.publisher import AreaShape, Point, Publisher

NS = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
PUBLISHER = Publisher(
    sender="desk@example.org",
    sender_name={"en": "Example desk", "zh": "示例值守台"},
    categories={"public_health": "Health"},
)
WORDS = (words("en"), words("zh"))


def schema() -> etree.XMLSchema:
    """OASIS's schema, which lies beside the real records."""
    data = os.environ.get("RISKWATCH_DATA")
    if not data:
        pytest.skip("RISKWATCH_DATA is not set: the schema of CAP 1.2 lies beside the real records")
    return etree.XMLSchema(etree.parse(Path(data).parent / "oracles" / "CAP-v1.2.xsd"))


def life() -> list[AlertChange]:
    """Opened orange, acknowledged, red, hidden, shown again, ended."""
    made, at = [], AT_US
    standing = replace(alert(), state=State.OPEN, closed_at_us=None)
    steps = [
        (Reason.OPENED, {"level": Level.ORANGE}),
        (Reason.ACKNOWLEDGED, {"state": State.ACKNOWLEDGED}),
        (Reason.LEVEL_RAISED, {"level": Level.RED, "state": State.OPEN, "likelihood": 0.7}),
        (Reason.INHIBITED, {"shown": False}),
        (Reason.RELEASED, {"shown": True}),
        (Reason.CLEARED, {"state": State.RETURNED}),
    ]
    for n, (reason, what) in enumerate(steps, start=1):
        standing = replace(standing, revision=n, updated_at_us=at, **what)
        made.append(AlertChange(standing, reason, at, "engine"))
        at += 15 * MINUTE_US
    return made


def documents() -> list[bytes]:
    return [cap_document(p, WORDS, PUBLISHER) for p in publications(life())]


def test_a_life_is_published_as_alert_update_and_cancel():
    """What the desk does for itself is not published; hiding cancels, and showing again begins anew."""
    made = publications(life())
    assert [str(p.type) for p in made] == ["Alert", "Update", "Cancel", "Alert", "Cancel"]
    assert [len(p.references) for p in made] == [0, 1, 2, 0, 4]
    assert len({p.identifier for p in made}) == len(made)


def test_every_message_passes_the_schema_and_the_rules():
    """The schema is OASIS's, the rules are those it does not see."""
    checked = schema()
    for document in documents():
        checked.assertValid(etree.fromstring(document))
        assert cap_faults(document) == []


def test_a_message_is_in_english_and_chinese_with_level_and_place():
    """Severity comes from the level, certainty from the likelihood, urgency from the window."""
    first, raised = (etree.fromstring(d) for d in documents()[:2])
    assert first.findtext("c:info/c:severity", namespaces=NS) == "Severe"
    assert raised.findtext("c:info/c:severity", namespaces=NS) == "Extreme"
    assert [first.findtext("c:info/c:certainty", namespaces=NS)] == ["Possible"]
    assert raised.findtext("c:info/c:certainty", namespaces=NS) == "Likely"
    assert first.findtext("c:info/c:urgency", namespaces=NS) == "Expected"
    assert [i.text for i in first.findall("c:info/c:language", NS)] == ["en-US", "zh-CN"]
    assert first.findtext("c:sent", namespaces=NS) == "2016-02-10T10:45:00-05:00"
    assert first.findtext("c:info/c:area/c:geocode/c:value", namespaces=NS) == "T"


def test_the_public_never_reads_a_small_count():
    """Four calls are fewer than ten in both languages; twenty-seven are at least twenty."""
    for document in documents():
        text = " ".join(etree.fromstring(document).itertext())
        assert not re.search(r"\b4 fever|发热求助4次", text)
    assert "fewer than 10 fever calls" in documents()[0].decode()
    many = replace(life()[0].alert.contributions[0], observed=27)
    [message] = publications([replace(life()[0], alert=replace(life()[0].alert, contributions=(many,)))])
    assert "at least 20 fever calls" in cap_document(message, WORDS, PUBLISHER).decode()


def test_what_the_desk_confirmed_is_observed():
    """A verdict that the alert was right says that the outcome happened."""
    assert certainty(replace(alert(), verdict=Verdict.TRUE)) == "Observed"
    assert certainty(replace(alert(), verdict=Verdict.FALSE, likelihood=0.9)) == "Likely"
    assert certainty(replace(alert(), likelihood=0.5)) == "Possible"
    assert certainty(replace(alert(), likelihood=None)) == "Unknown"


@pytest.mark.parametrize(("window_h", "word"), [(1, "Immediate"), (6, "Expected"), (24, "Future")])
def test_urgency_is_how_quickly_the_evidence_came(window_h, word):
    """An hour's evidence is immediate, a week's lies ahead."""
    told = replace(alert().contributions[0], window_h=window_h)
    assert urgency(replace(alert(), contributions=(told,))) == word


def test_a_drill_says_so_in_status_and_headline():
    """An exercise is marked where a machine and where a person looks."""
    drill = replace(life()[0], alert=replace(life()[0].alert, mode=Mode.EXERCISE, drill="autumn"))
    root = etree.fromstring(cap_document(publications([drill])[0], WORDS, PUBLISHER))
    assert root.findtext("c:status", namespaces=NS) == "Exercise"
    assert all("EXERCISE" in h.text or "演练" in h.text for h in root.findall("c:info/c:headline", NS))


def test_notices_about_data_are_not_published():
    """A silent feed is the desk's matter."""
    notice = replace(life()[0], alert=replace(life()[0].alert, kind=AlertKind.DATA_HEALTH))
    assert publications([notice]) == []


def test_a_polygon_and_a_circle_of_the_publisher_are_told():
    """The circle's radius is in kilometres in CAP."""
    ring = ((40.0, -75.0), (40.1, -75.0), (40.1, -75.1), (40.0, -75.0))
    shape = AreaShape(geocode="42091", polygon=ring, circle=Point(lat=40, lon=-75, radius_m=2500))
    publisher = PUBLISHER.model_copy(update={"areas": {"T": shape}})
    root = etree.fromstring(cap_document(publications(life())[0], WORDS, publisher))
    assert root.findtext("c:info/c:area/c:circle", namespaces=NS) == "40,-75 2.5"
    assert root.findtext("c:info/c:area/c:polygon", namespaces=NS) == "40,-75 40.1,-75 40.1,-75.1 40,-75"
    assert root.findtext("c:info/c:area/c:geocode/c:value", namespaces=NS) == "42091"


BROKEN = {
    "Update without references": (rb"<references>.*?</references>", b"", "without references"),
    "a reference of two parts": (rb"(<references>[^,]*,[^,]*),[^ <]*", rb"\1", "is not sender,identifier"),
    "an expiry before sending": (rb"<expires>2016", b"<expires>2015", "is not after"),
    "UTC as Z": (rb"<sent>([^<]*)-05:00", rb"<sent>\1Z", "is not of the form"),
    "Restricted without a restriction": (rb"<scope>Public", b"<scope>Restricted", "come together"),
    "Private without addresses": (rb"<scope>Public", b"<scope>Private", "needs addresses"),
    "a comma in the sender": (rb"<sender>desk", b"<sender>de,sk", "holds a space, comma"),
    "no area": (rb"<area>.*?</area>", b"", "has no area"),
    "no geocode": (rb"<geocode>.*?</geocode>", b"", "neither polygon, circle nor geocode"),
    "an open polygon": (
        rb"<geocode>",
        b"<polygon>1,1 2,2 3,3 4,4</polygon><geocode>",
        "is not closed",
    ),
    "two blocks of one language": (rb"zh-CN", b"en-US", "two info blocks of one language"),
    "a test that does not say so": (rb"<status>Actual", b"<status>Test", "no headline says so"),
    "a circle in metres of a planet": (
        rb"<geocode>",
        b"<circle>1,1 90000</circle><geocode>",
        "is not latitude,longitude radius",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_the_schema_lets_pass_is_refused(name):
    """Each of these messages is a mistake that the rules tell of."""
    pattern, put, told = BROKEN[name]
    document = documents()[1]
    broken = re.sub(pattern, put, document, flags=re.DOTALL)
    assert broken != document
    assert any(told in fault for fault in cap_faults(broken)), cap_faults(broken)


def test_a_message_that_breaks_a_rule_does_not_leave():
    """The fault is named, with the message."""
    update = publications(life())[1]
    with pytest.raises(NotPublishable, match=r"rw-000000000001\.3.*without references"):
        cap_document(replace(update, references=()), WORDS, PUBLISHER)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Reason)),
            st.sampled_from(list(State)),
            st.booleans(),
            st.sampled_from(list(Level)),
            st.integers(0, 3 * HOUR_US),
        ),
        max_size=12,
    )
)
def test_any_life_is_published_in_order_and_by_the_rules(steps):
    """Each Update and Cancel names all that is standing, instants ascend, and no rule is broken."""
    at, changes = AT_US, []
    for n, (reason, state, shown, level, gap_us) in enumerate(steps, start=1):
        at += gap_us
        changed = replace(alert(), state=state, shown=shown, level=level, revision=n, updated_at_us=at)
        changes.append(AlertChange(changed, reason, at, "engine"))
    made = publications(changes)
    assert [p.sent_us for p in made] == sorted({p.sent_us for p in made})
    for n, message in enumerate(made):
        assert (message.type is MessageType.ALERT) == (not message.references)
        assert cap_faults(cap_document(message, WORDS, PUBLISHER)) == []
        if message.type is not MessageType.ALERT:
            assert len(message.references) == n


def test_an_alert_with_neighbours_is_of_all_its_areas():
    """One area element each, its own first, and the schema lets it pass."""
    made = [replace(c, alert=replace(c.alert, around=("C",))) for c in life()]
    root = etree.fromstring(cap_document(publications(made)[0], WORDS, PUBLISHER))
    for info in root.findall("c:info", NS):
        codes = [v.text for v in info.findall("c:area/c:geocode/c:value", NS)]
        assert codes == ["T", "C"]
    assert "Hill and 1 area around it" in root.findtext("c:info/c:headline", namespaces=NS)
    schema().assertValid(root)
