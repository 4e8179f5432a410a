"""How a department writes text files: encoding, delimiter, decimal mark; of the mapping, for the reader."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from dataclasses import dataclass

UTF_8 = "utf-8"
DELIMITERS: dict[str, str] = {",": ",", ";": ";", "|": "|", "\t": "\t", "tab": "\t"}
"""What separates fields, by how a mapping may write it."""

_ENCODINGS = (
    *("utf-8", "utf-16", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949"),
    *(
        "koi8-r",
        "koi8-u",
        *(f"cp125{n}" for n in range(9)),
        *(f"iso8859-{n}" for n in range(1, 17) if n != 12),
    ),
)
_WIDER = {"gbk": "gb18030", "gb2312": "gb18030"}  # files called the narrow name hold the wider one
_LIKELY = ("gb18030", "big5", "cp932", "cp1252")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The form of a text file; `decimal_commas` are the columns whose numbers have a comma for a point."""

    encoding: str = UTF_8
    delimiter: str = ","
    decimal_commas: tuple[str, ...] = ()


def encoding_of(name: str) -> str | None:
    """The codec of an encoding's name, or None where riskwatch reads no such text.

    >>> encoding_of("GBK"), encoding_of("windows-1252"), encoding_of("rot13")
    ('gb18030', 'cp1252', None)
    """
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    found = _WIDER.get(found, found)
    return found if found in _ENCODINGS else None


def likely_encoding(header: bytes, wanted: Collection[str]) -> str | None:
    """An encoding in which a header that is not UTF-8 holds all wanted names, or None.

    Names of ASCII alone say nothing: they are the same in nearly all.
    """
    if all(column.isascii() for column in wanted):
        return None
    for name in _LIKELY:
        text = header.decode(name, "replace")
        if all(column in text for column in wanted):
            return name
    return None


def likely_delimiter(header: str, wanted: Collection[str]) -> str | None:
    """A delimiter, as a mapping writes it, by which a header falls into fields with all wanted names."""
    for written, delimiter in ((";", ";"), ("tab", "\t"), ("|", "|"), (",", ",")):
        if set(wanted) <= {field.strip().strip('"').strip() for field in header.split(delimiter)}:
            return written
    return None


def reads_as_utf8(header: str, encoding: str, wanted: Collection[str]) -> bool:
    """Whether a header that was read in an encoding holds all wanted names if it is read as UTF-8.

    >>> reads_as_utf8("区县,时间".encode().decode("gb18030"), "gb18030", ["区县"])
    True
    """
    try:
        text = header.encode(encoding).decode()
    except (UnicodeError, LookupError):
        return False
    return all(column in text for column in wanted)
