"""Source files: each mistake has its sentence, and people have no place in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ingest_town import document

from riskwatch.core.documents import parse_document
from riskwatch.core.errors import ConfigError
from riskwatch.ingest.mapping import SourceMapping, load_mapping
from riskwatch.ingest.personal import name_refusal
from riskwatch.ingest.quarantine import REASONS

ROOT = Path(__file__).parents[3]
BAD = sorted((ROOT / "tests" / "bad_configs" / "sources").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_mistake_is_told_in_these_words(path):
    """One file a mistake; its first lines hold the messages, all at once and in order."""
    expected = re.findall(r"^# expect: (.*)$", path.read_text(), flags=re.MULTILINE)
    with pytest.raises(ConfigError) as error:
        load_mapping(path, f"sources/{path.name}")
    assert str(error.value).splitlines() == [f"sources/{path.name}: {message}" for message in expected]


def test_there_are_mistakes():
    """An empty folder would pass."""
    assert len(BAD) > 30


def test_a_good_mapping_loads():
    """Defaults: the mapping's time zone for seasons, a week for jumps."""
    mapping = parse_document(document(), SourceMapping, "town.yaml")
    assert mapping.mapped == ("town", "title", "when")
    assert mapping.season_timezone == "America/New_York"
    assert (mapping.max_jump_h, mapping.stream, mapping.calendar) == (168, "default", None)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "name",
            "full_name",
            "firstName",
            "PATIENT",
            "caller",
            "callerPhone",
            "phone1",
            "e-mail",
            "email",
        ),
        *("ssn", "id_card", "IDCard", "passport_no", "addr", "Address", "street", "desc", "Description"),
        *(
            "comments",
            "note",
            "Notes",
            "remark",
            "lat",
            "lng",
            "Longitude",
            "birth_date",
            "age",
            "gender",
            "sex",
        ),
        *("姓名", "报警人姓名", "身份证", "电话", "手机号", "家庭地址", "经度", "性别", "备注", "投诉内容"),
    ],
)
def test_a_name_that_says_a_person_is_refused(name):
    """Word by word, in English and Chinese, whatever kind is declared."""
    assert name_refusal(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "twp",
            "zip",
            "title",
            "timeStamp",
            "area_name",
            "station name",
            "town_name",
            "category",
            "severity",
        ),
        *("message_id", "usage", "stage", "plateau", "latency", "agency", "region", "incident_no", "count"),
        *("街道", "乡镇", "发生时间", "事件类型", "数量"),
    ],
)
def test_a_name_of_a_place_or_a_code_is_not(name):
    """A word within a word does not count."""
    assert name_refusal(name) is None


def test_every_reason_and_key_is_in_the_docs():
    """What to do about each stands in docs/sources.md."""
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    keys = [*SourceMapping.model_fields, *SourceMapping.model_fields["columns"].annotation.model_fields]
    assert [word for word in [*REASONS, *keys] if f"`{word}`" not in text] == []


def test_a_file_that_is_missing_or_no_mapping_says_so(tmp_path):
    """As with every other config file."""
    with pytest.raises(ConfigError, match=r"^sources/a\.yaml: does not exist; create it or fix the name"):
        load_mapping(tmp_path / "a.yaml", "sources/a.yaml")
    (tmp_path / "a.yaml").write_text("columns: 7\n")
    with pytest.raises(ConfigError, match=r"sources/a\.yaml: columns: 7 is not accepted"):
        load_mapping(tmp_path / "a.yaml", "sources/a.yaml")
