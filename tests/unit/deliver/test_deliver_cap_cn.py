"""The national dialect: its root, its identifiers, its colours, its file names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deliver_town import words
from lxml import etree
from pydantic import ValidationError
from test_deliver_cap import PUBLISHER, life

from riskwatch.core.errors import ConfigError
from riskwatch.core.side_states import Mode
from riskwatch.deliver.cap import NotPublishable
from riskwatch.deliver.cap_cn import national_document
from riskwatch.deliver.publications import publications
from riskwatch.deliver.publisher import AreaShape, NationalDialect, Point

NS = {"c": "http://com.icss.amp"}
DIALECT = NationalDialect(
    sender_code="42011541500000", issuer="某区值守台", default_event="11B03", events={"gastro": "13A01"}
)
SET = PUBLISHER.model_copy(update={"national": DIALECT})
ZH = words("zh")


def test_a_message_has_the_root_times_and_words_of_the_dialect():
    """Beijing time with a space, the colour as severity, the issuer in the headline."""
    name, document = national_document(publications(life())[0], ZH, SET)
    root = etree.fromstring(document)
    assert root.tag == "{http://com.icss.amp}alert"
    assert root.findtext("c:identifier", namespaces=NS) == "42011541500000_20160210234500"
    assert root.findtext("c:sent", namespaces=NS) == "2016-02-10 23:45:00+08:00"
    assert root.findtext("c:info/c:severity", namespaces=NS) == "Orange"
    assert root.findtext("c:info/c:eventType", namespaces=NS) == "13A01"
    assert root.findtext("c:info/c:headline", namespaces=NS) == "某区值守台发布stomach illness橙色预警"
    assert root.findtext("c:info/c:area/c:geocode", namespaces=NS) == "T"
    assert name == "42011541500000_20160210234500_13A01_ORANGE_ALERT.XML"


def test_an_update_refers_to_the_identifiers_that_were_sent():
    """References carry the identifiers of the dialect, spaced as those messages were."""
    first, update, *_ = publications(life())
    _, sent = national_document(first, ZH, SET, lambda _: 2)
    name, document = national_document(update, ZH, SET, lambda _: 2)
    identifier = etree.fromstring(sent).findtext("c:identifier", namespaces=NS)
    assert identifier == "42011541500000_20160210234502"
    assert identifier in etree.fromstring(document).findtext("c:references", namespaces=NS)
    assert name.endswith("_RED_UPDATE.XML")


def test_the_end_is_a_cancel_whose_headline_lifts_the_warning():
    """解除 instead of 发布."""
    name, document = national_document(publications(life())[-1], ZH, SET)
    assert "解除" in etree.fromstring(document).findtext("c:info/c:headline", namespaces=NS)
    assert name.endswith("_CANCEL.XML")


def test_two_alerts_of_one_second_have_two_identifiers():
    """The second of them carries a second more."""
    [message] = publications(life()[:1])
    names = {national_document(message, ZH, SET, lambda _, n=n: n)[0] for n in range(5)}
    assert len(names) == 5


def test_a_drill_is_of_status_test_and_says_so():
    """The dialect knows Actual and Test."""
    drill = replace(life()[0], alert=replace(life()[0].alert, mode=Mode.EXERCISE))
    root = etree.fromstring(national_document(publications([drill])[0], ZH, SET)[1])
    assert root.findtext("c:status", namespaces=NS) == "Test"
    assert "演练" in root.findtext("c:info/c:headline", namespaces=NS)


def test_a_circle_is_in_metres():
    """Unlike in CAP 1.2."""
    shape = AreaShape(circle=Point(lat=30.5, lon=114.3, radius_m=2500))
    publisher = SET.model_copy(update={"areas": {"T": shape}})
    root = etree.fromstring(national_document(publications(life())[0], ZH, publisher)[1])
    assert root.findtext("c:info/c:area/c:circle", namespaces=NS) == "30.5,114.3 2500"


def test_without_a_sender_code_the_setting_is_named():
    """publisher.yaml says what is missing."""
    with pytest.raises(ConfigError, match=r"publisher\.yaml: national"):
        national_document(publications(life())[0], ZH, PUBLISHER)


def test_an_update_without_references_does_not_leave():
    """As in CAP 1.2."""
    update = replace(publications(life())[1], references=())
    with pytest.raises(NotPublishable, match="Update without references"):
        national_document(update, ZH, SET)


@pytest.mark.parametrize("code", ["4201154150000", "420115415000001", "ABCDEF41500000", "42011541500 00"])
def test_a_sender_code_has_fourteen_characters_and_begins_with_a_region(code):
    """GB/T 2260 code 6, industry 3, unit 3, extension 2."""
    with pytest.raises(ValidationError, match="14 letters and digits"):
        NationalDialect(sender_code=code, issuer="x", default_event="11B03")


def test_an_alert_with_neighbours_is_of_all_its_areas():
    """The dialect has an area element for each, too."""
    made = [replace(c, alert=replace(c.alert, around=("C",))) for c in life()]
    root = etree.fromstring(national_document(publications(made)[0], ZH, SET)[1])
    assert [v.text for v in root.findall("c:info/c:area/c:geocode", NS)] == ["T", "C"]
