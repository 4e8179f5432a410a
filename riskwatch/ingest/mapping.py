"""The source mapping: what a department's file holds and how it becomes events; read by the settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from riskwatch.core.documents import Document, parse_document, read_yaml
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.ingest.columns import (
    AreaColumn,
    Column,
    IdColumn,
    IndicatorColumn,
    InstantColumn,
    NumberColumn,
    RefColumn,
    SourceColumn,
)
from riskwatch.ingest.dialect import DELIMITERS, UTF_8, Dialect, encoding_of
from riskwatch.ingest.personal import kind_refusal, name_refusal

_ROLES_IN_ORDER = (
    "id",
    "source",
    "area",
    "indicator",
    "occurred_at",
    "received_at",
    "value",
    "incident_ref",
)


class Columns(Document):
    """Which column of the file plays which part of an event."""

    area: AreaColumn
    indicator: IndicatorColumn
    occurred_at: InstantColumn
    id: IdColumn | None = None
    source: SourceColumn | None = None
    received_at: InstantColumn | None = None
    value: NumberColumn | None = None
    incident_ref: RefColumn | None = None

    def by_role(self) -> dict[str, Column]:
        """The mapped columns by their role."""
        listed = {role: getattr(self, role) for role in _ROLES_IN_ORDER}
        return {role: column for role, column in listed.items() if column is not None}


class SourceMapping(Document):
    """One source file of the workspace; `about` is one sentence by language."""

    source: str
    about: Mapping[str, str]
    areas: str
    indicators: str
    timezone: str
    lateness_min: int
    columns: Columns
    calendar: str | None = None
    local_timezone: str | None = None
    stream: str = "default"
    max_jump_h: float = Field(default=168.0)
    reports_every_h: float | None = None
    corrections: bool = False
    encoding: str = UTF_8
    delimiter: str | None = None

    @field_validator("source", "stream")
    @classmethod
    def _is_a_plain_name(cls, name: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", name):
            raise ValueError(
                f"'{name}' is not a plain name; use small letters, digits, _ . and -, 64 at most"
            )
        return name

    @field_validator("about")
    @classmethod
    def _is_in_english_too(cls, about: Mapping[str, str]) -> Mapping[str, str]:
        if not about.get("en", "").strip():
            raise ValueError("has no English sentence; add en: and one sentence")
        return about

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, name: str) -> str:
        found = encoding_of(name)
        if found is None:
            raise ValueError(
                f"encoding '{name}' is unknown; use utf-8, utf-16, gb18030 (also for gbk and gb2312), "
                "big5, shift_jis, euc-jp, euc-kr, windows-1250 to -1258, iso-8859-1 to -16 or koi8-r"
            )
        return found

    @field_validator("delimiter")
    @classmethod
    def _is_a_delimiter(cls, given: str | None) -> str | None:
        if given is not None and given not in DELIMITERS:
            raise ValueError(f'delimiter {given!r} is not read; use ",", ";", "|" or tab')
        return given if given is None else DELIMITERS[given]

    @field_validator("areas", "indicators", "calendar")
    @classmethod
    def _stays_in_configs(cls, path: str | None) -> str | None:
        if path is not None and (PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts):
            raise ValueError(f"'{path}' leaves the configs folder; give a path relative to configs/")
        return path

    @field_validator("timezone", "local_timezone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                ZoneInfo(name)
            except (KeyError, ValueError, OSError):  # not found, malformed, a folder of zones
                raise ValueError(
                    f"timezone '{name}' is unknown; use an IANA name such as Asia/Shanghai"
                ) from None
        return name

    @field_validator("lateness_min")
    @classmethod
    def _is_at_most_a_day(cls, minutes: int) -> int:
        if not 0 <= minutes <= 1440:
            raise ValueError(f"{minutes} minutes is out of range; use 0 to 1440 (a day)")
        return minutes

    @field_validator("max_jump_h")
    @classmethod
    def _is_hours_to_a_year(cls, hours: float) -> float:
        if not 3 <= hours <= 8784:
            raise ValueError(f"{hours:g} hours is out of range; use 3 to 8784 (a year)")
        return hours

    @field_validator("reports_every_h")
    @classmethod
    def _is_an_hour_to_a_week(cls, hours: float | None) -> float | None:
        if hours is not None and not 1 <= hours <= 168:
            raise ValueError(f"{hours:g} hours is out of range; use 1 to 168 (a week)")
        return hours

    @model_validator(mode="after")
    def _reports_are_of_known_sources(self) -> Self:
        if self.reports_every_h is not None and self.brings is None:
            raise ValueError(
                "reports_every_h needs to know whose reports they are; list the departments in "
                "columns.source.codes instead of `same`"
            )
        return self

    @model_validator(mode="after")
    def _corrections_have_an_id(self) -> Self:
        if self.corrections and self.columns.id is None:
            raise ValueError(
                "corrections: true needs an id that says which record is corrected; map columns.id"
            )
        return self

    @cached_property
    def mapped(self) -> tuple[str, ...]:
        """The names of the columns that are read, each once; all others are dropped unread."""
        named = (column.column for column in self.columns.by_role().values())
        return tuple(dict.fromkeys(name for name in named if name))

    def dialect(self, suffix: str) -> Dialect:
        """How a file with that ending is written: of .tsv the default delimiter is a tab."""
        value = self.columns.value
        commas = (value.column,) if value is not None and value.decimal == "," else ()
        return Dialect(self.encoding, self.delimiter or ("\t" if suffix == ".tsv" else ","), commas)

    @property
    def brings(self) -> frozenset[str] | None:
        """The sources its rows may come from; None where a column says so and any code is one."""
        column = self.columns.source
        if column is None:
            return frozenset({self.source})
        return None if isinstance(column.codes, str) else frozenset(column.codes.values())

    @property
    def season_timezone(self) -> str:
        """The zone whose hour of week the seasons follow."""
        return self.local_timezone or self.timezone


def load_mapping(path: Path, file: str) -> SourceMapping:
    """Read and validate a source file; raises ConfigError with all its faults."""
    raw = read_yaml(path, file)
    refused = _refused_parts(raw, file)
    try:
        mapping = parse_document(raw, SourceMapping, file)
    except ConfigError as error:
        told = {fault.where for fault in refused}
        raise ConfigError([*refused, *(f for f in error.faults if f.where not in told)]) from None
    return mapping


def mapping_faults(
    mapping: SourceMapping,
    *,
    areas: Collection[str],
    indicators: Collection[str],
    file: str,
    gauges: Collection[str] = (),
) -> list[Fault]:
    """What a mapping says about areas and indicators that the workspace does not have, or cannot read."""
    faults = []
    empty = mapping.columns.area.when_empty
    if empty is not None and empty not in areas:
        fix = f"use a code of {mapping.areas}"
        faults.append(Fault(file, "columns.area.when_empty", f"area '{empty}' is unknown", fix))
    always, one = mapping.columns.area.always, mapping.columns.indicator.always
    if always is not None and always not in areas:
        fix = f"use a code of {mapping.areas}"
        faults.append(Fault(file, "columns.area.always", f"area '{always}' is unknown", fix))
    if one is not None and one not in indicators:
        fix = f"use an id of {mapping.indicators}"
        faults.append(Fault(file, "columns.indicator.always", f"indicator '{one}' is unknown", fix))
    codes = mapping.columns.indicator.codes if one is None else {one: one}
    if not isinstance(codes, str):
        for code, indicator in codes.items():
            if one is None and indicator not in indicators:
                where, fix = f"columns.indicator.codes.{code}", f"use an id of {mapping.indicators}"
                faults.append(Fault(file, where, f"indicator '{indicator}' is unknown", fix))
        measured = sorted(set(codes.values()) & set(gauges))
        if measured and mapping.columns.value is None:
            fix = "add value: {column: ..., kind: number}"
            faults.append(Fault(file, "columns.value", f"is missing, and '{measured[0]}' is a gauge", fix))
    return faults


def _refused_parts(raw: dict[str, Any], file: str) -> list[Fault]:
    """Roles that no event has, where the first law is the better answer than a spelling hint."""
    columns = raw.get("columns")
    faults = []
    for role, column in columns.items() if isinstance(columns, dict) else ():
        if role in _ROLES_IN_ORDER or not isinstance(column, dict):
            continue
        why = name_refusal(str(role)) or name_refusal(str(column.get("column", "")))
        kind = str(column.get("kind", "code"))
        if why is None and kind_refusal(kind) is None:
            continue
        what = "an event has no such part, and it would hold " + (why or f"what kind '{kind}' says")
        fix = "riskwatch watches places, never people: leave the column out"
        faults.append(Fault(file, f"columns.{role}", what, fix))
    return faults
