"""Parity: the feature log is what a replay computes, to the bit, however often the process ended."""

from __future__ import annotations

import hashlib
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from desk_town import DAYS, START, TOWNS, configs, opened, parts

from riskwatch.alert.lifecycle import ActionKind
from riskwatch.core.alerts import Verdict
from riskwatch.core.clock import DAY_US, to_us
from riskwatch.desk import Desk
from riskwatch.learn.labels import Labels, Sample, SeasonSpec
from riskwatch.learn.training_set import build_training_set
from riskwatch.learn.verdict_labels import judged_alerts
from riskwatch.store.feature_log import area_index
from riskwatch.store.inbox import EntryKind

LABELS = Labels(min_history_days=7, season=SeasonSpec(half_life_days=14))


def files(home: Path) -> dict[str, str]:
    """Every file of the log and the hash of its bytes."""
    found = sorted((home / "features").rglob("*.parquet"))
    return {p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def told(desk: Desk) -> dict[int, dict[str, np.ndarray]]:
    """What the extractor and the composite say at each tick of a whole replay of the inbox."""
    seen: dict[int, dict[str, np.ndarray]] = {}
    with desk.engine() as pipeline:
        pass
    pipeline = type(pipeline)(desk.settings, desk.inbox, desk.alerts, Nothing())

    def look(panel):
        read = pipeline.volume.read()
        scores = pipeline.duty.score(read)
        seen[panel.tick] = {
            "areas": read.areas.copy(),
            "values": read.values.copy(),
            "counts": panel.counts.copy(),
            "series": panel.series.copy(),
            "likelihood": scores.likelihood.copy(),
            "decided_at_us": np.array(panel.decided_at_us),
        }

    pipeline.on_tick = look
    pipeline.restore()
    return seen


class Nothing:
    """No snapshots: everything is replayed."""

    def newest(self):
        return None


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The town's calls in one file, replayed once."""
    folder = tmp_path_factory.mktemp("whole")
    desk = opened(folder / "home", sources=["town"], overlay=configs(folder / "configs"))
    text = "town,title,when\n"
    for path in parts(folder):
        text += path.read_text().partition("\n")[2]
    (folder / "all.csv").write_text(text)
    desk.replay(folder / "all.csv", "town")
    desk.inbox.append(EntryKind.CLOCK, {"at_us": to_us(START + timedelta(days=DAYS, hours=30))})
    with desk.engine():
        pass
    return desk


def test_parity_of_the_log_with_a_replay(whole):
    """Every feature, likelihood and count of every tick of a written day, to the bit; no row is added."""
    world, replayed = whole.settings.world, told(whole)
    log = whole.feature_log()
    assert len(log.days()) == DAYS + 1
    rows_seen = 0
    for day in log.days():
        span = log.read(day)
        ticks = span.ticks.column("tick").to_pylist()
        assert ticks == [t for t in sorted(replayed) if t * world.grid.tick_us // DAY_US == ticks[0] // 96]
        names = span.rows.column_names[4:-3]
        area = area_index(span.rows.column("area"), world.tree.index)
        signature = area_index(span.rows.column("signature"), world.registry.signature_index)
        values = np.column_stack([span.rows.column(n).to_numpy() for n in names])
        tick = span.rows.column("tick").to_numpy()
        for at, decided in zip(ticks, span.ticks.column("decided_at_us").to_pylist(), strict=True):
            here = tick == at
            dense = np.zeros((len(world.tree), len(world.registry.signatures), len(names)))
            dense[area[here], signature[here]] = values[here]
            expected = np.zeros((len(world.tree), dense[0].size))
            expected[replayed[at]["areas"]] = replayed[at]["values"]
            assert dense.tobytes() == expected.reshape(dense.shape).tobytes()
            likelihood = span.rows.column("likelihood").filter(here).drop_null().to_numpy()
            assert likelihood.tobytes() == replayed[at]["likelihood"].tobytes()
            assert decided == replayed[at]["decided_at_us"]
            rows_seen += here.sum()
        n, columns = len(world.registry), len(world.registry) + len(world.registry.signatures)
        for at in ticks:
            mine = span.counts.filter(span.counts.column("tick").to_numpy() == at)
            place, column = np.divmod(replayed[at]["series"], columns)
            total = column >= n
            assert mine.column("count").to_pylist() == replayed[at]["counts"][total].tolist()
            assert mine.column("area").to_pylist() == [world.tree.codes[i] for i in place[total]]
    assert rows_seen > 100


def test_parity_across_restarts_and_batches(whole, tmp_path):
    """The same bytes from four files, with processes that end between them, and a snapshot that is lost."""
    desk = opened(tmp_path / "home", sources=["town"], overlay=configs(tmp_path / "configs"))
    for n, path in enumerate(parts(tmp_path)):
        opened(tmp_path / "home").replay(path, "town", stream=f"part{n}")
        if n == 1:  # its snapshot is lost: what lies before is replayed, and what is written stays
            for snapshot in (tmp_path / "home" / "snapshots").iterdir():
                snapshot.unlink()
    desk.inbox.append(EntryKind.CLOCK, {"at_us": to_us(START + timedelta(days=DAYS, hours=30))})
    with opened(tmp_path / "home").engine():
        pass
    assert files(tmp_path / "home") == files(whole.place.home)


def test_parity_of_a_log_written_anew(whole, tmp_path):
    """A store whose snapshots and log are gone makes the same files from its inbox."""
    shutil.copytree(whole.place.home, tmp_path / "home")
    shutil.rmtree(tmp_path / "home" / "features")
    shutil.rmtree(tmp_path / "home" / "snapshots")
    with opened(tmp_path / "home").engine():
        pass
    assert files(tmp_path / "home") == files(whole.place.home)


def test_parity_of_training_features_with_a_replay(whole):
    """Each row of a training set has the features that a replay computes at its tick, absent rows zeros."""
    world, replayed = whole.settings.world, told(whole)
    found = build_training_set(whole.feature_log(), LABELS, Sample(every_ticks=1, negatives=1, absent=0.2))
    ids = [s.id for s in world.registry.signatures]
    features, width = found.features, len(found.feature_names)
    assert (features > 0).any(axis=1).sum() > 50
    assert (found.column("weight") > 1).sum() > 50
    for n, (tick, area, signature) in enumerate(
        zip(found.column("tick"), found.column("area"), found.column("signature"), strict=True)
    ):
        dense = np.zeros((len(world.tree), len(ids) * width))
        dense[replayed[tick]["areas"]] = replayed[tick]["values"]
        expected = dense[world.tree.index[area]].reshape(len(ids), width)[ids.index(signature)]
        assert features[n].tobytes() == expected.tobytes()


def test_a_log_that_is_turned_off_writes_nothing_and_is_made_up_for_later(whole, tmp_path):
    """`log: false` in features.yaml; when it is turned on, the inbox is replayed and the log is whole."""
    overlay = configs(tmp_path / "configs")
    text = (Path(__file__).parents[2] / "configs" / "features.yaml").read_text()
    (overlay / "features.yaml").write_text(text.replace("log: true", "log: false"))
    desk = opened(tmp_path / "home", sources=["town"], overlay=overlay)
    for n, path in enumerate(parts(tmp_path)):
        desk.replay(path, "town", stream=f"part{n}")
    assert not (tmp_path / "home" / "features").exists()
    (overlay / "features.yaml").write_text(text)
    again = opened(tmp_path / "home", sources=["town"], overlay=overlay)
    with again.engine():
        pass
    written = files(tmp_path / "home")
    assert len(again.feature_log().days()) >= DAYS - 1
    whole_rows = {name: h for name, h in files(whole.place.home).items() if "counts" in name}
    assert {n: h for n, h in written.items() if "counts" in n}.items() <= whole_rows.items()


def test_old_days_expire(whole, tmp_path):
    """Days that ended by an instant go, with all their files; the others stay."""
    shutil.copytree(whole.place.home / "features", tmp_path / "features")
    log = type(whole.feature_log())(tmp_path, whole.settings.world)
    days = log.days()
    assert log.expire(to_us(START + timedelta(days=3, hours=5))) == 3
    assert log.days() == days[3:]
    assert len(list((tmp_path / "features").rglob("*.parquet"))) == 3 * len(days[3:])
    assert len(TOWNS) == 3


def test_verdicts_of_the_desk_become_labels(whole, tmp_path):
    """A closed alert is joined to the rows of its place while it was up."""
    shutil.copytree(whole.place.home, tmp_path / "home")
    desk = opened(tmp_path / "home")
    alert = next(a for a in desk.alerts.find(everything=True, shown_only=True) if a.signature == "illness")
    assert judged_alerts(desk.alerts) == ()
    desk.act(ActionKind.CLOSE, alert.id, "Ann", verdict=Verdict.TRUE)
    judged = judged_alerts(desk.alerts)
    assert [(j.area, j.signature, j.verdict) for j in judged] == [(alert.area, "illness", "true")]
    found = build_training_set(desk.feature_log(), LABELS, judged=judged)
    said = found.column("verdict") == "true"
    assert said.any()
    assert (found.column("area")[said] == alert.area).all()
    assert found.column("decided_at_us")[said].min() >= alert.opened_at_us
