"""Extractors that break one rule each; what they have in common is sound."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from riskwatch.core.panels import Panel
from riskwatch.core.scores import Features, State, World


class Sound:
    """Counts of the last panel and of all panels, by area: a small extractor without fault."""

    def __init__(self, world: World) -> None:
        self._areas = len(world.tree)
        self._columns = len(world.registry) + len(world.registry.signatures)
        self.names: tuple[str, ...] = ("now", "ever")
        self._tick = -1
        self._now = np.zeros(self._areas)
        self._ever = np.zeros(self._areas)

    def update(self, panel: Panel) -> Any:
        self._tick = panel.tick
        area = panel.series // self._columns
        self._now = np.bincount(area, panel.counts, minlength=self._areas).astype(np.float64)
        self._ever = self._ever + self._now

    def read(self) -> Features:
        areas = np.arange(self._areas, dtype=np.int32)
        return Features(self._tick, areas, self.names, np.stack([self._now, self._ever], axis=1))

    def state(self) -> State:
        return {"tick": self._tick, "now": self._now, "ever": self._ever}

    def load(self, state: State) -> None:
        self._tick = int(state["tick"])
        self._now, self._ever = np.array(state["now"]), np.array(state["ever"])


class RepeatsAName(Sound):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.names = ("now", "now")


class NamesGrow(Sound):
    def read(self) -> Features:
        self.names = (*self.names[:1], f"ever_{self._tick}")
        return super().read()


class UpdateReturns(Sound):
    def update(self, panel: Panel) -> Features:
        super().update(panel)
        return self.read()


class DividesByNothing(Sound):
    def read(self) -> Features:
        read = super().read()
        total = read.values[:, 1].sum()
        values = read.values / total if total else np.full_like(read.values, np.nan)
        return Features(read.tick, read.areas, read.names, values)


class DescendingAreas(Sound):
    def read(self) -> Features:
        read = super().read()
        return Features(read.tick, read.areas[::-1], read.names, read.values[::-1])


class ATickBehind(Sound):
    """A centred window, told honestly: the features of a tick come with the next."""

    def read(self) -> Features:
        read = super().read()
        return Features(read.tick - 1, read.areas, read.names, read.values)


class ReadForgets(Sound):
    def read(self) -> Features:
        read = super().read()
        self._now = np.zeros(self._areas)
        return read


class ReadCounts(Sound):
    """The second read is as the first, but the state is another."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._reads = 0

    def read(self) -> Features:
        self._reads += 1
        return super().read()

    def state(self) -> State:
        return {**super().state(), "reads": self._reads}


class TouchesThePanel(Sound):
    def update(self, panel: Panel) -> None:
        super().update(panel)
        np.minimum(panel.counts, 1, out=panel.counts)


class Random(Sound):
    def update(self, panel: Panel) -> None:
        super().update(panel)
        self._now = self._now + np.random.default_rng().normal(size=self._areas)


class CentredWindow(Sound):
    """Reads the mean of a tick and its neighbours from a table that all instances share."""

    table: ClassVar[dict[int, np.ndarray]] = {}

    def update(self, panel: Panel) -> None:
        super().update(panel)
        self.table[panel.tick] = self._now

    def read(self) -> Features:
        around = [self.table.get(self._tick + k) for k in (-1, 0, 1)]
        read = super().read()
        values = read.values.copy()
        values[:, 0] = sum(a for a in around if a is not None) / 3.0
        return Features(read.tick, read.areas, read.names, values)


class GivesAView(Sound):
    """The numbers that were read are the ones that the next update writes to."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._values = np.zeros((self._areas, 2))

    def read(self) -> Features:
        read = super().read()
        self._values[:] = read.values
        return Features(read.tick, read.areas, read.names, self._values)


class ForgetsAPart(Sound):
    def state(self) -> State:
        return {"tick": self._tick, "now": self._now, "ever": np.zeros(self._areas)}


class ForgetsTheHour(Sound):
    """What is not in the state shows only later."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._n = 0

    def update(self, panel: Panel) -> None:
        super().update(panel)
        self._n += 1
        if self._n % 96 == 0:
            self._ever = self._ever * 0.5


class CannotBeSaved(Sound):
    def state(self) -> State:
        return {**super().state(), "seen": {1, 2}}


class FailsInSilence(Sound):
    def update(self, panel: Panel) -> None:
        super().update(panel)
        if not panel.counts.size:
            self._now = np.full(self._areas, -np.inf)


BROKEN: dict[type[Sound], str] = {
    RepeatsAName: "names_are_unique_and_stable",
    NamesGrow: "names_are_unique_and_stable",
    UpdateReturns: "update_returns_nothing",
    DividesByNothing: "read_is_well_formed",
    DescendingAreas: "read_is_well_formed",
    ATickBehind: "read_is_well_formed",
    ReadForgets: "read_changes_nothing",
    ReadCounts: "read_changes_nothing",
    TouchesThePanel: "panels_are_not_touched",
    Random: "same_panels_give_same_features",
    CentredWindow: "features_do_not_look_ahead",
    GivesAView: "features_do_not_look_ahead",
    ForgetsAPart: "state_is_all_there_is",
    ForgetsTheHour: "state_is_all_there_is",
    CannotBeSaved: "state_can_be_saved",
    FailsInSilence: "read_is_well_formed",
}
"""Each with the rule that must catch it."""
