"""Every answer of the command line can be had as JSON."""

from __future__ import annotations

from datetime import datetime

import pytest
import typer
from cli_town import write_town

from riskwatch.cli.application import build

NO_ANSWER = {
    "run": "runs until stopped; what it does is read from its page and API",
    "serve": "serves until stopped; what it serves is read from its page and API",
}
"""Commands without `--json`, each with its reason."""


def _leaves(command, words=()):
    for name, below in getattr(command, "commands", {}).items():
        yield from _leaves(below, (*words, name))
    if not getattr(command, "commands", {}) or getattr(command, "invoke_without_command", False):
        yield " ".join(words), {o for p in command.params for o in p.opts}


def test_every_command_answers_as_json_or_has_a_reason():
    """The list of those that do not is as long as it must be, and no longer."""
    leaves = dict(_leaves(typer.main.get_command(build())))
    assert len(leaves) > 40
    assert {words for words, options in leaves.items() if "--json" not in options} == set(NO_ANSWER)


@pytest.fixture
def an_open(riskwatch, store):
    """The gravest open alert of the store, as JSON."""
    return riskwatch("alerts", "list", "--json", "--store", store).lines[0]


def test_why_has_the_keys_of_the_alert(riskwatch, store, an_open):
    """What explains an alert is told as the API tells it, and nothing of its life."""
    (why,) = riskwatch("alerts", "explain", an_open["id"], "--store", store, "--json").lines
    assert why["contributions"]
    assert why == {key: an_open[key] for key in why}
    assert {"likelihood", "impact", "chart", "model_versions", "sentence"} <= set(why)
    assert "state" not in why


def test_orders_answer_with_what_they_are_about(riskwatch, store, an_open):
    """A window that is lifted is told as it was declared; a drill has its name and its end."""
    by = ("--as", "Li", "--store", store, "--json")
    words = ("suppress", "--area", an_open["area"], "--reason", "works", "--hours", "2")
    (window,) = riskwatch(*words, *by).lines
    (lifted,) = riskwatch("lift", window["window"], *by).lines
    assert lifted == window | {"until": lifted["until"]}  # by the engine's clock, which stands in the past
    assert datetime.fromisoformat(lifted["until"]) < datetime.fromisoformat(window["until"])
    (drill,) = riskwatch("drill", "start", "spring", "--hours", "1", *by).lines
    assert drill["drill"] == "spring"
    assert datetime.fromisoformat(drill["until"]).utcoffset() is not None
    assert riskwatch("drill", "end", "--reason", "all did well", *by).lines == [
        {"drill": "spring", "reason": "all did well"}
    ]


def test_a_sample_and_a_partition_say_where_they_were_written(riskwatch, store, tmp_path, monkeypatch):
    """With the seed and the number drawn, and the entry as the file has it."""
    (drawn,) = riskwatch("audit", "sample", "--n", "5", "--store", store, "--json").lines
    assert drawn == {"file": str(tmp_path / "sample.csv"), "n": 5, "seed": 7}
    town = write_town(tmp_path / "town")
    monkeypatch.setenv("RISKWATCH_WORKSPACE", str(town))
    (entry,) = riskwatch("audit", "register", "income", "--by", "auditor", "--json").lines
    assert (entry["name"], entry["group_key"], len(entry["hash"])) == ("income", "income", 16)
    assert entry["hash"] in (town / "configs" / "partitions.yaml").read_text(encoding="utf-8")


def test_the_tree_has_the_keys_of_its_file(riskwatch, tmp_path, monkeypatch):
    """What a route does not say is left out; receivers say whether they page."""
    monkeypatch.setenv("RISKWATCH_WORKSPACE", str(write_town(tmp_path / "town")))
    (tree,) = riskwatch("route", "show", "--json").lines
    assert tree["receivers"]["chief"] == {"pages": True}
    assert tree["route"]["name"] == "all"
    (east,) = tree["route"]["routes"]
    assert east == {
        "name": "east",
        "match": {"areas": ["EAST"], "level": "orange"},
        "steps": [{"after_min": 15.0, "receivers": ["chief"]}],
    }


def test_a_folder_that_was_made_is_named(riskwatch, tmp_path):
    """With what was copied into it."""
    (made,) = riskwatch("init", "mine", "--json").lines
    assert made == {
        "folder": str(tmp_path / "mine"),
        "content": ["features", "models", "flows", "configs"],
    }


def test_delivery_answers_once_it_ends(riskwatch, store):
    """Without `--once` it does not end, and says so."""
    assert riskwatch("deliver", "--once", "--json", "--store", store).lines == [{"attempts": 0}]
    refused = riskwatch("deliver", "--json", "--store", store)
    assert refused.code == 2
    assert "--json goes with --once" in " ".join(refused.err.split())
    assert refused.out == ""
