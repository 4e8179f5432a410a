"""The mapper: raw blocks become event batches and quarantined rows; called by the app for each block."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.clock import Clock, to_us
from riskwatch.core.errors import ConfigError
from riskwatch.core.events import EVENT_SCHEMA
from riskwatch.core.gauges import Gauge
from riskwatch.ingest.block import RawBlock
from riskwatch.ingest.codes import Looked, Lookup, folded
from riskwatch.ingest.columns import FixedColumn
from riskwatch.ingest.mapping import SourceMapping, mapping_faults
from riskwatch.ingest.new_codes import NewCode, SeenCodes
from riskwatch.ingest.quarantine import MAX_REF_CHARS, Quarantined, raw_text
from riskwatch.ingest.timing import Timed, Timing, text_of
from riskwatch.ingest.values import out_of_range, parse_refs, parse_values

_ORDER = (
    *("bad_time", "future", "time_jump", "received_before_occurred", "unknown_code", "not_watched"),
    *("unknown_source", "unknown_area", "no_area", "bad_value", "out_of_range", "free_text"),
)
"""A row with several faults is quarantined for the first of these."""

_ROLE_OF = {
    **{"bad_time": "occurred_at", "future": "occurred_at", "time_jump": "occurred_at"},
    **{"received_before_occurred": "received_at", "unknown_code": "indicator", "not_watched": "indicator"},
    **{
        "unknown_source": "source",
        "unknown_area": "area",
        "no_area": "area",
        "bad_value": "value",
        "out_of_range": "value",
    },
}


@dataclass(frozen=True, slots=True)
class MappedBlock:
    """What became of a block: `rows` = `events.num_rows` + `len(quarantined)`.

    `new_codes` are codes that this stream had not shown before, watched or not: a change of the
    form. `waiting` is 1 while the last row's time is undecided; that row comes with the next block.
    """

    rows: int
    events: pa.Table
    quarantined: tuple[Quarantined, ...]
    new_codes: tuple[NewCode, ...]
    waiting: int = 0


class Mapper:
    """Maps the blocks of one stream, in order; `gauges` are the indicators that are measured."""

    def __init__(
        self,
        mapping: SourceMapping,
        areas: Collection[str],
        indicators: Collection[str],
        clock: Clock,
        *,
        gauges: Mapping[str, Gauge] = {},
    ) -> None:
        faults = mapping_faults(
            mapping, areas=areas, indicators=indicators, gauges=gauges, file=mapping.source
        )
        if faults:
            raise ConfigError(faults)
        self._mapping = mapping
        self.corrections = mapping.corrections
        self._areas, self._folded = frozenset(areas), folded(areas)
        self._indicators, self._gauges = frozenset(indicators), dict(gauges)
        self._clock = clock
        self._timing = Timing(mapping)
        self._seen = SeenCodes()
        self._held: dict[str, Any] | None = None
        self._lookup = {
            "area": Lookup(self._area),
            "indicator": Lookup(self._indicator),
            "source": Lookup(self._source),
        }

    def state(self) -> dict[str, Any]:
        """What a grown file is continued with, as JSON: clock, codes seen, the waiting row."""
        return {"timing": self._timing.state(), "seen": self._seen.state(), "held": self._held}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        self._timing.load(state["timing"])
        self._seen.load(state["seen"])
        self._held = state["held"]

    def among(self, state: Mapping[str, Any]) -> None:
        """Map rows that came among those of a stream whose mapper left this state: jumps, codes seen."""
        self._timing.among(state["timing"])
        self._seen.load(state["seen"])

    def map(self, block: RawBlock) -> MappedBlock:
        """Map the next block."""
        table, row, line = self._with_held(block.table, block.row, block.line)
        return self._map(table, row, line, block.quarantined, last=False)

    def finish(self) -> MappedBlock:
        """Decide the waiting row, if there is one, at the end of what can be read now."""
        nothing = pa.table({name: pa.array([], pa.string()) for name in self._mapping.mapped})
        none = np.zeros(0, dtype=np.int64)
        table, row, line = self._with_held(nothing, none, none)
        return self._map(table, row, line, (), last=True)

    def _map(
        self,
        table: pa.Table,
        row: NDArray[np.int64],
        line: NDArray[np.int64],
        unread: tuple[Quarantined, ...],
        *,
        last: bool,
    ) -> MappedBlock:
        timed = self._timing.read(table, now_us=to_us(self._clock.now()), last=last)
        here = np.ones(table.num_rows, dtype=bool)
        if timed.waiting >= 0:
            here[timed.waiting] = False
            values = {name: table.column(name)[timed.waiting].as_py() for name in table.column_names}
            self._held = {
                "row": int(row[timed.waiting]),
                "line": int(line[timed.waiting]),
                "values": values,
            }
        looked = {role: self._lookup[role].read(column) for role, column in self._coded(table).items()}
        refused = dict(timed.refused)
        for found in looked.values():
            for reason in set(found.reason) - {""}:
                refused[reason] = found.refused(reason)
        extra = self._extra(table, looked["indicator"], refused)
        reasons = np.full(table.num_rows, -1, dtype=np.int8)
        for code, reason in reversed(list(enumerate(_ORDER))):
            if reason in refused:
                reasons[refused[reason]] = code
        keep = np.flatnonzero((reasons < 0) & here)
        aside = np.flatnonzero((reasons >= 0) & here)
        events = self._events(looked, timed, extra, keep, row)
        quarantined = self._quarantined(table, reasons, aside, row=row, line=line)
        new = self._seen.meet(looked["indicator"], here, row, self._mapping.columns.indicator.code_of)
        every = tuple(sorted((*unread, *quarantined), key=lambda q: q.row)) if unread else quarantined
        return MappedBlock(len(keep) + len(every), events, every, new, waiting=int(timed.waiting >= 0))

    def _with_held(
        self, table: pa.Table, row: NDArray[np.int64], line: NDArray[np.int64]
    ) -> tuple[pa.Table, NDArray[np.int64], NDArray[np.int64]]:
        held, self._held = self._held, None
        if held is None:
            return table, row, line
        first = pa.table(
            {name: pa.array([held["values"][name]], pa.string()) for name in table.column_names}
        )
        joined = pa.concat_tables([first, table.cast(first.schema)]).combine_chunks()
        return joined, np.concatenate(([held["row"]], row)), np.concatenate(([held["line"]], line))

    def _coded(self, table: pa.Table) -> dict[str, pa.StringArray]:
        columns = self._mapping.columns.by_role()
        read = {}
        for role in self._lookup:
            if role in columns:
                column = columns[role]
                always = column.always if isinstance(column, FixedColumn) else None
                read[role] = text_of(table, column.column) if always is None else _same(always, table)
        return read

    def _extra(
        self, table: pa.Table, indicator: Looked, refused: dict[str, NDArray[np.bool_]]
    ) -> dict[str, pa.Array]:
        """Optional columns: value, id and incident_ref; adds what they refuse."""
        columns, n = self._mapping.columns, table.num_rows
        extra: dict[str, pa.Array] = {}
        free_text = refused.pop("free_text", np.zeros(n, dtype=bool))
        is_gauge = np.array([target in self._gauges for target in indicator.target], dtype=bool)
        gauge = is_gauge[indicator.index] if len(is_gauge) else np.zeros(n, dtype=bool)
        if columns.value is None:
            refused["bad_value"] = gauge  # a row counts for one, but a gauge without a value says nothing
        else:
            numbers, usable = parse_values(text_of(table, columns.value.column), gauge)
            extra["value"], refused["bad_value"] = pa.array(numbers), ~usable
            if gauge.any():
                beyond = out_of_range(numbers, indicator.target, indicator.index, self._gauges)
                refused["out_of_range"] = usable & beyond
        for role, column in (("id", columns.id), ("incident_ref", columns.incident_ref)):
            if column is not None:
                extra[role], is_text = parse_refs(text_of(table, column.column))
                free_text = free_text | is_text
        refused["free_text"] = free_text
        return extra

    def _events(
        self,
        looked: dict[str, Looked],
        timed: Timed,
        extra: dict[str, pa.Array],
        keep: NDArray[np.int64],
        row: NDArray[np.int64],
    ) -> pa.Table:
        n, taken = len(keep), pa.array(keep)
        nothing = pa.nulls(n, pa.string())
        only = pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(n, np.int32)), pa.array([self._mapping.source] if n else [], pa.string())
        )
        instant = EVENT_SCHEMA.field("occurred_at").type
        columns = {
            "id": extra["id"].take(taken) if "id" in extra else nothing,
            "source": looked["source"].column(keep) if "source" in looked else only,
            "area": looked["area"].column(keep),
            "indicator": looked["indicator"].column(keep),
            "occurred_at": pa.array(timed.occurred_us[keep]).cast(instant),
            "received_at": pa.array(timed.received_us[keep]).cast(instant),
            "value": extra["value"].take(taken) if "value" in extra else pa.array(np.ones(n)),
            "incident_ref": extra["incident_ref"].take(taken) if "incident_ref" in extra else nothing,
            "row": pa.array(row[keep]),
        }
        return pa.table(columns, schema=EVENT_SCHEMA)

    def _quarantined(
        self,
        table: pa.Table,
        reasons: NDArray[np.int8],
        aside: NDArray[np.int64],
        *,
        row: NDArray[np.int64],
        line: NDArray[np.int64],
    ) -> tuple[Quarantined, ...]:
        columns = self._mapping.columns.by_role()
        not_watched = self._mapping.columns.indicator.not_watched
        found = []
        taken, names = table.take(pa.array(aside)), table.column_names
        texts = zip(*(taken.column(name).to_pylist() for name in names), strict=True)
        places = zip(row[aside].tolist(), line[aside].tolist(), reasons[aside].tolist(), strict=True)
        for values, (at, in_line, why) in zip(texts, places, strict=True):
            reason = _ORDER[why]
            raw = dict(zip(names, map(raw_text, values), strict=True))
            role = _ROLE_OF.get(reason)
            detail = (
                f"{raw[columns[role].column]!r} (column '{columns[role].column}')"
                if role in columns
                else ""
            )
            if reason == "not_watched":
                code = self._mapping.columns.indicator.code_of(
                    values[names.index(columns["indicator"].column)]
                )
                detail = f"'{code}': {not_watched[code]}"
            found.append(Quarantined(at, in_line, reason, detail, raw))
        return tuple(found)

    def _area(self, raw: str) -> tuple[str | None, str]:
        if raw in self._areas:
            return raw, ""
        trimmed = raw.strip()
        if not trimmed:
            empty = self._mapping.columns.area.when_empty
            return (empty, "") if empty is not None else (None, "no_area")
        area = self._folded.get(trimmed.casefold())
        return (area, "") if area is not None else (None, "unknown_area")

    def _indicator(self, raw: str) -> tuple[str | None, str]:
        column = self._mapping.columns.indicator
        code = column.code_of(raw)
        if code in column.not_watched:
            return None, "not_watched"
        target = code if isinstance(column.codes, str) else column.codes.get(code)
        return (target, "") if target in self._indicators else (None, "unknown_code")

    def _source(self, raw: str) -> tuple[str | None, str]:
        column = self._mapping.columns.source
        code = column.code_of(raw) if column is not None else ""
        if not code:
            return self._mapping.source, ""
        if len(code) > MAX_REF_CHARS:
            return None, "free_text"
        if column is None or isinstance(column.codes, str):
            return code, ""
        target = column.codes.get(code)
        return (target, "") if target is not None else (None, "unknown_source")


def _same(value: str, table: pa.Table) -> pa.StringArray:
    return pa.repeat(pa.scalar(value, pa.string()), table.num_rows)
