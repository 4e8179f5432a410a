"""The areas' file: every fault of every line, in words that say what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from riskwatch.core.area_file import load_areas
from riskwatch.core.errors import ConfigError

HEADER = "code,name,name_zh,parent,level,population,vulnerability,group:settlement\n"


def told(tmp_path: Path, content: str | bytes) -> list[str]:
    path = tmp_path / "areas.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as error:
        load_areas(path, "areas/a.csv")
    return str(error.value).splitlines()


def test_a_good_file_loads_with_its_defaults(tmp_path):
    """Empty population is unknown, empty vulnerability is the middle, a byte order mark is skipped."""
    path = tmp_path / "a.csv"
    rows = 'T, Town ,镇,C,town,1200.7,,rural\n\n"C","County, the",,,county,,0.25,\n'
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + rows).encode())
    tree = load_areas(path, "a.csv")
    town, county = tree["T"], tree["C"]
    assert tree.codes == ("C", "T")
    assert (town.name, town.name_zh, town.population, town.vulnerability) == ("Town", "镇", 1200, 0.5)
    assert dict(town.groups) == {"settlement": "rural"}
    assert (county.name, county.population, county.vulnerability) == ("County, the", None, 0.25)
    assert dict(county.groups) == {}


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "many", "3e9", "１２３4x"])
def test_a_population_that_is_no_number_of_people_is_refused(tmp_path, number):
    """Infinity and NaN too, which Python takes for numbers."""
    assert told(tmp_path, HEADER + f"C,County,,,county,{number},,\n") == [
        f"areas/a.csv: line 2: population '{number}' is not accepted; use a number from 0 to 2e+09"
    ]


def test_all_faults_of_all_lines_come_at_once(tmp_path):
    """Each names its line of the file, blank lines counted."""
    rows = ",County,,,county,,,\n\nT,,,C,,x,1.5,\nU,Up,,C,town,,,rural,more\n"
    assert told(tmp_path, HEADER + rows) == [
        "areas/a.csv: line 2: has no code; fill it in",
        "areas/a.csv: line 4: has no name; fill it in",
        "areas/a.csv: line 4: has no level; fill it in",
        "areas/a.csv: line 4: population 'x' is not accepted; use a number from 0 to 2e+09",
        "areas/a.csv: line 4: vulnerability '1.5' is not accepted; use a number from 0 to 1",
        "areas/a.csv: line 5: has more cells than the header; quote a cell that holds a comma",
    ]


def test_a_short_line_lacks_its_cells(tmp_path):
    """A line that ends early has no name and no level."""
    assert told(tmp_path, HEADER + "C\n") == [
        "areas/a.csv: line 2: has no name; fill it in",
        "areas/a.csv: line 2: has no level; fill it in",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "header: has no column code, name, parent, level; its first line is empty"),
        ("code;name\n", "header: has no column code, name, parent, level; separate its cells by commas"),
        ("code,name,level\n", "header: has no column parent; it has code, name, level"),
        (HEADER, "lists no area; add at least one"),
        (
            (HEADER + "C,县,,,county\n").encode("gbk"),
            "is not UTF-8 (invalid continuation byte); save it as UTF-8",
        ),
        (HEADER + 'C,"a"b,,,county\n', "is not valid CSV: ',' expected after '\"'; fix the line"),
    ],
)
def test_a_file_that_is_no_list_of_areas_says_why(tmp_path, content, message):
    """Empty, with another delimiter, without a column, in another encoding, with a broken quote."""
    assert told(tmp_path, content) == [f"areas/a.csv: {message}"]


def test_faults_of_the_tree_are_told_in_the_file(tmp_path):
    """A missing parent is a fault of the file too."""
    message = (
        "areas/a.csv: area 'T': its parent 'X' is not listed; "
        "add the parent, or leave the column empty for a root"
    )
    assert told(tmp_path, HEADER + "T,Town,,X,town\n") == [message]


def test_a_file_that_is_not_there_or_a_folder_says_so(tmp_path):
    """Both are told as faults, not as errors of the system."""
    with pytest.raises(ConfigError, match=r"^a\.csv: does not exist; create it or fix the name$"):
        load_areas(tmp_path / "none.csv", "a.csv")
    with pytest.raises(ConfigError, match=r"^a\.csv: cannot be read \(") as error:
        load_areas(tmp_path, "a.csv")
    assert os.strerror(21) in str(error.value)
