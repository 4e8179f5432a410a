"""Gauge surprise: how far one real-valued stream leaves its own past; a River anomaly detector."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from river import base

SIGNS = ("level", "deviation", "trend", "shift", "clock")
_WARM_ROWS = {"level": 200, "deviation": 200, "trend": 300, "shift": 300, "clock": 800}
_SHORT, _DAYPART, _LONG = 12, 24, 96
_HOURS = 168
_HOUR_RATE, _MEAN_RATE = 0.3, 0.02
_MOST = 1e150  # values beyond are cut, so that no difference or sum overflows
_FINEST = 1e-9  # of the largest value in memory: a range below it is rounding


class GaugeSurprise(base.AnomalyDetector):
    """Five signs of a stream, each held against the range of its own past; the farthest beyond counts.

    A row is {"value": float} and, where the hour of the week may matter, "at_s": seconds in local
    time. The signs: `level`, the mean of 24 rows; `deviation`, the value less the mean of 96 rows;
    `trend`, the mean of 12 rows less that of 192; `shift`, the mean of 96 rows less that of the 96
    before; `clock`, the mean over 24 rows of what the value differs from its usual at this hour of
    the week. A sign's excess is how far it lies outside of its extremes of the last `memory_rows` rows
    (a week of rows every five minutes), as a share of the range between them. The score is
    excess / (excess + share): 0.5 where the excess is `share`. A row that scores `ALARM` or more is
    an alarm, and the next `silent_rows` rows score 0.

    A value that is missing, NaN or infinite scores 0 and is not learned.

    >>> gauge = GaugeSurprise(signs=["deviation"])
    >>> for row in range(400):
    ...     gauge.learn_one({"value": 20.0 + row % 7})
    >>> gauge.score_one({"value": 26.0}), round(gauge.score_one({"value": 32.0}), 2)
    (0.0, 0.95)
    """

    ALARM = 0.5

    def __init__(
        self,
        signs: Sequence[str] = SIGNS,
        share: float = 0.05,
        silent_rows: int = 100,
        memory_rows: int = 2016,
    ) -> None:
        self.signs = signs
        self.share = share
        self.silent_rows = silent_rows
        self.memory_rows = memory_rows
        self._rows = 0
        self._silent_until = 0
        self._past: list[float] = []
        self._differed: list[float] = []
        self._mean = 0.0
        self._hours: list[float | None] = [None] * _HOURS
        self._ranges = {name: _Extremes() for name in ("size", *SIGNS)}

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """Surprise in [0, 1] of a row that has not been learned; 0 while an alarm silences."""
        value = _read(x)
        if value is None or self._rows < self._silent_until:
            return 0.0
        return self._surprise(self._signs(value, x.get("at_s")))

    def excess_one(self, x: dict[Hashable, Any]) -> dict[str, float]:
        """By sign, how far the row lies outside of the past, as a share of its range; silence apart."""
        value = _read(x)
        return {} if value is None else self._excess(self._signs(value, x.get("at_s")))

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Take a row into the past."""
        value = _read(x)
        if value is None:
            return
        at_s = x.get("at_s")
        signs = self._signs(value, at_s)
        if self._rows >= self._silent_until and self._surprise(signs) >= self.ALARM:
            self._silent_until = self._rows + 1 + self.silent_rows
        after = self._rows + 1
        oldest = after - self.memory_rows
        for name, sign in (("size", abs(value)), *signs.items()):
            self._ranges[name].learn(self._rows, sign, oldest)
        self._past = [*self._past[1 - 2 * _LONG :], value]
        if at_s is not None:
            self._differed = [*self._differed[1 - _DAYPART :], value - self._usual(value, at_s)]
            hour = _hour(at_s)
            usual = self._hours[hour]
            self._hours[hour] = value if usual is None else usual + _HOUR_RATE * (value - usual)
        self._mean = value if not self._rows else self._mean + _MEAN_RATE * (value - self._mean)
        self._rows = after

    def state(self) -> dict[str, Any]:
        """The past, as JSON."""
        return {
            "rows": self._rows,
            "silent_until": self._silent_until,
            "past": list(self._past),
            "differed": list(self._differed),
            "mean": self._mean,
            "hours": list(self._hours),
            "ranges": {name: past.state() for name, past in self._ranges.items()},
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        self._rows, self._silent_until = int(state["rows"]), int(state["silent_until"])
        self._past, self._differed = list(state["past"]), list(state["differed"])
        self._mean, self._hours = float(state["mean"]), list(state["hours"])
        self._ranges = {name: _Extremes(*given) for name, given in state["ranges"].items()}

    def _signs(self, value: float, at_s: float | None) -> dict[str, float]:
        """Every sign as it would stand with this row."""
        rows = [*self._past[1 - 2 * _LONG :], value]
        long = _mean(rows[-_LONG:])
        before = _mean(rows[:-_LONG]) if len(rows) > _LONG else rows[0]
        signs = {
            "level": _mean(rows[-_DAYPART:]),
            "deviation": value - long,
            "trend": _mean(rows[-_SHORT:]) - _mean(rows),
            "shift": long - before,
        }
        if at_s is not None:
            signs["clock"] = _mean([*self._differed[1 - _DAYPART :], value - self._usual(value, at_s)])
        return {name: signs[name] for name in self.signs if name in signs}

    def _usual(self, value: float, at_s: float) -> float:
        """What is usual at this hour of the week; the slow mean where the hour is new."""
        usual = self._hours[_hour(at_s)]
        if usual is not None:
            return usual
        return self._mean if self._rows else value

    def _excess(self, signs: Mapping[str, float]) -> dict[str, float]:
        finest = _FINEST * self._ranges["size"].high
        return {
            name: self._ranges[name].excess(sign, finest)
            for name, sign in signs.items()
            if self._rows >= _WARM_ROWS[name]
        }

    def _surprise(self, signs: Mapping[str, float]) -> float:
        excess = max(self._excess(signs).values(), default=0.0)
        return excess / (excess + self.share)


class _Extremes:
    """The highest and the lowest of the newest rows; what can no longer be either is forgotten."""

    def __init__(self, highs: Sequence[Sequence[float]] = (), lows: Sequence[Sequence[float]] = ()) -> None:
        self._highs = deque((int(row), float(v)) for row, v in highs)
        self._lows = deque((int(row), float(v)) for row, v in lows)

    @property
    def high(self) -> float:
        """The highest; 0 before the first row."""
        return self._highs[0][1] if self._highs else 0.0

    def excess(self, value: float, finest: float) -> float:
        """How far a value lies outside, as a share of the range; a range is at least `finest`."""
        if not self._highs:
            return 0.0
        high, low = self._highs[0][1], self._lows[0][1]
        beyond = max(value - high, low - value)
        if beyond <= finest:
            return 0.0
        width = max(high - low, finest)
        return min(beyond / width, _MOST) if width else _MOST

    def learn(self, row: int, value: float, oldest: int) -> None:
        """Take in a row; of those before, only `oldest` and later are kept."""
        highs, lows = self._highs, self._lows
        while highs and highs[-1][1] <= value:
            highs.pop()
        while lows and lows[-1][1] >= value:
            lows.pop()
        highs.append((row, value))
        lows.append((row, value))
        while highs[0][0] < oldest:
            highs.popleft()
        while lows[0][0] < oldest:
            lows.popleft()

    def state(self) -> list[list[list[float]]]:
        """What `_Extremes` makes the same of."""
        return [[list(pair) for pair in self._highs], [list(pair) for pair in self._lows]]


def _read(x: Mapping[Hashable, Any]) -> float | None:
    value = x.get("value")
    if value is None or not math.isfinite(value):
        return None
    return min(max(float(value), -_MOST), _MOST)


def _mean(rows: Sequence[float]) -> float:
    return math.fsum(rows) / len(rows)


def _hour(at_s: float) -> int:
    return int(at_s // 3600) % _HOURS
