"""The runner of the benchmark: what it reads, refuses and writes."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from made_nab import LEAP, ROWS, made_corpus, stamp, stream, text_of

from models.gauge_surprise import GaugeSurprise
from riskwatch.audit.nab import judge, run, write
from riskwatch.audit.nab_corpus import Corpus
from riskwatch.audit.nab_score import PROFILES, SILENT, Scored
from riskwatch.core.errors import SourceError


@pytest.fixture
def folder(tmp_path):
    return made_corpus(tmp_path / "data")


def test_a_leap_is_found_and_calm_streams_are_silent(folder):
    """The whole way from files to a verdict by category, with the recipe as it ships."""
    corpus = Corpus.open(folder)
    scored = [(s.category, Scored(found, s.windows)) for s, found in run(corpus, GaugeSurprise)]
    verdict = judge(scored, PROFILES[0], GaugeSurprise.ALARM)
    standings = {s.category: s for s in verdict.standings}
    assert list(standings) == ["artificialCalm", "realMade", ""]
    assert standings["artificialCalm"].score is None
    assert (verdict.overall.files, verdict.overall.windows, verdict.overall.found) == (3, 1, 1)
    assert verdict.overall.false_alarms == 0
    assert verdict.overall.score == pytest.approx(100.0, abs=2.0)
    best = judge(scored, PROFILES[0])
    assert best.overall.score >= verdict.overall.score


def test_every_file_has_a_detector_of_its_own(folder):
    """The order of files and what lies beside one change none of its scores."""
    together = {s.name: found for s, found in run(Corpus.open(folder), GaugeSurprise)}
    (folder / "artificialCalm" / "calm.csv").unlink()
    (folder / "realMade" / "calm.csv.gz").unlink()
    ((alone, found),) = run(Corpus.open(folder), GaugeSurprise)
    assert np.array_equal(found, together[alone.name])


def test_scores_are_written_in_the_result_format(folder, tmp_path):
    """riskwatch/CATEGORY/riskwatch_FILE.csv with timestamp and value as they were written."""
    corpus = Corpus.open(folder)
    for read, found in run(corpus, GaugeSurprise):
        path = write(read, found, tmp_path / "out")
        assert path.relative_to(tmp_path / "out").as_posix() in {
            "riskwatch/realMade/riskwatch_leaps.csv",
            "riskwatch/realMade/riskwatch_calm.csv",
            "riskwatch/artificialCalm/riskwatch_calm.csv",
        }
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == ["timestamp", "value", "anomaly_score", "label"]
        assert [(r["timestamp"], r["value"]) for r in rows] == list(read.written)
        assert [float(r["anomaly_score"]) for r in rows] == found.tolist()
        labels = [int(r["label"]) for r in rows]
        assert sum(labels) == (71 if read.name == "realMade/leaps.csv" else 0)


def test_windows_are_found_where_the_benchmark_has_them(folder):
    """In the folder, or in `labels` beside it as a checkout has them; without any, nothing is judged."""
    limits = Corpus.open(folder).windows
    (folder.parent / "labels").mkdir()
    (folder / "combined_windows.json").rename(folder.parent / "labels" / "combined_windows.json")
    assert Corpus.open(folder).windows == limits
    (folder.parent / "labels" / "combined_windows.json").rename(folder.parent / "named.json")
    assert Corpus.open(folder).windows is None
    assert Corpus.open(folder).read("realMade/leaps.csv").windows == ()
    assert Corpus.open(folder, folder.parent / "named.json").windows == limits


def test_window_lies_where_its_limits_first_stand(folder):
    """An hour that is written twice counts from its first row, as in the benchmark."""
    rows = stream(1, leaps=True)
    twice = [*rows[:691], *rows[690:]]
    (folder / "realMade" / "leaps.csv").write_text(text_of(twice))
    assert Corpus.open(folder).read("realMade/leaps.csv").windows == ((690, 761),)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2024-03-01 00:05:00,NaN", "line 3: the value is 'NaN'; a score needs a finite number"),
        ("2024-03-01 00:05:00,inf", "line 3: the value is 'inf'"),
        ("2024-03-01 00:05:00,", "line 3: the value is ''"),
        ("2024-03-01 00:05:00", "line 3: the value is ''"),
        ("2024-03-01 00:05:00,many", "line 3: the value is 'many'"),
        ("yesterday,3", "line 3: 'yesterday' is no timestamp; write it like"),
    ],
)
def test_bad_row_is_told_with_its_line(folder, line, told):
    """What is wrong, in which line of which file, and what to do."""
    file = folder / "realMade" / "leaps.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:2], line, *lines[2:]]))
    with pytest.raises(SourceError, match=told) as error:
        Corpus.open(folder).read("realMade/leaps.csv")
    assert str(error.value).startswith(str(file))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1: the header is ''"),
        ("time,value\n", "line 1: the header is 'time,value'; it must begin with timestamp,value"),
        ("timestamp,value\n", "has no rows"),
    ],
)
def test_file_that_is_none_is_told(folder, content, told):
    """An empty file, another header, a header alone."""
    (folder / "realMade" / "leaps.csv").write_text(content)
    with pytest.raises(SourceError, match=told):
        Corpus.open(folder).read("realMade/leaps.csv")


def test_broken_gzip_file_is_told(folder):
    """A file that was cut off says so."""
    file = folder / "realMade" / "calm.csv.gz"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(SourceError, match="cannot be read"):
        Corpus.open(folder).read("realMade/calm.csv")


def test_folder_without_categories_is_told(tmp_path):
    """The folder that was named holds nothing to score."""
    with pytest.raises(SourceError, match="has no categories; name the folder whose subfolders"):
        Corpus.open(tmp_path)


def test_file_without_windows_is_told(folder):
    """A file that the windows do not name, before anything is scored."""
    (folder / "realMade" / "new.csv").write_text(text_of(stream(4, leaps=False)))
    with pytest.raises(SourceError, match=r"has no windows for realMade/new\.csv; add them"):
        Corpus.open(folder)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a list of"),
        ('{"a.csv": [["one"]]}', "is not a list of"),
        ('{"a.csv": 3}', "is not a list of"),
    ],
)
def test_broken_windows_are_told(folder, document, told):
    """What the windows file must be like."""
    (folder / "combined_windows.json").write_text(document)
    with pytest.raises(SourceError, match=told):
        Corpus.open(folder)
    with pytest.raises(SourceError, match=r"cannot be read .*; give a file like"):
        Corpus.open(folder, folder / "none.json")


@pytest.mark.parametrize(
    "limits", [["2023-01-01 00:00:00", stamp(760)], [stamp(760), stamp(690)], ["a", "b"]]
)
def test_window_that_is_not_of_the_file_is_told(folder, limits):
    """Labels of another version of the data are no labels."""
    windows = json.loads((folder / "combined_windows.json").read_text())
    windows["realMade/leaps.csv"] = [limits]
    (folder / "combined_windows.json").write_text(json.dumps(windows))
    with pytest.raises(SourceError, match="does not begin and end at rows of the file"):
        Corpus.open(folder).read("realMade/leaps.csv")


def test_nothing_labelled_has_no_score():
    """Only false alarms are counted where there is nothing to find."""
    verdict = judge([("calm", Scored(np.zeros(ROWS), ()))], PROFILES[0])
    assert verdict.overall.score is None
    assert verdict.threshold == SILENT


def test_the_made_leap_lies_within_its_window():
    """The made corpus labels what was made."""
    assert 690 <= LEAP <= 760
