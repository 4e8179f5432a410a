"""The catalogue: both languages say the same things, with the same fields, in every place that asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskwatch.core.alerts import AlertKind, Level, Reason, State, Verdict
from riskwatch.core.documents import read_yaml
from riskwatch.messages.catalogue import Catalogue, UnknownLanguage, fields_of, languages

ENGINE = Path(__file__).parents[3] / "riskwatch"


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    """A message that is missing in one language is found here, not on a page at night."""
    assert Catalogue("zh").keys == Catalogue("en").keys


def test_a_message_has_the_same_fields_in_both_languages() -> None:
    """A translation drops no fact; a singular may spell its number out."""
    en, zh = Catalogue("en"), Catalogue("zh")
    for key in en.keys:
        mine, theirs = fields_of(en.template(key)), fields_of(zh.template(key))
        spelt_out = {"n"} if key.endswith(".one") else set()
        assert mine - spelt_out == theirs - spelt_out, key


def test_every_plural_has_both_forms() -> None:
    """`.one` never comes without `.other`."""
    keys = Catalogue("en").keys
    assert {k[:-4] for k in keys if k.endswith(".one")} == {k[:-6] for k in keys if k.endswith(".other")}


def test_every_level_kind_state_verdict_and_reason_has_a_word() -> None:
    """Whatever an alert can be is said in both languages."""
    wanted = [f"level.{level.word}" for level in Level]
    for prefix, members in (
        ("kind", AlertKind),
        ("state", State),
        ("verdict", Verdict),
        ("reason", Reason),
    ):
        wanted += [f"{prefix}.{member}" for member in members]
    for lang in languages():
        assert set(wanted) <= set(Catalogue(lang).keys)


def test_every_key_that_code_or_template_names_exists() -> None:
    """No key is misspelt where it is asked for."""
    keys = set(Catalogue("en").keys)
    asked = re.compile(
        r"""(?:\bt|\bn|\.text|\.count|\.template|BadInput)\(\s*["']([a-z_.]+\.[a-z_.]+)["']"""
    )
    files = [*ENGINE.glob("messages/*.py"), *ENGINE.glob("deliver/*.py"), *ENGINE.glob("api/**/*")]
    named = {
        key
        for path in files
        if path.suffix in (".py", ".html")
        for key in asked.findall(path.read_text(encoding="utf-8"))
        if not key.endswith(".")  # put together from a prefix; the test above has those
    }
    assert len(named) > 100
    assert {k for k in named if k not in keys and f"{k}.one" not in keys} == set()


def test_every_message_is_text() -> None:
    """YAML reads a bare true, no or 3 as something else; such a message is in quotes."""
    for lang in languages():
        read = read_yaml(ENGINE / "messages" / f"{lang}.yaml", f"{lang}.yaml")
        assert [key for key, template in read.items() if not isinstance(template, str)] == []


def test_an_unknown_language_names_the_known_ones() -> None:
    """The error says what to use instead."""
    with pytest.raises(UnknownLanguage, match=r"^language 'fr' is unknown; use one of en, zh$"):
        Catalogue("fr")


def test_an_unknown_key_is_an_error() -> None:
    """A key never shows through to a reader."""
    with pytest.raises(KeyError, match=r"zh.yaml has no message 'page.nothing'"):
        Catalogue("zh").text("page.nothing")


@pytest.mark.parametrize(
    ("parts", "en", "zh"),
    [
        ([], "", ""),
        (["a"], "a", "a"),
        (["a", "b"], "a and b", "a和b"),
        (["a", "b", "c"], "a, b and c", "a、b和c"),
    ],
)
def test_lists_are_joined_as_the_language_does(parts: list[str], en: str, zh: str) -> None:
    """Commas between, a word before the last."""
    assert Catalogue("en").joined(parts) == en
    assert Catalogue("zh").joined(parts) == zh
