"""Areas with neighbours: what is told does not depend on how rows were sent, or where a process ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from bounds import examples
from engine import BASE_END_US, END_US, WORLD, Engine, base_rows, cut, delayed, random_delays, settings
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.app import Pipeline
from riskwatch.core.clock import HOUR_US, MINUTE_US
from riskwatch.store.codec import dump_alert, load_alert
from riskwatch.testing.made import Row, base_load, bordering, burst

BORDERING = bordering(WORLD, [("A01", "A10"), ("A00", "A01"), ("A10", "A11")])


class Beside(Engine):
    """An engine whose areas have neighbours."""

    def _started(self) -> Pipeline:
        given = replace(settings(self.calendar), world=BORDERING)
        pipeline = Pipeline(given, self.inbox, self.alerts, self.snapshots)
        pipeline.on_tick = lambda panel: self._look(pipeline, panel)
        pipeline.restore()
        return pipeline


@cache
def spread() -> tuple[Row, ...]:
    """A day with a little in each of two neighbours under two towns, later much in one of them."""
    rows = base_load(WORLD, days=1, per_day=1.0, seed=9, start_us=BASE_END_US)
    at = BASE_END_US + 3 * HOUR_US
    for n, area in enumerate(("A01", "A10")):
        start = at + n * 4 * MINUTE_US
        rows += burst(WORLD, area=area, indicator="s0_0", start_us=start, n=4, over_h=0.5)
    later = at + 6 * HOUR_US
    rows += burst(WORLD, area="A11", indicator="s1_0", start_us=later, n=9, over_h=0.5)
    return tuple((f"d{n}", *row[1:]) for n, row in enumerate(sorted(rows, key=lambda r: r[4:6])))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has lived through the quiet days."""
    folder = tmp_path_factory.mktemp("beside")
    engine = Beside(folder)
    engine.send(base_rows())
    engine.tick_to(BASE_END_US)
    engine.pipeline.snapshot()
    return folder


def lived(quiet: Path, folder: Path, rows: Iterable[Row], at: list[int], *, restarts: bool) -> Beside:
    """The day sent in batches, with a new process after each."""
    import shutil

    shutil.copytree(quiet, folder, dirs_exist_ok=True)
    engine = Beside(folder)
    for batch in cut(list(rows), at):
        engine.send(batch)
        if restarts:
            engine.pipeline.snapshot()
            engine.restart()
    engine.tick_to(END_US)
    return engine


@given(
    at=st.lists(st.integers(0, len(spread())), max_size=4), seed=st.integers(0, 3), restarts=st.booleans()
)
@examples(6)
def test_cuts_delays_and_restarts_change_nothing(
    quiet: Path, tmp_path_factory: pytest.TempPathFactory, at: list[int], seed: int, restarts: bool
) -> None:
    """Every change of every alert is the same, whoever speaks with whom."""
    steady = lived(quiet, tmp_path_factory.mktemp("steady"), spread(), [], restarts=False)
    rows = delayed(spread(), random_delays(seed, 10 * MINUTE_US))
    other = lived(quiet, tmp_path_factory.mktemp("other"), rows, at, restarts=restarts)
    assert other.life() == steady.life()
    assert other.state() == steady.state()


def test_the_alert_names_whom_it_speaks_with(quiet: Path, tmp_path: Path) -> None:
    """A spread trouble is told with a neighbour, the other alone; both come back as written."""
    engine = lived(quiet, tmp_path / "store", spread(), [], restarts=False)
    found = engine.alerts.find(everything=True)
    together = [a for a in found if a.around and a.signature == "s0"]
    assert {frozenset((a.area, *a.around)) & {"A01", "A10"} for a in together} == {
        frozenset({"A01", "A10"})
    }
    assert together[0].contributions[0].observed >= 8
    assert [a.around for a in found if a.signature == "s1" and a.area == "A11"] == [()]
    for alert in found:
        assert load_alert(dump_alert(alert)) == alert
