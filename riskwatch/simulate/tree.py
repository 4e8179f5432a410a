"""The made area tree: four levels with invented names, populations, groups and vulnerability."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.vicinities import Vicinities, between
from riskwatch.simulate.names import ENDINGS, area_names
from riskwatch.simulate.scenario import Scenario
from riskwatch.simulate.streams import Streams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEVELS: tuple[str, ...] = ("county", "district", "township", "village")
_FRAGILE = {"elderly": 0.18, "low_income": 0.15, "rural": 0.07, "high_income": -0.12, "younger": -0.05}


@dataclass(frozen=True)  # no slots: a cached property needs somewhere to keep its value
class County:
    """The tree as arrays over its nodes, the county first, each parent before its children.

    `depth` 0..3 indexes LEVELS; `label` holds one array of label indices for each partition.
    Leaves are the villages: `leaf_first` is the node of the first, they are the last nodes.
    """

    codes: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    parent: IntArray
    depth: IntArray
    population: IntArray
    vulnerability: FloatArray
    partitions: dict[str, tuple[str, ...]]
    label: dict[str, IntArray]
    leaf_first: int
    position: FloatArray
    """[nodes, 2] latitude and longitude in degrees: of a plain with towns, villages about each."""

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """[nodes] those that each borders on."""
        pairs = between([(lat, lon) for lat, lon in self.position.tolist()], self.depth.astype(np.int32))
        return Vicinities.of_pairs(len(self.codes), pairs).around

    @property
    def leaves(self) -> int:
        """Number of villages."""
        return len(self.codes) - self.leaf_first

    def nodes_of(self, level: str) -> IntArray:
        """The nodes of a level."""
        return np.flatnonzero(self.depth == LEVELS.index(level))

    def leaves_below(self, node: int) -> IntArray:
        """Leaf indices (0..leaves-1) of the villages under a node, or of the village itself."""
        at = np.arange(self.leaf_first, len(self.codes))
        under = at == node
        for _ in range(len(LEVELS)):
            at = np.where(at >= 0, self.parent[at], -1)
            under |= at == node
        return np.flatnonzero(under)

    def reporting_rate(self, rates: dict[str, float]) -> FloatArray:
        """[leaves] share of incidents that are reported: the product over the labels of a village."""
        share = np.ones(self.leaves)
        for name, labels in self.partitions.items():
            share *= np.array([rates.get(x, 1.0) for x in labels])[self.label[name][self.leaf_first :]]
        return share


def _sizes(scenario: Scenario) -> tuple[int, int, int]:
    inner = scenario.areas - 1
    towns = max(1, round(inner / (scenario.tree.villages_per_township + 1)))
    districts = scenario.tree.districts or max(1, round(math.sqrt(towns)))
    towns = max(min(towns, (inner - districts) // 2), 1)
    districts = min(districts, towns) if scenario.tree.districts is None else districts
    towns = max(towns, districts)
    return districts, towns, inner - districts - towns


def _spread(parents: int, children: int, rng: np.random.Generator) -> IntArray:
    """The parent of each child: one each, the rest drawn evenly; ascending."""
    extra = rng.multinomial(children - parents, np.full(parents, 1 / parents))
    return np.repeat(np.arange(parents), 1 + extra)


def build_county(scenario: Scenario, streams: Streams) -> County:
    """The county of a scenario. Every node's population is the sum of its children's."""
    districts, towns, villages = _sizes(scenario)
    rng = streams.at("tree", "shape")
    town_parent = _spread(districts, towns, rng)
    village_parent = _spread(towns, villages, rng)
    parent = np.concatenate(
        [[-1], np.zeros(districts, dtype=np.int64), 1 + town_parent, 1 + districts + village_parent]
    )
    depth = np.repeat(np.arange(4), [1, districts, towns, villages])
    first = 1 + districts + towns
    partitions = {name: tuple(labels) for name, labels in scenario.tree.groups.items()}
    leaf_label = _leaf_labels(scenario, village_parent, streams)
    population = np.zeros(len(parent), dtype=np.int64)
    population[first:] = _village_population(scenario, leaf_label, villages, streams)
    vulnerability = np.zeros(len(parent))
    vulnerability[first:] = _village_vulnerability(partitions, leaf_label, villages, streams)
    label = {}
    weights = {}
    for name, labels in partitions.items():
        weights[name] = np.zeros((len(parent), len(labels)))
        weights[name][np.arange(first, len(parent)), leaf_label[name]] = population[first:]
    weighed = vulnerability * population
    for level in (3, 2, 1):
        nodes = np.flatnonzero(depth == level)
        np.add.at(population, parent[nodes], population[nodes])
        np.add.at(weighed, parent[nodes], weighed[nodes])
        for table in weights.values():
            np.add.at(table, parent[nodes], table[nodes])
    for name, table in weights.items():
        label[name] = table.argmax(axis=1).astype(np.int64)
    return County(
        codes=_codes(parent, depth),
        names=_names(depth, streams),
        parent=parent,
        depth=depth,
        population=population,
        vulnerability=np.round(weighed / population, 3),
        partitions=partitions,
        label=label,
        leaf_first=first,
        position=_positions(parent, depth, streams),
    )


def _positions(parent: IntArray, depth: IntArray, streams: Streams) -> FloatArray:
    """[nodes, 2] each about its parent, the closer the more nodes its level has: borders are ragged."""
    position = np.tile([30.0, 110.0], (len(parent), 1))
    rng = streams.at("tree", "position")
    for level in range(1, len(LEVELS)):
        nodes = np.flatnonzero(depth == level)
        above = np.count_nonzero(depth == level - 1)
        position[nodes] = position[parent[nodes]] + rng.normal(0.0, 0.3 / math.sqrt(above), (len(nodes), 2))
    return np.round(position, 5)


def _leaf_labels(scenario: Scenario, village_parent: IntArray, streams: Streams) -> dict[str, IntArray]:
    """A latent normal value per village, alike within a township, cut at the shares' quantiles."""
    alike = scenario.tree.group_correlation
    labels = {}
    for name, shares in scenario.tree.groups.items():
        rng = streams.at("tree", "group", name)
        towns = rng.standard_normal(int(village_parent.max()) + 1)
        own = rng.standard_normal(len(village_parent))
        latent = math.sqrt(alike) * towns[village_parent] + math.sqrt(1 - alike) * own
        rank = latent.argsort(kind="stable").argsort(kind="stable")
        cuts = np.cumsum(list(shares.values())) / sum(shares.values())
        found = np.searchsorted(cuts, (rank + 0.5) / len(rank))
        labels[name] = np.minimum(found, len(shares) - 1).astype(np.int64)
    return labels


