"""Where records begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.ingest import records
from riskwatch.ingest.csv_reader import fields
from riskwatch.ingest.records import find_records


def cut(text: str, *, final: bool = True, limit: int = 99) -> list[str]:
    buffer = text.encode()
    found = find_records(buffer, limit=limit, quotes=True, final=final)
    return [buffer[a:b].decode() for a, b in zip(found.starts, found.ends, strict=True)]


@given(text=st.text('",\na', max_size=40), final=st.booleans(), limit=st.integers(1, 40))
def test_counting_quotes_and_matching_them_agree(text, final, limit):
    """The fast way is taken only where it finds the same records."""
    buffer = text.encode()
    fast = find_records(buffer, limit=limit, quotes=True, final=final)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_bounds_by_parity", lambda *_: None)
        slow = find_records(buffer, limit=limit, quotes=True, final=final)
    assert str(fast) == str(slow)


@given(text=st.text('",\na\r', max_size=40), limit=st.integers(3, 40))
def test_all_but_ends_of_lines_is_in_records(text, limit):
    """Nothing is lost between them, and what is consumed is a whole number of records."""
    for final in (True, False):
        found = find_records(text.encode(), limit=limit, quotes=True, final=final)
        left = bytearray(text.encode()[: found.consumed])
        for start, end in zip(found.starts[::-1], found.ends[::-1], strict=True):
            del left[start:end]
        assert set(left) <= set(b"\r\n")
        assert found.consumed == len(text) or not final


def test_a_quote_within_a_field_is_a_letter():
    """Only at the start of a field does it open one."""
    assert cut('a,5" pipe\nb,6"\n') == ['a,5" pipe', 'b,6"']
    assert cut('a,"5"" pipe\nlong"\nb,c') == ['a,"5"" pipe\nlong"', "b,c"]


def test_a_record_without_an_end_is_left_for_the_next_buffer():
    """Unless the file ends there."""
    assert cut('a,b\nc,"d\n', final=False) == ["a,b"]
    assert cut('a,b\nc,"d\n', final=True) == ["a,b", 'c,"d']


def test_fields_follow_rfc_4180():
    """And keep what stands after a closing quote."""
    assert fields('"a"b,"",,"x\ny"') == ["ab", "", "", "x\ny"]
    assert fields("") == [""]
