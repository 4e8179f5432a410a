"""The quarantined row and every reason for one; made by the readers and the mapper, stored by the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_RAW_CHARS = 200
"""A raw value is kept up to this many characters."""

MAX_REF_CHARS = 64
"""An id, a reference or a source longer than this is taken for text."""

REASONS: Mapping[str, str] = {
    "wrong_field_count": "the row has more or fewer fields than the header",
    "bad_encoding": "the row has bytes that are no text in the encoding of its source",
    "line_too_long": "the line is longer than 1 MiB",
    "unclosed_quote": "a quoted field does not end within 1 MiB or before the file does",
    "bad_json": "the line is not one flat JSON object",
    "bad_time": "an instant cannot be read in the mapping's format",
    "future": "an instant is more than 5 minutes after the present",
    "time_jump": "the row alone is far ahead of the rows around it",
    "received_before_occurred": "the row was received more than 5 minutes before it occurred",
    "unknown_code": "the mapping does not list the code",
    "not_watched": "the mapping says that this code is not watched",
    "unknown_source": "the mapping does not list the source",
    "unknown_area": "no area has this code",
    "no_area": "the area is empty and the mapping has no when_empty",
    "bad_value": "the value is not a usable number",
    "out_of_range": "the reading is none that its gauge can show",
    "free_text": "an id, a reference or a source holds text",
}
"""Reason -> what is wrong, as one clause; `docs/sources.md` says what to do about each."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One row that was set aside.

    `row` is its place in the stream (from 0), `line` its line in the file (from 1; for Parquet
    the row, from 1). `raw` holds mapped columns only, each cut to 200 characters, and is empty
    where nobody can say which field is which.
    """

    row: int
    line: int
    reason: str
    detail: str = ""
    raw: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence a person reads.

        >>> Quarantined(row=4, line=6, reason="unknown_code", detail="'X' (column 'title')").message
        "line 6: the mapping does not list the code: 'X' (column 'title')"
        """
        what = f"line {self.line}: {REASONS[self.reason]}"
        return f"{what}: {self.detail}" if self.detail else what


def raw_text(value: str) -> str:
    """A raw value as it may be stored: cut, and without NUL, which databases refuse."""
    if len(value) > MAX_RAW_CHARS:
        value = value[:MAX_RAW_CHARS]
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}") if "\x00" in value else value