def _village_population(
    scenario: Scenario, label: dict[str, IntArray], villages: int, streams: Streams
) -> IntArray:
    sigma = scenario.tree.population_sigma
    people = streams.at("tree", "population").lognormal(-(sigma**2) / 2, sigma, villages)
    for name, shares in scenario.tree.groups.items():
        if "urban" in shares:
            urban = label[name] == list(shares).index("urban")
            people *= np.where(urban, scenario.tree.urban_population_factor, 1.0)
    people *= scenario.tree.mean_village_population / people.mean()
    return np.maximum(people.round(), 20).astype(np.int64)


def _village_vulnerability(
    partitions: dict[str, tuple[str, ...]], label: dict[str, IntArray], villages: int, streams: Streams
) -> FloatArray:
    value = streams.at("tree", "vulnerability").normal(0.45, 0.07, villages)
    for name, labels in partitions.items():
        value += np.array([_FRAGILE.get(x, 0.0) for x in labels])[label[name]]
    return np.clip(value, 0.02, 0.98)


def _codes(parent: IntArray, depth: IntArray) -> tuple[str, ...]:
    """`C`, `C03`, `C0312`, `C031207`: each level adds the place among its siblings."""
    counts = np.bincount(parent[1:], minlength=len(parent))
    width = [max(2, len(str(counts[depth == level].max(initial=0)))) for level in range(4)]
    codes = ["C"]
    seen = [0] * len(parent)
    for node in range(1, len(parent)):
        up = int(parent[node])
        seen[up] += 1
        codes.append(f"{codes[up]}{seen[up]:0{width[int(depth[up])]}d}")
    return tuple(codes)


def _names(depth: IntArray, streams: Streams) -> tuple[tuple[str, str], ...]:
    pairs = area_names(len(depth), streams.at("tree", "names"))
    ends = [ENDINGS[LEVELS[d]] for d in depth]
    return tuple((en + end, zh + end_zh) for (en, zh), (end, end_zh) in zip(pairs, ends, strict=True))
