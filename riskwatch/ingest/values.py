"""Values, ids and references checked column-wise; used by the mapper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskwatch.core.gauges import Gauge
from riskwatch.ingest.plain_text import is_plain, read_whole, text_bytes
from riskwatch.ingest.quarantine import MAX_REF_CHARS

MAX_COUNT = 1e9
"""A count above this is no count of records."""

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"


def parse_values(
    column: pa.StringArray, gauge: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers and which are usable: a gauge finite, a count whole, from 0 to 1e9.

    >>> parse_values(pa.array(["2", "2.5", "-1", "nan"]), np.array([False, True, False, True]))[1]
    array([ True,  True, False, False])
    """
    n = len(column)
    numbers = np.zeros(n)
    if read_whole(*text_bytes(column), numbers):  # nearly always
        return numbers, np.ones(n, dtype=bool)
    text = pc.utf8_trim_whitespace(column)
    good = pc.match_substring_regex(text, _NUMBER)
    numbers = pc.cast(pc.if_else(good, text, "0"), pa.float64()).to_numpy(zero_copy_only=False)
    usable = good.to_numpy(zero_copy_only=False) & np.isfinite(numbers)
    whole = (numbers >= 0) & (numbers <= MAX_COUNT) & (numbers == np.floor(numbers))
    return numbers, usable & (gauge | whole)


def out_of_range(
    numbers: NDArray[np.float64],
    target: Sequence[str | None],
    index: NDArray[Any],
    gauges: Mapping[str, Gauge],
) -> NDArray[np.bool_]:
    """Which readings their gauge cannot show; `target` are indicators, `index` [n] which one is whose."""
    known = [gauges.get(t or "") for t in target]
    low, high = np.array([(g.lowest, g.highest) if g else (-np.inf, np.inf) for g in known]).T
    beyond: NDArray[np.bool_] = (numbers < low[index]) | (numbers > high[index])
    return beyond


def parse_refs(column: pa.StringArray) -> tuple[pa.StringArray, NDArray[np.bool_]]:
    """Opaque references, null where empty, and which of them are text: over 64 characters or spaced.

    >>> [part.tolist() for part in parse_refs(pa.array(["a1", " ", "Jane Roe"]))]
    [['a1', None, 'Jane Roe'], [False, False, True]]
    """
    if is_plain(*text_bytes(column), MAX_REF_CHARS):  # nearly always
        return column, np.zeros(len(column), dtype=bool)
    trimmed = pc.utf8_trim_whitespace(column)
    long = pc.greater(pc.utf8_length(trimmed), MAX_REF_CHARS)
    is_text = pc.or_(long, pc.match_substring_regex(trimmed, r"[\s\x00-\x1f　]"))
    refs = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    return refs, is_text.to_numpy(zero_copy_only=False)
