"""The training set: labels as anyone would count them, weights that add up, what is known when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from learn_town import LABELS, WORLD, panels, storms, written
from scipy import stats

from benchmarks.budget_skill import Scored
from models.surge_boosting import SurgeBoosting
from models.surge_linear import SurgeLinear
from riskwatch.core.clock import DAY_US, HOUR_US, from_us
from riskwatch.core.errors import StoreError
from riskwatch.learn.labels import Sample
from riskwatch.learn.season import Season
from riskwatch.learn.training_set import TrainingSet, build_training_set
from riskwatch.learn.verdict_labels import Judged
from riskwatch.store.feature_log import FeatureLog

EVERY = Sample(every_ticks=1, negatives=1.0, absent=1.0)
N, S = len(WORLD.registry), len(WORLD.registry.signatures)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> FeatureLog:
    return written(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def whole(log: FeatureLog) -> TrainingSet:
    return build_training_set(log, LABELS, EVERY)


def dense() -> tuple[np.ndarray, np.ndarray]:
    """[ticks, areas, signatures] counts and [ticks, signatures] blindness, from the panels themselves."""
    counts = np.zeros((len(panels()), len(WORLD.tree), S), dtype=np.int64)
    blind = np.zeros((len(panels()), S), dtype=bool)
    for n, panel in enumerate(panels()):
        area, column = np.divmod(panel.series, N + S)
        counts[n, area[column >= N], column[column >= N] - N] = panel.counts[column >= N]
        blind[n] = panel.blind_since[N:] >= 0
    return counts, blind


def hour_of_week(tick: int) -> int:
    local = from_us(tick * WORLD.grid.tick_us).astimezone(ZoneInfo(WORLD.timezone))
    return local.weekday() * 24 + local.hour


def test_labels_are_as_anyone_would_count_them(whole):
    """Sums of the six hours after the decision instant, against a season that knows whole days before."""
    counts, blind = dense()
    first = panels()[0].tick
    season = Season(WORLD.tree, S, 6, LABELS)
    at = {
        key: n
        for n, key in enumerate(
            zip(whole.column("tick"), whole.column("area"), whole.column("signature"), strict=True)
        )
    }
    told = 0
    draw = np.random.default_rng(0)
    for day in range(len(panels()) // 24):
        ticks = np.arange(day * 24, day * 24 + 24)
        hours = np.array([hour_of_week(first + int(t)) for t in ticks])
        for t in ticks[draw.random(24) < 0.4] if season.ready else []:
            for a, s in np.ndindex(len(WORLD.tree), S):
                key = (first + int(t), WORLD.tree.codes[a], WORLD.registry.signatures[s].id)
                ahead, behind = slice(t + 2, t + 8), slice(t - 5, t + 1)
                whole_there = t + 8 <= len(counts) and not (blind[ahead, s].any() or blind[behind, s].any())
                assert (key in at) == bool(whole_there)
                if key in at:
                    row = at[key]
                    expected = [
                        over(season, counts[part, a, s], first, part, a, s) for part in (ahead, behind)
                    ]
                    assert whole.column("outcome")[row] == expected[0]
                    assert whole.column("in_progress")[row] == expected[1]
                    assert whole.column("onset")[row] == (expected[0] and not expected[1])
                    told += 1
        season.learn(counts[ticks].astype(np.int32), hours, ~blind[ticks])
    assert told > 1000
    assert whole.column("outcome").sum() > 50


def over(season: Season, sums: np.ndarray, first: int, part: slice, area: int, signature: int) -> bool:
    """Whether a sum is over scipy's negative-binomial quantile."""
    hours = [hour_of_week(first + t) for t in range(part.start, part.stop)]
    mean = season.level[area, signature] * season.shape[hours, signature].sum()
    calls = season._calls[area, signature] + LABELS.season.prior_calls
    size = 1.0 / (season.spread()[WORLD.tree.depth[area], signature] + 1.0 / calls)
    return bool(sums.sum() > stats.nbinom.ppf(LABELS.quantile, size, size / (size + mean)))


def test_a_label_is_known_when_its_last_hour_is_decided(whole):
    """Six ticks of an hour behind the one that the decision instant falls into, and the lateness."""
    gap = whole.column("known_at_us") - whole.column("decided_at_us")
    assert set(gap.tolist()) == {7 * HOUR_US}


