"""When time alone may change a case."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from riskwatch.alert.due import Due

STEPS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), st.just(inf), st.integers(0, 9))), max_size=40
)


@given(steps=STEPS, at_us=st.integers(-1, 10))
def test_what_is_due_is_found_in_the_order_it_came(
    steps: list[tuple[str, float | None]], at_us: int
) -> None:
    """As a dictionary that is looked through, whatever was set, set again, dropped and asked before."""
    due, plain = Due(), dict[str, float]()
    for name, when in steps:
        if when is not None:
            due.set(name, when)
            plain[name] = when
        elif name in plain:
            due.drop(name)
            del plain[name]
        assert due.by(at_us) == [n for n, held in plain.items() if held <= at_us]
    assert due.all() == list(plain)
    assert due.after(at_us) == min((d for d in plain.values() if at_us < d < inf), default=None)
