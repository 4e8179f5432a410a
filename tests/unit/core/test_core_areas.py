"""The area tree: parents first, paths to the root, and every fault told at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.errors import ConfigError


def area(code: str, parent: str | None = None) -> Area:
    return Area(code, code.title(), parent, "place")


@st.composite
def forests(draw: st.DrawFn) -> list[Area]:
    """Up to 25 areas, each under an earlier one or a root, listed in any order."""
    n = draw(st.integers(1, 25))
    parents = [draw(st.integers(-1, i - 1)) for i in range(n)]
    listed = [area(f"a{i}", None if p < 0 else f"a{p}") for i, p in enumerate(parents)]
    return draw(st.permutations(listed))


@settings(deadline=None, max_examples=60)
@given(forests())
def test_paths_lines_and_subtrees_agree(listed):
    """A parent comes before its child; x lies below y exactly if y is on the line of x."""
    tree = AreaTree(listed)
    assert sorted(tree.codes) == sorted(a.code for a in listed)
    for i, code in enumerate(tree.codes):
        up = int(tree.parent[i])
        assert up < i
        assert tree[code].parent == (None if up < 0 else tree.codes[up])
        line = tree.line(code)
        assert len(line) == tree.depth[i] + 1
        assert line[0] == code
        assert tree[line[-1]].parent is None
        assert tuple(tree.codes[j] for j in tree.paths[i] if j >= 0) == line
        for other in tree.codes:
            assert (code in tree.below(other)) == (other in line)
    assert tree.paths.shape == (len(tree), int(tree.depth.max()) + 1)


@settings(deadline=None, max_examples=30)
@given(forests(), st.randoms(use_true_random=False))
def test_order_of_the_file_does_not_change_the_relations(listed, random):
    """Listing the same areas in another order gives the same lines."""
    other = list(listed)
    random.shuffle(other)
    one, two = AreaTree(listed), AreaTree(other)
    assert {c: one.line(c) for c in one.codes} == {c: two.line(c) for c in two.codes}
    assert np.array_equal(np.sort(one.depth), np.sort(two.depth))


def test_every_fault_of_a_tree_is_told_at_once():
    """Duplicates and missing parents come together, with what to do."""
    with pytest.raises(ConfigError) as error:
        AreaTree([area("A"), area("A"), area("B", "X"), area("C", "Y")], "areas.csv")
    assert str(error.value).splitlines() == [
        "areas.csv: area 'A': is listed twice; keep one of them",
        "areas.csv: area 'B': its parent 'X' is not listed; "
        "add the parent, or leave the column empty for a root",
        "areas.csv: area 'C': its parent 'Y' is not listed; "
        "add the parent, or leave the column empty for a root",
    ]


def test_an_empty_tree_is_refused():
    """A tree has at least one area."""
    with pytest.raises(ConfigError, match=r"^areas: lists no area; add at least one$"):
        AreaTree([])


@pytest.mark.parametrize(
    "listed",
    [
        [area("A", "A")],
        [area("R"), area("A", "B"), area("B", "C"), area("C", "A")],
    ],
)
def test_a_circle_of_parents_is_refused(listed):
    """An area that is its own forebear has no path to a root."""
    with pytest.raises(ConfigError, match=r"their parents form a circle; let one be a root$"):
        AreaTree(listed)


def test_two_roots_are_allowed():
    """Two provinces may share a store."""
    tree = AreaTree([area("A"), area("B"), area("A1", "A"), area("B1", "B")])
    assert tree.line("A1") == ("A1", "A")
    assert tree.below("B") == ("B", "B1")


@pytest.mark.parametrize(("lang", "name"), [("en", "North"), ("zh", "北区"), ("fr", "North")])
def test_a_name_is_told_in_the_language(lang, name):
    """Chinese where there is a Chinese name, else the name."""
    assert Area("N", "North", None, "town", name_zh="北区").name_in(lang) == name
    assert Area("N", "North", None, "town").name_in("zh") == "North"
