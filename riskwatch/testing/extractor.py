"""The extractor contract as checks: run by `tests/checks` on every class in `features/`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, fields, replace
from typing import Any

import numpy as np

from riskwatch.core.panels import Panel
from riskwatch.core.scores import Extractor, Features, World
from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.made import empty_panels, made_panels, made_world

Make = Callable[[World], Extractor]


@dataclass(frozen=True, slots=True)
class _Case:
    """What a rule is held against: how to make one, the panels, and what it reads when nothing is wrong."""

    make: Make
    world: World
    panels: Sequence[Panel]

    def fresh(self) -> Extractor:
        return self.make(self.world)

    def ticks(self) -> list[int]:
        """Some ticks all over the run: the first ones, round numbers of a day, and the last but one."""
        n = len(self.panels)
        return sorted({0, 1, n // 7, n // 3, n // 2, (7 * n) // 10, (9 * n) // 10, n - 2} & set(range(n)))


def check_extractor(
    make: Make, panels: Sequence[Panel] | None = None, *, world: World | None = None
) -> None:
    """Hold a class (or anything that makes one from a World) against every rule of the contract.

    `panels` are consecutive and belong to `world`; without them, ten made days with bursts, a
    blind spell and a newcomer. Raises AssertionError that begins with the name of the rule.
    """
    world = world or made_world()
    case = _Case(make, world, panels if panels is not None else made_panels(world))
    for rule in RULES:
        try:
            rule(case)
        except AssertionError as error:
            raise AssertionError(f"{rule.__name__}: {error}") from error
        except Exception as error:
            raise AssertionError(f"{rule.__name__}: raised {error!r}") from error


def names_are_unique_and_stable(case: _Case) -> None:
    """Columns have one name each, the same before and after."""
    one = case.fresh()
    before = one.names
    assert isinstance(before, tuple), "names is not a tuple"
    assert before, "names is empty"
    assert all(isinstance(n, str) and n for n in before), "a name is not a text"
    assert len(set(before)) == len(before), "a name is used twice"
    assert case.fresh().names == before, "two instances have different names"
    for panel in case.panels[:3]:
        one.update(panel)
        assert one.read().names == before, "read gives other names"
    assert one.names == before, "names changed with an update"


def update_returns_nothing(case: _Case) -> None:
    """`update` and `read` are different verbs."""
    one: object = case.fresh()
    update: Callable[[Panel], object] = getattr(one, "update")  # noqa: B009 - typed as returning nothing
    for panel in case.panels[:5]:
        assert update(panel) is None, "update returned something; give it in read"


def read_is_well_formed(case: _Case) -> None:
    """Finite numbers [n, names] of ascending areas, as of the last panel."""
    one = case.fresh()
    for panel in case.panels:
        one.update(panel)
        read = one.read()
        assert read.tick == panel.tick, f"read is of tick {read.tick}, the last panel of {panel.tick}"
        shape = (len(read.areas), len(one.names))
        assert read.values.shape == shape, f"values are {read.values.shape}, not {shape}"
        assert np.isfinite(read.values).all(), f"a value at tick {panel.tick} is not finite"
        assert (np.diff(read.areas.astype(np.int64)) > 0).all(), "areas do not ascend"
        inside = (read.areas >= 0) & (read.areas < len(case.world.tree))
        assert inside.all(), "an area is not of the tree"


def state_can_be_saved(case: _Case) -> None:
    """A state is arrays, numbers, texts, lists and such states by name, and comes back as it was."""
    one = case.fresh()
    for panel in case.panels[: _per_day(case.world)]:
        one.update(panel)
    try:
        data = pack(one.state())
    except (TypeError, ValueError) as error:
        raise AssertionError(f"the state holds what cannot be saved ({error})") from error
    assert pack(unpack(data)) == data, "the state is another when it comes back"


def read_changes_nothing(case: _Case) -> None:
    """Reading twice gives the same, and leaves the state as it was."""
    one, often = case.fresh(), set(case.ticks())
    for n, panel in enumerate(case.panels):
        one.update(panel)
        if n in often:
            before = pack(one.state())
            first = _frozen(one.read())
            assert _same(first, one.read()), f"a second read differs at tick {panel.tick}"
            assert pack(one.state()) == before, f"read changed the state at tick {panel.tick}"


def panels_are_not_touched(case: _Case) -> None:
    """A panel belongs to everyone who is given it."""
    one = case.fresh()
    for panel in case.panels:
        copies: dict[str, Any] = {f.name: np.copy(getattr(panel, f.name)) for f in _arrays(panel)}
        given = replace(panel, **copies)
        one.update(given)
        one.read()
        for f in _arrays(panel):
            same = np.array_equal(getattr(given, f.name), getattr(panel, f.name))
            assert same, f"update changed the panel's {f.name} at tick {panel.tick}"


def same_panels_give_same_features(case: _Case) -> None:
    """Two instances fed side by side agree to the bit."""
    one, other = case.fresh(), case.fresh()
    for panel in case.panels:
        one.update(panel)
        other.update(panel)
        assert _same(one.read(), other.read()), f"two instances differ at tick {panel.tick}"
    assert pack(one.state()) == pack(other.state()), "two instances differ in their state"


def features_do_not_look_ahead(case: _Case) -> None:
    """What comes after a tick changes no feature at or before it, in this run or in another."""
    one, held, copies = case.fresh(), [], []
    for panel in case.panels:
        one.update(panel)
        held.append(one.read())
        copies.append(_frozen(held[-1]))
    for read, copy in zip(held, copies, strict=True):
        assert _same(read, copy), f"features of tick {copy.tick} changed after they were read"
    others = made_panels(case.world, days=len(case.panels) / _per_day(case.world), seed=1)
    for cut in case.ticks():
        two = case.fresh()
        follow = [_renumbered(p, case.panels[0].tick + i) for i, p in enumerate(others)][cut + 1 : cut + 9]
        for n, panel in enumerate([*case.panels[: cut + 1], *follow]):
            two.update(panel)
            if n <= cut:
                assert _same(two.read(), copies[n]), (
                    f"features of tick {panel.tick} depend on panels after tick {case.panels[cut].tick}"
                )


def state_is_all_there_is(case: _Case) -> None:
    """An instance that loads a state goes on as the one that gave it, from any tick."""
    saved, expected = {}, {}
    one, cuts = case.fresh(), case.ticks()
    saved[-1] = pack(one.state())
    for n, panel in enumerate(case.panels):
        one.update(panel)
        expected[n] = _frozen(one.read())
        if n in cuts:
            saved[n] = pack(one.state())
    ahead = 2 * _per_day(case.world)
    for cut, data in saved.items():
        two = case.fresh()
        two.load(unpack(data))
        assert pack(two.state()) == data, f"the state of panel {cut} is another after load"
        if cut >= 0:
            assert _same(two.read(), expected[cut]), f"features of panel {cut} are other ones after load"
        for n in range(cut + 1, min(cut + 1 + ahead, len(case.panels))):
            two.update(case.panels[n])
            assert _same(two.read(), expected[n]), f"loaded at panel {cut}, features differ at panel {n}"


def silence_is_fine(case: _Case) -> None:
    """Ticks in which nothing happened are read like any other."""
    silent = _Case(case.make, case.world, empty_panels(case.panels))
    read_is_well_formed(silent)
    state_is_all_there_is(replace(silent, panels=silent.panels[: 2 * _per_day(case.world)]))


RULES: tuple[Callable[[_Case], None], ...] = (
    panels_are_not_touched,  # first, since the others go on with the same panels
    names_are_unique_and_stable,
    update_returns_nothing,
    read_is_well_formed,
    state_can_be_saved,
    read_changes_nothing,
    same_panels_give_same_features,
    features_do_not_look_ahead,
    state_is_all_there_is,
    silence_is_fine,
)
"""Every rule of the contract, in the order they are held against a class."""


def _per_day(world: World) -> int:
    return int(86_400_000_000 // world.grid.tick_us)


def _arrays(panel: Panel) -> list[Field[Any]]:
    return [f for f in fields(panel) if isinstance(getattr(panel, f.name), np.ndarray)]


def _frozen(read: Features) -> Features:
    return Features(read.tick, read.areas.copy(), read.names, read.values.copy())


def _same(one: Features, other: Features) -> bool:
    return (
        one.tick == other.tick
        and one.names == other.names
        and np.array_equal(one.areas, other.areas)
        and np.array_equal(one.values, other.values)
    )


def _renumbered(panel: Panel, tick: int) -> Panel:
    """The panel as if it were of another tick; its instants move along."""
    moved = (tick - panel.tick) * (panel.end_us - panel.start_us)
    blind = np.where(panel.blind_since >= 0, panel.blind_since + tick - panel.tick, -1)
    return replace(
        panel,
        tick=tick,
        start_us=panel.start_us + moved,
        end_us=panel.end_us + moved,
        decided_at_us=panel.decided_at_us + moved,
        first_us=panel.first_us + moved,
        blind_since=blind,
    )
