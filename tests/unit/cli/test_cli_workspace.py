"""Init, demo, simulate and doctor: what a person does on the first day."""

from __future__ import annotations

import json
import socket

import pytest
from cli_run import own_process

from riskwatch.cli.bar_chart import bar_chart
from riskwatch.cli.page import held, in_use

SMALL = ["--set", "areas=20", "--set", "days=20", "--set", "events=3000"]
SMALL += [
    word
    for key in ("outbreak", "storm", "slow", "compound")
    for word in ("--set", f"incidents.{key}.start_days=[]")
]
SMALL += [
    word for key in ("gap", "backlog", "partial") for word in ("--set", f"outages.{key}.start_days=[]")
]
SMALL += ["--set", "new_codes.start_days=[]", "--set", "planned.start_days=[]"]


def test_init_makes_a_workspace_that_passes_its_check(riskwatch, tmp_path):
    """A desk owns features, models, flows and configs from then on."""
    target = tmp_path / "desk"
    result = riskwatch("init", target)
    assert result.code == 0
    assert "riskwatch check" in result.out
    assert sorted(p.name for p in target.iterdir() if p.is_dir()) == [
        "configs",
        "features",
        "flows",
        "models",
    ]
    assert not list(target.rglob("__pycache__"))
    done = own_process("check", cwd=target)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(target) in done.stdout


def test_init_never_mixes_with_what_is_there(riskwatch, tmp_path):
    """Unless it is told to; then files of the same name are replaced and others stay."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    result = riskwatch("init", "full")
    assert result.code == 2
    assert "is not empty" in result.err
    assert riskwatch("init", "full", "--force").code == 0
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"
    result = riskwatch("init", "full/notes.txt")
    assert result.code == 2
    assert "is a file" in result.err


def test_the_demo_prints_alerts_and_how_to_open_the_page(riskwatch, tmp_path):
    """A second run starts afresh in the folder that the first one made."""
    first = riskwatch("demo", *SMALL)
    assert first.code == 0
    assert "http://127.0.0.1:8750" in first.out
    assert "riskwatch serve" in first.out
    assert (tmp_path / "home" / "demo" / "truth.json").is_file()
    listed = riskwatch("alerts", "list", "--all", "--json").out
    again = riskwatch("demo", *SMALL, "--limit", 1, "--json")
    assert again.code == 0
    assert riskwatch("alerts", "list", "--all", "--json").out == listed
    (told,) = again.lines
    assert told["rows_read"] == told["accepted"] + told["duplicate"] + told["late"] + told["quarantined"]
    assert len(told["shown"]) == min(told["shown_in_all"], 1)


def test_the_demo_never_touches_a_real_store(riskwatch, store):
    """A folder without its mark is somebody's work."""
    before = sorted((p.name, p.stat().st_mtime_ns) for p in store.iterdir() if p.suffix != ".db-shm")
    result = riskwatch("demo", *SMALL, "--store", store)
    assert result.code == 1
    assert "was not made by the demo" in result.err
    assert (
        sorted((p.name, p.stat().st_mtime_ns) for p in store.iterdir() if p.suffix != ".db-shm") == before
    )


def test_the_demo_waits_for_who_serves_its_store(riskwatch, tmp_path):
    """A page would go on with files that are no longer there."""
    home = tmp_path / "home"
    (home / "demo").mkdir(parents=True)
    assert not in_use(home)
    with held(home):
        assert in_use(home)
        result = riskwatch("demo", *SMALL)
    assert result.code == 1
    assert "another riskwatch" in result.err


def test_the_demo_never_uses_a_named_database(riskwatch, monkeypatch):
    """RISKWATCH_DB is where real alerts live."""
    monkeypatch.setenv("RISKWATCH_DB", "sqlite:///real.db")
    result = riskwatch("demo", *SMALL)
    assert result.code == 1
    assert "RISKWATCH_DB" in result.err


