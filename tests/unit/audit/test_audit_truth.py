"""Partitions, registers, planted truth and audit samples: read in full or refused with every fault."""

from __future__ import annotations

import csv
import json
from datetime import date

import pytest
from audit_county import registry, tree

from riskwatch.audit.happenings import load_register, load_truth, within
from riskwatch.audit.partitions import Partition, appended, load_partitions, registered, written
from riskwatch.audit.sample import draw_sample, frame_of, load_sample, sample_text
from riskwatch.core.clock import DAY_US
from riskwatch.core.errors import ConfigError, SourceError

SPAN = (0, 10 * DAY_US)


def entry(name="settlement", **given):
    told = {"group_key": name, "registered": date(2024, 5, 1), "by": "Audit office"}
    return Partition(name=name, **told | given)


def file_of(tmp_path, *names):
    entries = ()
    for name in names:
        entries = appended(entries, entry(name))
    path = tmp_path / "partitions.yaml"
    path.write_text(written(entries))
    return path


def test_what_is_registered_is_read_back(tmp_path):
    """Name, key, date, by whom, and a hash each."""
    entries = load_partitions(file_of(tmp_path, "settlement", "income"))
    assert [e.name for e in entries] == ["settlement", "income"]
    assert len({e.hash for e in entries}) == 2


def test_an_unregistered_partition_is_refused(tmp_path):
    """The error says how to register it, and what there is."""
    entries = load_partitions(file_of(tmp_path, "settlement"))
    with pytest.raises(ConfigError, match=r"'age': is not registered; use one of settlement, or register"):
        registered(entries, "age")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2024-05-01", "2023-05-01"),
        ("Audit office", "Somebody else"),
        ("group_key: income", "group_key: age"),
    ],
)
def test_an_edited_entry_is_seen(tmp_path, old, new):
    """A date moved back into the past does not fit its hash."""
    path = file_of(tmp_path, "settlement", "income")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigError, match="does not have the hash of what it says"):
        load_partitions(path)


def test_a_dropped_entry_is_seen(tmp_path):
    """The next one's hash covers it."""
    path = file_of(tmp_path, "settlement", "income", "age")
    entries = load_partitions(path)
    path.write_text(written([entries[0], entries[2]]))
    with pytest.raises(ConfigError, match="partition 'age'"):
        load_partitions(path)


def test_a_name_is_registered_once(tmp_path):
    """A later entry cannot take the place of an earlier one."""
    with pytest.raises(ConfigError, match="is registered already"):
        appended((entry(),), entry(group_key="other"))
    path = file_of(tmp_path, "settlement")
    first = load_partitions(path)[0]
    again = first.model_copy(update={"hash": first.chained(first.hash)})
    path.write_text(written([first, again]))
    with pytest.raises(ConfigError, match="is registered twice"):
        load_partitions(path)


def test_a_partition_registered_after_the_data_is_exploratory():
    """On the last day it still was before."""
    assert entry().is_exploratory(date(2024, 4, 30))
    assert not entry().is_exploratory(date(2024, 5, 1))


REGISTER = "area,domain,indicator,start,end\n"


def register(tmp_path, *lines):
    path = tmp_path / "register.csv"
    path.write_text(REGISTER + "".join(f"{line}\n" for line in lines))
    return load_register(path, tree(), registry(), span_us=SPAN)


def test_a_register_may_name_a_domain_or_an_indicator(tmp_path):
    """Both become the signatures that an alert of it would have; rows of another time are left aside."""
    found = register(
        tmp_path,
        "H0,natural_hazard,,1970-01-02T00:00:00+00:00,1970-01-03T00:00:00+00:00",
        "U,,gastro_calls,1970-01-02T08:00:00+08:00,1970-01-03T00:00:00Z",
        "U,,gastro_calls,1980-01-02T00:00:00Z,1980-01-03T00:00:00Z",
    )
    assert [(h.areas, sorted(h.signatures), h.start_us) for h in found.happenings] == [
        (("H0",), ["flood"], DAY_US),
        (("U",), ["gastro"], DAY_US),
    ]
    assert not found.complete


def test_every_fault_of_a_register_is_told_at_once(tmp_path):
    """With its line, and what to write instead."""
    with pytest.raises(ConfigError) as refused:
        register(
            tmp_path,
            "NOWHERE,natural_hazard,,1970-01-02T00:00:00Z,1970-01-03T00:00:00Z",
            "H0,weather,,1970-01-02T00:00:00Z,1970-01-03T00:00:00Z",
            "H0,natural_hazard,,yesterday,1970-01-03T00:00:00Z",
            "H0,natural_hazard,,1970-01-04T00:00:00Z,1970-01-03T00:00:00Z",
            "H0,natural_hazard,,1970-01-02T00:00:00,1970-01-03T00:00:00Z",
        )
    told = [str(f) for f in refused.value.faults]
    assert [t.split(":")[1].strip() for t in told] == [f"line {n}" for n in (2, 3, 4, 5, 6)]
    assert "no time zone" in told[-1]


