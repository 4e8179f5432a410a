"""YAML at the door: repeated keys, strange scalars and every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import Field, field_validator

from riskwatch.core.config_folder import ConfigFolder
from riskwatch.core.documents import Document, parse_document, read_document, read_yaml
from riskwatch.core.errors import ConfigError


class Part(Document):
    hours: float = Field(gt=0)


class Rule(Document):
    name: str
    parts: Mapping[str, Part] = {}
    levels: tuple[int, ...] = ()

    @field_validator("name")
    @classmethod
    def _short(cls, name: str) -> str:
        if len(name) > 5:
            raise ValueError(f"name '{name}' is long; use 5 letters")
        if name == "bad":
            raise ValueError("name is bad")
        return name


def told(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "rule.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as error:
        read_document(path, Rule, "rule.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name: a\nname: b\n", "line 2: is not valid YAML: key 'name' is given twice; fix the line"),
        ("parts: {x: {}, x: {}}\n", "line 1: is not valid YAML: key 'x' is given twice; fix the line"),
        ("a: 1\n? [b, c]\n: 2\n", "line 2: is not valid YAML: a key is a list or a mapping; fix the line"),
        (
            "a:\n  due: 2026-02-30\n",
            "line 2: is not valid YAML: '2026-02-30' is no value (day is out of range for month); "
            "fix the line",
        ),
        (
            "a: [1, 2\nb: 3\n",
            "line 2: is not valid YAML: expected ',' or ']', but got ':'; fix the line",
        ),
        (
            "a: &x {b: *x}\n",
            "line 1: is not valid YAML: found unconstructable recursive node; fix the line",
        ),
        (
            "a: !!python/name:os.system x\n",
            "line 1: is not valid YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/name:os.system'; fix the line",
        ),
        ("a: \x01\n", "is not valid YAML: special characters are not allowed; fix the line"),
        ("- a\n- b\n", "has no keys at its top level; write `key: value` lines"),
        ("", "has no keys at its top level; write `key: value` lines"),
        ("just words", "has no keys at its top level; write `key: value` lines"),
        ("name: 县\n".encode("gbk"), "is not UTF-8 (invalid continuation byte); save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_mapping_says_why(tmp_path, content, message):
    """Also what plain YAML reads in silence, such as a key given twice."""
    assert told(tmp_path, content) == (f"rule.yaml: {message}")


def test_all_faults_of_a_document_come_at_once(tmp_path):
    """Each with its place, what is wrong and what to do."""
    content = "nam: x\nparts: {a: {hours: -1}, b: {hours: soon}, c: {hours: .inf}}\nlevels: 3\n"
    assert told(tmp_path, content).splitlines() == [
        "rule.yaml: name: is missing; add it",
        "rule.yaml: parts.a.hours: -1 is not accepted; input should be greater than 0",
        "rule.yaml: parts.b.hours: 'soon' is not accepted; "
        "input should be a valid number, unable to parse string as a number",
        "rule.yaml: parts.c.hours: inf is not accepted; input should be a finite number",
        "rule.yaml: levels: 3 is not accepted; input should be a valid tuple",
        "rule.yaml: nam: is not a known key; remove it or fix its spelling",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lengthy", "rule.yaml: name: name 'lengthy' is long; use 5 letters"),
        ("bad", "rule.yaml: name: name is bad; correct it"),
    ],
)
def test_our_own_validators_speak_for_themselves(name, message):
    """What stands before the semicolon is the fault, what stands behind it the fix."""
    with pytest.raises(ConfigError) as error:
        parse_document({"name": name}, Rule, "rule.yaml")
    assert str(error.value) == message


def test_a_long_input_is_shown_shortened():
    """A message stays a line."""
    with pytest.raises(ConfigError) as error:
        parse_document({"name": ["x" * 100]}, Rule, "rule.yaml")
    assert len(str(error.value)) < 130
    assert "..." in str(error.value)


def test_a_missing_file_or_a_folder_says_so(tmp_path):
    """As a fault, with the place that was tried."""
    with pytest.raises(ConfigError) as error:
        read_yaml(tmp_path / "no.yaml", "no.yaml")
    assert str(error.value) == (
        f"no.yaml: does not exist; create it or fix the name ({tmp_path / 'no.yaml'})"
    )
    with pytest.raises(ConfigError, match=r"^x: cannot be read \(Is a directory\); give it a file"):
        read_yaml(tmp_path, "x")


def test_yaml_keeps_its_own_ways(tmp_path):
    """Anchors, merged keys, numbers, dates and a byte order mark still read."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "\ufeffbase: &b {x: 1, y: 0x1f}\nmore: {<<: *b, x: 2.5}\nday: 2026-02-28\n", encoding="utf-8"
    )
    read = read_yaml(path, "a.yaml")
    assert read["more"] == {"x": 2.5, "y": 31}
    assert read["day"].isoformat() == "2026-02-28"


def test_overlay_wins_file_by_file(tmp_path):
    """A name found in the overlay is read there, any other in the workspace."""
    root, overlay = tmp_path / "w", tmp_path / "o"
    for folder, names in ((root / "configs", ("a", "b")), (overlay, ("b", "c"))):
        (folder / "sources").mkdir(parents=True)
        for name in names:
            (folder / "sources" / f"{name}.yaml").write_text(f"{folder.name} {name}")
    configs = ConfigFolder(root, overlay)
    assert configs.path("sources/a.yaml") == root / "configs" / "sources" / "a.yaml"
    assert configs.path("sources/b.yaml") == overlay / "sources" / "b.yaml"
    assert configs.path("sources/x.yaml") == root / "configs" / "sources" / "x.yaml"
    assert configs.names("sources") == ["sources/a.yaml", "sources/b.yaml", "sources/c.yaml"]


def test_digest_names_what_was_read(tmp_path):
    """Same files and contents give the same digest, in whatever order; another byte gives another."""
    (tmp_path / "configs").mkdir()
    a, b = (tmp_path / "configs" / n for n in ("a.yaml", "b.yaml"))
    a.write_text("1")
    b.write_text("2")

    def digest(*names: str) -> str:
        configs = ConfigFolder(tmp_path)
        for name in names:
            configs.path(name)
        return configs.digest()

    before = digest("a.yaml", "b.yaml")
    assert before == digest("b.yaml", "a.yaml")
    assert before != digest("a.yaml")
    assert len(before) == 16
    b.write_text("3")
    assert digest("a.yaml", "b.yaml") != before
