"""Run and serve as real processes: a growing file, the page, and a clean stop."""

from __future__ import annotations

import http.client
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cli_run import environment

from riskwatch.cli.live import followed, names_of

WAIT_S = 180.0


@contextmanager
def started(*words: object, cwd: Path):
    """The process and the address of its page; it never outlives the test."""
    log = cwd / "stderr.txt"
    with log.open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "riskwatch", *map(str, words), "--port", "0"],
            stderr=err,
            stdout=subprocess.DEVNULL,
            cwd=cwd,
            env=environment(),
        )
    try:
        yield (
            process,
            until(lambda: re.search(r"http://127\.0\.0\.1:\d+", log.read_text()), process)[0],
            log,
        )
    finally:
        process.kill()
        process.wait()


def until(look, process: subprocess.Popen[bytes]):
    """What `look` finds, within three minutes, while the process lives."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        assert process.poll() is None, "the process has ended"
        time.sleep(0.05)
    raise AssertionError("nothing came within three minutes")


def begun(database: Path) -> bool:
    """Whether the first rows are in the inbox."""
    if not database.exists():
        return False
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as opened:
        try:
            return bool(opened.execute("SELECT count(*) FROM inbox").fetchone()[0])
        except sqlite3.OperationalError:  # its tables are not made yet
            return False


def get(url: str) -> tuple[int, bytes]:
    """The status and the body of the page."""
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)) as connection:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, answer.read()


def call(minutes_ago: float) -> str:
    """A line of the department, so many minutes old."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return f"EMS: FEVER,{at.astimezone(ZoneInfo('America/New_York')):%Y-%m-%d %H:%M:%S},ABINGTON\n"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_follows_a_growing_file_until_it_is_stopped(number, riskwatch, tmp_path):
    """Rows arrive, the page answers, and a signal ends it with 0 and a saved state."""
    file, store = tmp_path / "calls.csv", tmp_path / "store"
    file.write_text("title,timeStamp,twp\n" + "".join(call(m) for m in range(90, 1, -1)))
    words = ("run", "--follow", f"montco911={file}", "--store", store)
    with started(*words, cwd=tmp_path) as (process, url, log):
        until(lambda: "montco911: rows read 89" in log.read_text(), process)
        with file.open("a") as grown:
            grown.write(call(0))
        until(lambda: "montco911: rows read 1\n" in log.read_text(), process)
        assert get(url)[0] == 200
        process.send_signal(number)
        assert process.wait(60) == 0
    assert "stopped" in log.read_text()
    assert "Traceback" not in log.read_text()
    assert len(list((store / "snapshots").glob("*.npz"))) >= 1
    told = json.loads(riskwatch("replay", file, "--source", "montco911", "--store", store, "--json").out)
    assert (told["rows_read"], told["duplicate"]) == (90, 90)


@pytest.mark.slow
def test_run_begins_a_store_for_a_source_that_only_sends(tmp_path):
    """No file is needed: the first request is durable and decided."""
    with started("run", "--source", "montco911", "--store", "s", cwd=tmp_path) as (_, url, _log):
        with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=WAIT_S)) as connection:
            at = datetime.now(ZoneInfo("America/New_York")) - timedelta(minutes=1)
            row = {"twp": "ABINGTON", "title": "EMS: FEVER", "timeStamp": f"{at:%Y-%m-%d %H:%M:%S}"}
            headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "1"}
            connection.request("POST", "/v1/events?source=montco911", json.dumps(row), headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
        assert answer.status in (200, 202), told
        assert (told["rows"], told["quarantined"]) == (1, 0)


def test_serve_shows_a_store_until_it_is_stopped(store, tmp_path):
    """Page and API over what is there."""
    with started("serve", "--store", store, cwd=tmp_path) as (process, url, log):
        assert b"riskwatch" in get(url)[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--follow", "montco911"], "is not SOURCE=PATH"),
        (["--follow", "montco911=a.parquet"], "a file that grows is text"),
        (["--follow", "montco911=a.csv", "--follow", "montco911=b.csv"], "followed twice"),
        (["--follow", "nobody=a.csv"], "source 'nobody' is unknown"),
    ],
)
def test_a_mistake_of_run_is_told(words, expected, riskwatch):
    """Before anything is opened."""
    result = riskwatch("run", *words)
    assert result.code == 2
    assert expected in " ".join(result.err.split())


def test_followed_paths_are_seen_from_the_current_folder(tmp_path):
    """As everywhere else on a command line."""
    from riskwatch.cli.shell import Shell

    shell = Shell({}, tmp_path, "en")
    assert followed(shell, ["a=x.csv"]) == {"a": tmp_path.resolve() / "x.csv"}


def test_a_page_of_this_machine_answers_to_its_names_only():
    """A name that was made to point here stays out."""
    assert "localhost" in names_of("127.0.0.1")
    assert names_of("0.0.0.0") == ()  # noqa: S104 - whoever opens it to others was warned


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error(store, tmp_path):
    """As in `riskwatch alerts list --all --json | head -1`."""
    words = ["alerts", "list", "--all", "--json", "--store", str(store)]
    process = subprocess.Popen(
        [sys.executable, "-m", "riskwatch", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(120) in (0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.04, 0.3, 1.0])
def test_control_c_leaves_no_traceback(after_s, county, tmp_path):
    """A replay that was stopped goes on another time; 130 is what shells expect.

    The first moments are those in which loops are compiled or loaded, which no exception may enter.
    """
    told, code = stopped(county, tmp_path, [after_s])
    assert code in (0, 130, -signal.SIGINT), told  # 0 or the signal itself if it was ending
    assert b"Traceback" not in told


@pytest.mark.slow
def test_control_c_twice_ends_at_once_and_nothing_is_lost(county, riskwatch, tmp_path):
    """Also amidst the compilation of a fresh machine; the next replay goes on from there."""
    told, code = stopped(county, tmp_path, [0.05, 0.0], NUMBA_CACHE_DIR=str(tmp_path / "loops"))
    assert (code, b"Traceback" in told, b"stopping" in told) == (130, False, True)
    alerts = []
    for store in (tmp_path / "s", tmp_path / "fresh"):
        riskwatch("replay", county, "--source", "simulated", "--store", store)
        alerts.append(riskwatch("alerts", "list", "--all", "--json", "--store", store).out)
    assert alerts[0] == alerts[1] != ""


def stopped(county: Path, folder: Path, waits_s: list[float], **extra: str) -> tuple[bytes, int]:
    """What a replay told, and its exit code, that got a Ctrl-C after each of these waits."""
    words = ["replay", str(county), "--source", "simulated", "--store", str(folder / "s")]
    process = subprocess.Popen(
        [sys.executable, "-m", "riskwatch", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment() | extra,
        preexec_fn=_takes_control_c,  # noqa: PLW1509 - this process has one thread
    )
    until(lambda: begun(folder / "s" / "riskwatch.db"), process)
    for wait_s in waits_s:
        time.sleep(wait_s)
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)  # two that come at once are one
    told = process.communicate(timeout=120)[1]
    return told, process.returncode


def _takes_control_c() -> None:
    """A shell's background jobs ignore it, and so would the tests that one runs there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
