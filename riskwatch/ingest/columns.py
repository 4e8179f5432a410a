"""The columns of a mapping, one model a kind; nested in the source mapping and read by the mapper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from riskwatch.core.documents import Document
from riskwatch.ingest.personal import ALLOWED_KINDS, kind_refusal, name_refusal

ISO = "iso"


class Column(Document):
    """A column of the file and the kind of thing it holds."""

    takes: ClassVar[str] = ""
    column: str = Field(min_length=1)
    kind: str

    @field_validator("kind")
    @classmethod
    def _kind_is_allowed(cls, kind: str) -> str:
        why = kind_refusal(kind)
        if why:
            allowed = ", ".join(ALLOWED_KINDS)
            raise ValueError(f"kind '{kind}' is refused, because {why}; use one of {allowed}, or drop it")
        if kind != cls.takes:
            raise ValueError(f"kind '{kind}' does not fit here; use kind: {cls.takes}")
        return kind

    @field_validator("column")
    @classmethod
    def _name_is_allowed(cls, column: str) -> str:
        what = name_refusal(column)
        if what:
            raise ValueError(
                f"column '{column}' is refused, because its name says that it holds {what}; "
                "riskwatch watches places, never people: leave it out (or rename it, if it holds a code)"
            )
        return column


class FixedColumn(Column):
    """A column, or what `always` says of every row where the file has no such column."""

    column: str = ""
    kind: str = ""
    always: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_a_column_or_always_the_same(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            return raw
        if raw.get("always") is None:
            missing = [key for key in ("column", "kind") if not raw.get(key)]
            if missing:
                raise ValueError(
                    f"has no {' and no '.join(missing)}; name its column and its kind ({cls.takes}), "
                    "or say `always: CODE` if all rows of the file are of one"
                )
            return raw
        beside = sorted(set(raw) - {"always", "kind"})
        if beside:
            raise ValueError(f"has always and {', '.join(beside)}; keep one of the two ways")
        return {"kind": cls.takes, **raw}


class IdColumn(Column):
    """The department's own id of a record: opaque, up to 64 characters."""

    takes = "id"


class RefColumn(Column):
    """An opaque reference that repeats of one incident share, up to 64 characters."""

    takes = "ref"


class NumberColumn(Column):
    """A number, how much the record counts for; `decimal` is the mark that CSV files write in it."""

    takes = "number"
    decimal: Literal[".", ","] = "."


class AreaColumn(FixedColumn):
    """The code of an area; `when_empty` is the area of rows that name none, `always` that of all."""

    takes = "area"
    when_empty: str | None = None


class InstantColumn(Column):
    """An instant, in ISO 8601 (`iso`) or a strptime format; without an offset it is local time."""

    takes = "instant"
    format: str

    @field_validator("format")
    @classmethod
    def _format_names_an_instant(cls, text: str) -> str:
        if text == ISO:
            return text
        probe = datetime(2001, 12, 13, 14, 15)  # noqa: DTZ001 - a local time; its zone is the mapping's
        try:
            read = datetime.strptime(probe.strftime(text), text)  # noqa: DTZ007 - a local time; its zone is the mapping's
            read = read.replace(tzinfo=None)
        except ValueError as error:
            raise ValueError(
                f"format '{text}' cannot be used ({error}); use iso or a strptime format"
            ) from None
        if read != probe:
            raise ValueError(
                f"format '{text}' does not give year, month, day, hour and minute; "
                "add the missing ones, or use iso"
            )
        return text


class SourceColumn(Column):
    """The department of a record: its code as it stands, or one of `codes`."""

    takes = "code"
    after: str = ""
    strip: str = ""
    codes: Literal["same"] | Mapping[str, str] = "same"

    @field_validator("codes", mode="before")
    @classmethod
    def _codes_are_text(cls, codes: Any) -> Any:
        if codes == "same":
            return codes
        return _texts(codes, "give `same` or `CODE: indicator` lines")

    def code_of(self, raw: str) -> str:
        """The code within a raw value: what follows the separator, without the suffix.

        >>> IndicatorColumn(column="t", kind="code", after=": ", strip=" -").code_of("Fire: A - B -")
        'A - B'
        """
        _, found, rest = raw.partition(self.after) if self.after else ("", "", "")
        code = (rest if found else raw).strip()
        return code.removesuffix(self.strip).strip() if self.strip else code


class IndicatorColumn(FixedColumn, SourceColumn):
    """The code that says what was counted; `not_watched` lists codes left out, each with its reason.

    Of a file that holds one indicator, `always` names it.
    """

    not_watched: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("not_watched", mode="before")
    @classmethod
    def _reasons_are_text(cls, reasons: Any) -> Any:
        return _texts(reasons, "give `CODE: reason` lines")

    @model_validator(mode="after")
    def _each_code_is_in_one_list(self) -> IndicatorColumn:
        both = sorted(set(self.not_watched) & set(self.codes)) if self.codes != "same" else []
        if both:
            raise ValueError(
                f"{', '.join(both)} is both in codes and in not_watched; keep it in one of them"
            )
        return self


def _texts(raw: Any, fix: str) -> Any:
    if not isinstance(raw, Mapping):
        raise ValueError(f"{raw!r} is not a list of codes; {fix}")
    for key, value in raw.items():
        for part in (key, value):
            if not isinstance(part, str) or not part.strip():
                raise ValueError(f"'{key}: {value}' is not text on both sides; put both in quotes")
    return raw