def test_a_register_without_its_columns_is_refused(tmp_path):
    """The error lists what is needed and what is there."""
    path = tmp_path / "r.csv"
    path.write_text("place,when\nH0,1970\n")
    with pytest.raises(SourceError, match="needs the columns area, start, end"):
        load_register(path, tree(), registry(), span_us=SPAN)
    with pytest.raises(SourceError, match="cannot be read"):
        load_register(tmp_path / "none.csv", tree(), registry(), span_us=SPAN)


def truth_file(tmp_path, **incident):
    told = {
        "id": "meal-1",
        "areas": ["H0"],
        "indicators": ["gastro_calls", "unknown_code"],
        "signature": "gastro",
        "start": "1970-01-02T00:00:00Z",
        "end": "1970-01-03T00:00:00Z",
    }
    document = {
        "start": "1970-01-01T00:00:00Z",
        "end": "1970-01-11T00:00:00Z",
        "incidents": [told | incident],
    }
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(document))
    return path


def test_planted_truth_is_read(tmp_path):
    """Incidents as happenings; everything else that alerted was false."""
    found = load_truth(truth_file(tmp_path), tree(), registry())
    assert (found.kind, found.complete, found.span_us) == ("planted", True, SPAN)
    assert found.happenings[0].signatures == {"gastro"}


def test_truth_of_another_county_is_refused(tmp_path):
    """Its areas and its indicators are not those of the store."""
    with pytest.raises(ConfigError, match="area 'X' is not in the tree"):
        load_truth(truth_file(tmp_path, areas=["X"]), tree(), registry())
    with pytest.raises(ConfigError, match="strikes no indicator of the store"):
        load_truth(truth_file(tmp_path, indicators=["other"]), tree(), registry())
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(SourceError, match="is not a truth file"):
        load_truth(tmp_path / "bad.json", tree(), registry())


def test_only_what_the_store_decided_is_audited(tmp_path):
    """A half-replayed file does not miss what it has not read."""
    found = load_truth(truth_file(tmp_path), tree(), registry())
    assert within(found, (0, DAY_US)).happenings == ()
    assert len(within(found, (0, 3 * DAY_US)).happenings) == 1
    with pytest.raises(SourceError, match="give the truth of the store's own records"):
        within(found, (20 * DAY_US, 30 * DAY_US))


FRAME = frame_of(tree(), SPAN, "UTC")


def judged(tmp_path, change=None, said="none", n=12):
    lines = list(csv.DictReader(sample_text(FRAME, tree(), n, 5).splitlines()))
    for line in lines:
        line["happened"] = said
    lines = change(lines) if change else lines
    path = tmp_path / "sample.csv"
    with path.open("w", newline="") as text:
        table = csv.DictWriter(text, list(lines[0]))
        table.writeheader()
        table.writerows(lines)
    return load_sample(path, FRAME, registry())


def test_a_sample_is_drawn_by_its_seed_and_without_repeats():
    """The same seed, the same area-days; another seed, others; every area-day at most once."""
    assert draw_sample(FRAME, 30, 5) == draw_sample(FRAME, 30, 5) != draw_sample(FRAME, 30, 6)
    everything = draw_sample(FRAME, 10_000, 1)
    assert len(set(everything)) == len(everything) == 14 * 10


def test_a_sample_shows_nothing_of_alerts():
    """It is a function of the tree, the span and the seed alone: judges are blind."""
    text = sample_text(FRAME, tree(), 3, 5)
    assert text.splitlines()[0] == "draw,area,name,day,happened"
    assert all(line.endswith(",") for line in text.splitlines()[1:])


def test_a_judged_sample_is_truth_on_its_area_days(tmp_path):
    """What happened becomes a happening of that day, and the day counts as looked at."""

    def one(lines):
        lines[0]["happened"] = "gastro; flood"
        return lines

    found = judged(tmp_path, one)
    assert len(found.judged) == 12
    assert [h.domain for h in found.happenings] == ["public_health", "natural_hazard"]
    assert all(h.end_us - h.start_us == DAY_US for h in found.happenings)


def test_leaving_out_an_awkward_row_is_refused(tmp_path):
    """So is adding one, or judging another day."""
    for change in (
        lambda lines: lines[1:],
        lambda lines: [*lines, lines[0]],
        lambda lines: [{**lines[0], "day": "1970-01-03", "area": "C"}, *lines[1:]],
        lambda lines: [{**line, "draw": "6/12"} for line in lines],
    ):
        with pytest.raises(SourceError, match="these are not the area-days that seed"):
            judged(tmp_path, change)
    with pytest.raises(SourceError, match="column draw is not SEED/N"):
        judged(tmp_path, lambda lines: [{**line, "draw": "x"} for line in lines])


def test_a_row_that_nobody_judged_is_told(tmp_path):
    """As is a signature that the store does not watch."""
    with pytest.raises(ConfigError, match="is not judged") as refused:
        judged(tmp_path, said="")
    assert len(refused.value.faults) == 12
    with pytest.raises(ConfigError, match="'fire', which the store does not watch"):
        judged(tmp_path, said="fire")


def test_a_span_without_a_whole_day_gives_no_sample():
    """Local days, midnight to midnight."""
    with pytest.raises(SourceError, match="no whole day"):
        frame_of(tree(), (DAY_US // 2, DAY_US), "UTC")
    assert frame_of(tree(), (1, 2 * DAY_US), "UTC").first_day == date(1970, 1, 2)
