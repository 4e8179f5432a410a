"""Replay: the account of a file, the second time, and what is told of mistakes."""

from __future__ import annotations

import json
import shutil
import signal

import pytest

from riskwatch.cli.meter import Meter, text_bytes
from riskwatch.cli.shell import stem_of

KEYS = [
    *("rows_read", "accepted", "duplicate", "late", "quarantined"),
    *("ticks", "alerts", "wall_s", "events_per_s"),
]


def test_a_replay_ends_with_one_object_whose_account_adds_up(riskwatch, county, tmp_path):
    """The configs beside the file win, so that it can be replayed at once."""
    result = riskwatch("replay", county, "--source", "simulated", "--store", tmp_path / "s", "--json")
    assert result.code == 0
    told = json.loads(result.out)
    assert list(told) == KEYS
    assert told["rows_read"] > 5000
    assert told["rows_read"] == sum(told[k] for k in ("accepted", "duplicate", "late", "quarantined"))
    assert list(told["alerts"]) == ["red", "orange", "yellow", "blue"]


def test_a_second_replay_reports_duplicates_and_changes_nothing(riskwatch, county, store):
    """Every row that was read before is a duplicate now."""
    before = riskwatch("alerts", "list", "--all", "--json", "--store", store).out
    told = json.loads(riskwatch("replay", county, "--source", "simulated", "--store", store, "--json").out)
    assert told["rows_read"] == told["duplicate"] > 0
    assert told["ticks"] == 0
    assert riskwatch("alerts", "list", "--all", "--json", "--store", store).out == before


def test_people_read_a_summary_with_what_was_set_aside(riskwatch, county, tmp_path):
    """Reasons are counted, and the command that shows the rows is named."""
    result = riskwatch("replay", county, "--source", "simulated", "--store", tmp_path / "s")
    assert result.code == 0
    assert "read =" in result.out
    if "set aside" in result.out:
        assert "unknown_code" in result.out
        assert "riskwatch quarantine" in result.out


def test_the_quarantine_is_listed(riskwatch, store):
    """Counted by reason for people, row by row for machines."""
    rows = riskwatch("quarantine", "--store", store, "--json", "--limit", 3).lines
    assert len(rows) <= 3
    told = riskwatch("quarantine", "--store", store).out
    assert all(row["reason"] in told for row in rows)


def test_a_missing_file_is_a_mistake_that_makes_no_store(riskwatch, tmp_path):
    """The message names the file."""
    result = riskwatch("replay", "nowhere.csv", "--source", "montco911", "--store", tmp_path / "s")
    assert result.code == 2
    assert "nowhere.csv does not exist" in " ".join(result.err.split())
    assert not (tmp_path / "s").exists()


def test_an_unknown_source_is_a_mistake_that_makes_no_store(riskwatch, county, tmp_path):
    """The message lists the known ones, those beside the file included."""
    result = riskwatch("replay", county, "--source", "simulate", "--store", tmp_path / "s")
    told = " ".join(result.err.split())
    assert result.code == 2
    assert "source 'simulate' is unknown" in told
    assert "montco911, simulated" in told
    assert not (tmp_path / "s").exists()


def test_a_file_that_cannot_be_read_ends_with_one_sentence(riskwatch, county, tmp_path):
    """Without a traceback, with exit code 1."""
    shutil.copytree(county.with_name("events.configs"), tmp_path / "broken.configs")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    result = riskwatch("replay", "broken.parquet", "--source", "simulated", "--store", tmp_path / "s")
    assert result.code == 1
    assert result.err.startswith("error: broken.parquet: is not a readable Parquet file")
    assert "Traceback" not in result.err


def test_debug_shows_where(riskwatch, county, tmp_path, monkeypatch):
    """RISKWATCH_DEBUG=1 is for those who repair."""
    from riskwatch.core.errors import SourceError

    monkeypatch.setenv("RISKWATCH_DEBUG", "1")
    shutil.copytree(county.with_name("events.configs"), tmp_path / "broken.configs")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceError):
        riskwatch("replay", "broken.parquet", "--source", "simulated", "--store", tmp_path / "s")


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.csv", "a"), ("a.csv.gz", "a"), ("2016.calls.parquet", "2016.calls"), ("a.JSONL.GZ", "a")],
)
def test_the_overlay_is_named_after_the_file(name, stem, tmp_path):
    """`events.configs` beside `events.parquet`, `.gz` left out."""
    assert stem_of(tmp_path / name) == stem


def test_the_bytes_of_a_gzip_file_are_those_of_its_text(tmp_path):
    """Its last four bytes say so; where they cannot be true, nobody knows."""
    import gzip

    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"x" * 5000))
    assert text_bytes(path) == 5000
    path.write_bytes(path.read_bytes()[:20])
    assert text_bytes(path) in range(2**32)
    path.write_bytes(b"short")
    assert text_bytes(path) == 0


def test_a_meter_tells_a_line_now_and_then_where_there_is_no_terminal(monkeypatch):
    """Every five seconds, with the part that is done if it is known."""
    import io

    from rich.console import Console

    now = [0.0]
    monkeypatch.setattr("riskwatch.cli.meter.time.monotonic", lambda: now[0])
    console = Console(file=io.StringIO(), width=80)
    with Meter(console, "replaying", 200, "stopping") as meter:
        for second in range(11):
            now[0] = float(second)
            meter.update(20 * second, f"second {second}")
    assert console.file.getvalue() == "replaying   50%  second 5\nreplaying  100%  second 10\n"


def test_a_meter_is_a_bar_on_a_terminal():
    """It goes away when the work is done."""
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with Meter(console, "replaying", 10, "stopping") as meter:
        meter.update(5, "half")
    assert "replaying" in console.file.getvalue()


@pytest.fixture
def control_c():
    """What a person's terminal does with Ctrl-C, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("control_c")
def test_control_c_stops_a_meter_at_its_next_update_and_not_before(capfd):
    """Compiled loops crash on an exception that comes in their midst."""
    import io

    from rich.console import Console

    with Meter(Console(file=io.StringIO()), "replaying", 10, "stopping") as meter:
        signal.raise_signal(signal.SIGINT)  # and no exception yet
        with pytest.raises(KeyboardInterrupt):
            meter.update(5, "half")
    assert capfd.readouterr().err == "\nstopping\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_meter_leaves_alone_what_others_do_with_control_c():
    """As where `nohup` or a job in the background ignores it."""
    import io

    from rich.console import Console

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Meter(Console(file=io.StringIO()), "replaying", 10, "stopping") as meter:
            signal.raise_signal(signal.SIGINT)
            meter.update(5, "half")
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
