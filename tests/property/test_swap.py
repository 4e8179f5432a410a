"""A hot swap of the champion anywhere in a storm: no event is lost, and it replays at the same tick."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from bounds import examples
from engine import END_US, Engine, cut, last_day, settings
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.alerts import AlertKind
from riskwatch.score.duty import version_of
from riskwatch.store import schema
from riskwatch.store.inbox import EntryKind

Ready = Callable[[], Engine]
N = len(last_day())
ANYWHERE = st.integers(1, N)


def bundle(version: str, **frozen: Any) -> dict[str, Any]:
    """The bundle on duty under another version, with other numbers where they are given."""
    document = settings().bundle.model_dump(mode="json")
    document["version"] = document["members"]["surprise_odds"]["version"] = version
    document["members"]["surprise_odds"]["frozen"] |= frozen
    return document


DEAF = bundle("deaf", intercept=-12.0, weights=[0.0] * 4, size_weights=[0.0] * 4)
KEEN = bundle("keen", intercept=-3.0)


def storm(
    engine: Engine, swaps: dict[int, dict[str, Any]], each: Callable[[], None] = lambda: None
) -> None:
    """The last day, with a bundle taking over behind so many rows."""
    done = 0
    for part in cut(last_day(), swaps):
        engine.send(part)
        done += len(part)
        each()
        if done in swaps:
            engine.inbox.append(EntryKind.MODEL, {"bundle": swaps[done]})
            engine.pipeline.catch_up()
            each()
    engine.tick_to(END_US)


def plain(life: list[str]) -> list[str]:
    """The changes of alerts without the versions they carry."""
    return [re.sub(r'"model_versions":\[.*?\]\],', "", line) for line in life]


@given(at=ANYWHERE)
@examples(3)
def test_swap_to_the_same_numbers_changes_nothing_but_the_version(
    ready: Ready, undisturbed: Engine, at: int
) -> None:
    """Every event is counted once, every alert is the same; those that open later carry the new version."""
    engine = ready()
    storm(engine, {at: bundle("next")})
    assert engine.alerts.accounts() == undisturbed.alerts.accounts()
    assert engine.seen == undisturbed.seen
    assert plain(engine.life()) == plain(undisturbed.life())
    assert engine.pipeline.duty.champion.version == "next"


@given(at=st.lists(ANYWHERE, min_size=1, max_size=3, unique=True), keep=st.booleans())
@examples(3)
def test_swap_replays_at_the_same_tick(ready: Ready, tmp_path: Path, at: list[int], keep: bool) -> None:
    """The same inbox gives the same alerts to the byte: by restarts at every entry, and from nothing."""
    swaps = dict(zip(sorted(at), (KEEN, DEAF, bundle("third")), strict=False))
    steady, restarted = ready(), ready()
    storm(steady, swaps)

    def again() -> None:
        if keep:
            restarted.pipeline.snapshot()
        restarted.restart()

    storm(restarted, swaps, again)
    assert restarted.seen == steady.seen
    assert restarted.life() == steady.life()
    assert restarted.state() == steady.state()
    fresh = Engine(shutil.copytree(steady.folder, tmp_path / f"{'-'.join(map(str, at))}{keep}"))
    shutil.rmtree(fresh.folder / "snapshots")
    forget(fresh)
    fresh.restart()
    assert fresh.life() == steady.life()
    assert fresh.state() == steady.state()


def forget(engine: Engine) -> None:
    """Leave the inbox alone of everything that the engine wrote."""
    with engine.inbox._database.begin() as tx:
        for table in (schema.alerts, schema.changes, schema.record, schema.engine, schema.accounts):
            tx.execute(sa.delete(table))


def test_swap_leaves_open_episodes_to_their_bundle(ready: Ready, undisturbed: Engine) -> None:
    """Under a deaf champion they rise, steady and clear as if it were not there; nothing new opens."""
    opened = undisturbed.alerts.find(everything=True, kind=AlertKind.RISK)
    first = min(a.opened_at_us for a in opened if a.shown)
    at = next(n for n, row in enumerate(last_day(), 1) if row[5] > first)
    engine = ready()
    storm(engine, {at: DEAF})
    found = {a.id: a for a in engine.alerts.find(everything=True, kind=AlertKind.RISK)}
    assert found
    assert len(found) < len(opened), "the deaf bundle kept nothing from opening: the test says nothing"
    assert {version_of(a) for a in found.values()} == {"test"}
    for alert in opened:
        if alert.id in found:
            assert [c.reason for c in engine.alerts.changes(alert.id)] == [
                c.reason for c in undisturbed.alerts.changes(alert.id)
            ]
            assert found[alert.id] == alert
    assert not engine.pipeline._episodes.open
    assert [b["version"] for b in engine.pipeline.duty.state()["bundles"]] == ["deaf"]


def test_swap_back_is_a_swap(ready: Ready, undisturbed: Engine) -> None:
    """A champion that is back before the storm leaves what there would have been without the detour."""
    engine = ready()
    storm(engine, {1: KEEN, 2: bundle("test")})
    assert plain(engine.life()) == plain(undisturbed.life())
