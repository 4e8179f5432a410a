"""`riskwatch models`: the champion, what a bundle rests on, promotion and rollback as they are typed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "learn"))  # the candidate that is made there

from registered import candidate, desk_at, with_member

from riskwatch.succession import Succession


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store whose registry holds the bundle "next"."""
    pytest.importorskip("mlflow", reason="the layer 'analyst' is not installed")
    home = tmp_path_factory.mktemp("cli_registry") / "store"
    succession = Succession(desk_at(home))
    succession.register(with_member(candidate(succession._desk), home))
    return home


@pytest.fixture
def home(registry: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed at will."""
    return Path(shutil.copytree(registry, tmp_path / "models_store"))


def test_models_list_names_the_champion(riskwatch, home):
    """The configuration's bundle, until another is promoted; one JSON object a line."""
    first, second = riskwatch("models", "list", "--store", home, "--json").lines
    assert (first["version"], first["champion"], first["decision"]) == ("2026.11.1", True, "none")
    assert (second["version"], second["champion"], second["decision"]) == ("next", False, "pass")
    told = riskwatch("models", "list", "--store", home, "--lang", "zh").out
    assert "在岗" in told
    assert "通过" in told


def test_models_show_tells_what_a_bundle_rests_on(riskwatch, home):
    """Data, hashes, skill with its interval, verdict and the number of artifacts."""
    told = riskwatch("models", "show", "newest", "--store", home).out
    assert "next (not on duty)" in told
    assert "gate of fairness: pass: no worse than the champion" in told
    assert "gate of skill: pass: no worse than the champion" in told
    assert "0.500 [0.400, 0.600]" in told
    assert "data 1970-01-01 to 1970-01-02, 3 rows" in told
    one = riskwatch("models", "show", "next", "--store", home, "--json").lines[0]
    assert one["bundle"]["version"] == "next"
    assert {gate: v["decision"] for gate, v in one["verdicts"].items()} == {
        "fairness": "pass",
        "skill": "pass",
    }
    assert one["promotions"] == []


def test_models_promote_and_rollback_are_one_command_each(riskwatch, home):
    """Both say who, from, to and why; the ledger tells it again."""
    words = ("--as", "Li", "--reason", "calmer", "--store", home)
    done = riskwatch("models", "promote", "next", *words)
    assert done.code == 0
    assert "Li (unverified) put next on duty in place of 2026.11.1: calmer" in done.out
    back = riskwatch("models", "rollback", *words, "--json").lines[0]
    assert (back["before"], back["after"], back["rolled_back"]) == ("next", "2026.11.1", True)
    told = riskwatch("models", "show", "next", "--store", home).out
    assert "rolled back from next to 2026.11.1: calmer" in told


def test_models_promote_refuses_with_what_to_do(riskwatch, home):
    """A refusal is a sentence and the exit code 1; a name must be given."""
    words = ("--reason", "calmer", "--store", home)
    refused = riskwatch("models", "promote", "nobody", "--as", "Li", *words)
    assert refused.code == 1
    assert "bundle nobody is not known; see them with: riskwatch models list" in refused.err
    assert riskwatch("models", "promote", "next", "--as", " ", *words).code == 2
    over = riskwatch("models", "promote", "next", "--as", "Li", "--override", "Wu", *words)
    assert "promote it without --override" in over.err


def test_an_override_is_told(riskwatch, home):
    """Who answers for what the gate did not pass stands below the promotion."""
    Succession(desk_at(home)).ledger.judged("next", "fairness", {"decision": "fail", "why": "hills"})
    words = ("--as", "Li", "--reason", "the old one is worse", "--override", "Wu", "--store", home)
    assert "the gate said fail; Wu answers for it" in riskwatch("models", "promote", "next", *words).out


def test_train_says_what_an_empty_log_lacks(riskwatch, home):
    """A store without days has nothing to learn from; the champion is as it was."""
    told = riskwatch("train", "--store", home)
    assert told.code == 1
    assert "the feature log has no labelled row" in told.err


def test_train_needs_the_analysts_layer(riskwatch, home, monkeypatch):
    """And names the command that adds it."""
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "prefect" else found(name, *a)
    )
    told = riskwatch("train", "--store", home)
    assert told.code == 1
    assert "riskwatch train needs the extra 'analyst'; install it with: pip install" in told.err