def test_simulate_takes_every_parameter_and_tells_what_it_wrote(riskwatch, tmp_path):
    """Options win over the scenario's file; the truth comes only where it is asked for."""
    words = ["--areas", 12, "--days", 10, "--events", 500, "--seed", 5, "--start", "2026-02-01"]
    words += ["--timezone", "Asia/Shanghai", "--indicators", 6, "--set", "incidents.storm.count=0"]
    result = riskwatch("simulate", *words, "--out", "a/e.csv", "--truth", "a/t.json", "--json")
    assert result.code == 0
    told = json.loads(result.out)
    assert (told["areas"], told["indicators"]) == (12, 6)
    truth = json.loads((tmp_path / "a" / "t.json").read_text(encoding="utf-8"))
    assert (truth["seed"], truth["scenario"]["timezone"]) == (5, "Asia/Shanghai")
    assert "storm" not in {i["shape"] for i in truth["incidents"]}
    assert (tmp_path / "a" / "e.configs" / "sources" / "simulated.yaml").is_file()
    result = riskwatch(
        "simulate", *words, "--out", "b.jsonl", "--scenario", "quiet", "--set", "planned.count=0"
    )
    assert result.code == 0
    assert "riskwatch replay b.jsonl --source simulated" in result.out


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--set", "areas"], 2, "'areas' is not KEY=VALUE"),
        (
            ["--scenario", "nowhere"],
            2,
            "compound, crossing, crossing_even, crossing_unseen, demo, load, outbreak, quiet",
        ),
        (["--areas", "2"], 1, "options: areas: 2 is not accepted"),
        (["--out", "events.xlsx"], 1, "events.xlsx"),
        (["--areas", "many"], 2, "'--areas'"),
    ],
)
def test_a_mistake_of_simulate_is_told(words, code, expected, riskwatch):
    """Options are named as options."""
    result = riskwatch("simulate", "--days", 5, "--events", 100, *words)
    assert result.code == code
    assert expected in " ".join(result.err.split())


def test_doctor_tells_place_and_state_of_the_store(riskwatch, store):
    """An object a finding; nothing is broken here."""
    result = riskwatch("doctor", "--json")
    assert result.code == 0
    found = {line["name"]: line for line in result.lines}
    assert {"python", "libraries", "extra", "workspace", "store", "disk", "clock", "telemetry"} <= set(
        found
    )
    assert found["telemetry"]["value"].startswith("off")


def test_doctor_tells_what_an_open_store_holds(riskwatch, store, monkeypatch):
    """Size, schema, journal mode and the last tick."""
    monkeypatch.setenv("RISKWATCH_HOME", str(store))
    result = riskwatch("doctor")
    assert result.code == 0
    assert "journal wal" in result.out
    assert "2025-01-2" in result.out


def test_doctor_fails_where_something_is_broken(riskwatch, tmp_path, monkeypatch):
    """A file that is no database, a workspace that is not there."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "riskwatch.db").write_bytes(b"not a database" * 100)
    result = riskwatch("doctor")
    assert result.code == 1
    assert "cannot be opened" in result.out
    monkeypatch.setenv("RISKWATCH_WORKSPACE", str(tmp_path))
    assert riskwatch("doctor").code == 1


def test_a_password_is_never_printed(riskwatch, monkeypatch):
    """The URL of a database holds one."""
    monkeypatch.setenv("RISKWATCH_DB", "sqlite://user:secret@host/name")
    result = riskwatch("doctor")
    assert "secret" not in result.out + result.err


def test_a_taken_port_is_told(riskwatch, store):
    """With the option that takes another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = riskwatch("serve", "--store", store, "--port", taken.getsockname()[1])
    assert result.code == 1
    assert "--port" in result.err


def test_the_chart_scales_to_the_largest():
    """The expected line is drawn where no bar covers it."""
    assert bar_chart([0, 4], [2.0, 0.5], height=2) == ["4 ┤ █", "0 ┤─█"]
