"""The strongest node speaks: one happening is one alert, two happenings are two."""

from __future__ import annotations

import numpy as np
import pytest
from made_scores import REGISTRY, TREE, composite, volume

from riskwatch.core.alerts import Assessment
from riskwatch.score.strongest import StrongestSpeaks

TOWNS = ("A00", "A01", "A10", "A11")


class Rule:
    """A tenth, unless hardly anything would be touched."""

    floor = 0.1

    def of(self, area: str, signature: str) -> Rule:
        return self

    def notable(self, likelihood: float, impact: float) -> bool:
        return likelihood >= self.floor and impact >= 0.5


notable = Rule().notable


def assess(calls, watched=(), per_town: float = 0.5) -> dict[tuple[str, str], Assessment]:
    made = volume(calls, per_town)
    joined = composite(made)
    found = StrongestSpeaks(joined, made, TREE, REGISTRY).assess(joined.score(made.read()), watched, Rule())
    assert len({(a.area, a.signature) for a in found}) == len(found)
    return {(a.area, a.signature): a for a in found}


def speakers(found) -> set[str]:
    return {a.area for a in found.values() if a.inhibited_by is None and notable(a.likelihood, a.impact)}


def test_a_rise_everywhere_is_the_countys():
    """Each town has a little more; the county speaks and nobody else."""
    found = assess({town: {"s0_0": 5} for town in TOWNS})
    assert speakers(found) == {"A"}
    for (area, _), assessed in found.items():
        if area != "A":
            assert assessed.inhibited_by == "A" or not notable(assessed.likelihood, assessed.impact)


def test_a_burst_in_one_town_is_the_towns():
    """The town speaks; its district and the county have the same calls and say so."""
    found = assess({"A00": {"s0_0": 9}})
    assert speakers(found) == {"A00"}
    relatives = {area: found[area, "s0"].inhibited_by for area in ("A0", "A") if (area, "s0") in found}
    assert set(relatives.values()) == {"A00"}
    assert ("A01", "s0") not in found


def test_a_burst_on_top_of_a_rise_everywhere_speaks_too():
    """Beyond what the county explains, the town has a story of its own."""
    calls = {town: {"s0_0": 8} for town in TOWNS} | {"A00": {"s0_0": 60}}
    assert speakers(assess(calls, per_town=1.0)) >= {"A00"}
    others = speakers(assess(calls, per_town=1.0)) - {"A00"}
    assert others, "the rise in the other three towns is nobody's"


def test_two_towns_far_apart_both_speak():
    """They are no relatives of each other."""
    found = assess({"A00": {"s0_0": 20}, "A11": {"s0_0": 20}}, per_town=4.0)
    assert {"A00", "A11"} <= speakers(found)
    assert found["A0", "s0"].inhibited_by == "A00"


def test_another_signature_is_never_inhibited():
    """Two harms in one line of the tree are two stories."""
    found = assess({"A00": {"s0_0": 9, "s1_0": 9}})
    assert found["A00", "s0"].inhibited_by is None
    assert found["A00", "s1"].inhibited_by is None
    assert {s for (area, s), a in found.items() if area == "A00"} == {"s0", "s1"}


def test_an_inhibited_relative_keeps_its_own_numbers():
    """What it would say alone, and who says it instead."""
    made = volume({"A00": {"s0_0": 9}})
    found = assess({"A00": {"s0_0": 9}})
    alone = composite(made).judge(np.array([TREE.index["A0"]]), 0)
    assert found["A0", "s0"].likelihood == pytest.approx(alone.likelihood[0])
    assert found["A0", "s0"].calls == 9


def test_what_is_watched_is_assessed_even_when_it_is_quiet():
    """An open alert must hear that nothing is left of it."""
    found = assess({}, watched=[("A10", "s1")])
    assert list(found) == [("A10", "s1")]
    quiet = found["A10", "s1"]
    assert (quiet.calls, quiet.contributions, quiet.inhibited_by) == (0, (), None)
    assert quiet.likelihood < 0.05


def test_calls_are_those_of_the_indicators_that_carry_it():
    """Of the window with most evidence; an indicator at its usual does not count."""
    found = assess({"A00": {"s0_0": 9, "s0_1": 0}})
    assert found["A00", "s0"].calls == 9
    assert found["A00", "s0"].calls_in(found["A00", "s0"].window) == 9
    assert [c.indicator for c in found["A00", "s0"].contributions] == ["s0_0"]
