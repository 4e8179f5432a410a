"""The rules of the ingest and of the retention: told when wrong, and every key of them documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskwatch.core.documents import parse_document
from riskwatch.core.errors import ConfigError
from riskwatch.core.retention import RetentionRules
from riskwatch.ingest.rules import IngestRules

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("model", "page"), [(IngestRules, "ingest"), (RetentionRules, "retention")])
def test_every_key_is_in_the_docs_and_in_the_workspace(model, page):
    """docs/ and configs/ name each; tokens are an example there."""
    told = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    given = (ROOT / "configs" / f"{page}.yaml").read_text(encoding="utf-8")
    for key in model.model_fields:
        assert f"`{key}`" in told
        assert f"{key}:" in given


def test_every_refusal_is_in_the_docs():
    """By the word that machines read."""
    from riskwatch.api.turned_away import STATUS

    told = (ROOT / "docs" / "ingest.md").read_text(encoding="utf-8")
    assert [word for word in STATUS if f"`{word}`" not in told] == []


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"rows": 0}, "ingest.yaml: rows: 0 is not accepted; input should be greater than or equal to 1"),
        ({"speed": 1}, "ingest.yaml: speed: is not a known key; remove it or fix its spelling"),
        (
            {"tokens": {"fire": "secret"}},
            "ingest.yaml: tokens: the token of 'fire' is not the SHA-256 of one; give 64 hex digits, "
            "as from: printf %s TOKEN | sha256sum",
        ),
    ],
)
def test_rules_that_make_no_sense_are_told(raw, told):
    """A token in plain text never stands in a file."""
    with pytest.raises(ConfigError) as error:
        parse_document(raw, IngestRules, "ingest.yaml")
    assert str(error.value) == told