def test_weights_make_up_for_what_is_left_out(log, whole):
    """A sample stands for as many rows as there are, and for about as many outcomes."""
    some = build_training_set(log, LABELS, Sample(every_ticks=1, negatives=0.3, absent=0.3))
    assert some.table.num_rows < 0.6 * whole.table.num_rows
    assert some.column("weight").sum() == pytest.approx(whole.table.num_rows, rel=0.05)
    outcomes = (some.column("weight") * some.column("outcome")).sum()
    assert outcomes == pytest.approx(whole.column("outcome").sum(), rel=0.15)
    again = build_training_set(log, LABELS, Sample(every_ticks=1, negatives=0.3, absent=0.3))
    assert again.hash == some.hash != whole.hash


def test_what_is_known_later_is_left_out(log, whole):
    """As of an instant: exactly the rows whose label was known by then."""
    t = int(whole.column("known_at_us")[whole.table.num_rows // 2])
    early = build_training_set(log, LABELS, EVERY, as_of_us=t)
    assert early.table.equals(
        whole.table.filter(pa.array(whole.column("known_at_us") <= t)).combine_chunks()
    )
    assert 0 < early.table.num_rows < whole.table.num_rows


def test_verdicts_are_joined_once_they_were_given(log, whole):
    """To the rows of their alert's place and time; one of tomorrow is not known today."""
    row = whole.table.num_rows // 2
    at = int(whole.column("decided_at_us")[row])
    area, signature = whole.column("area")[row], whole.column("signature")[row]
    said = (
        Judged(area, signature, at - HOUR_US, at + HOUR_US, "true", at + 2 * HOUR_US),
        Judged(area, signature, at + 5 * HOUR_US, at + 6 * HOUR_US, "false", at + 3 * DAY_US),
    )
    found = build_training_set(log, LABELS, EVERY, as_of_us=at + DAY_US, judged=said)
    verdict = found.column("verdict")
    assert set(found.column("decided_at_us")[verdict == "true"]) == {at - HOUR_US, at, at + HOUR_US}
    assert (found.column("area")[verdict == "true"] == area).all()
    assert not (verdict == "false").any()


def test_a_set_is_the_same_after_it_was_written(whole, tmp_path):
    """Every row, the labels and the sample; its hash says so."""
    again = TrainingSet.read(whole.write(tmp_path / "out").parent)
    assert (again.hash, again.labels, again.sample) == (whole.hash, LABELS, EVERY)
    assert again.feature_names == ("surprise_1h", "surprise_3h", "surprise_6h", "surprise_24h", "size")


def test_splits_of_a_set_keep_the_embargo(whole):
    """Six hours between the last label of training and the first row of the test."""
    found = list(whole.splits(folds=3))
    assert len(found) == 3
    for split in found:
        known = whole.take(split.train).column("known_at_us").max()
        assert known + 6 * HOUR_US <= whole.take(split.test).column("decided_at_us").min()


def test_a_log_that_is_too_short_says_so(tmp_path):
    """With what it needs and what it has."""
    with pytest.raises(StoreError, match=r"needs more than 5 whole days, this one has 3"):
        build_training_set(written(tmp_path, days=3), LABELS)


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    """Hours-long surges that begin at any hour: what is under way goes on."""
    return build_training_set(written(tmp_path_factory.mktemp("storms"), made=storms()), LABELS, EVERY)


def held(found: TrainingSet, label: np.ndarray, make: Callable[[], Any]) -> Scored:
    """A fit on the first part of a set, and its answers on the rest, by day."""
    split = next(found.splits(folds=1, least_share=0.6))
    rows, day = found.features, (found.column("decided_at_us") - found.window_us[0]) // DAY_US
    model = make().fit(rows[split.train], label[split.train].astype(int))
    stated = model.predict_proba(rows[split.test])[:, 1]
    return Scored(stated, label[split.test], np.ones(len(split.test)), day[split.test])


@pytest.mark.parametrize(
    "make", [SurgeLinear, lambda: SurgeBoosting(rounds=20)], ids=["linear", "boosting"]
)
def test_random_labels_are_no_better_than_chance(stormy, make):
    """Dealt anew over the rows, AUC covers one half and AP the base rate; the true ones are beyond both."""
    outcome = stormy.column("outcome")
    dealt = held(stormy, outcome[np.random.default_rng(5).permutation(len(outcome))], make)
    auc, precision, base = dealt.auc(), dealt.average_precision(), dealt.share()
    assert auc.low <= 0.5 <= auc.high
    assert precision.low <= base.high
    assert precision.value < 1.3 * base.value
    true = held(stormy, outcome, make)
    assert true.auc().low > 0.5
    assert true.average_precision().value > 2 * true.share().value
