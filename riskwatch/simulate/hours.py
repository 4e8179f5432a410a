"""The hours of a run: where each stands in the local week and year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import SECOND_US, from_us, iso, to_us
from riskwatch.simulate.scenario import Scenario

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Hours:
    """`count` hours of 3600 s from `start_s` (seconds since 1970-01-01 UTC), a local midnight.

    `of_week` [count]: 0..167 from Monday 00:00 on the local clock; `of_year` [count]: 1..366.
    Over a change to or from daylight-saving time the local hour jumps, the run's hours don't.
    """

    start_s: int
    count: int
    of_week: NDArray[np.int64]
    of_year: NDArray[np.int64]

    @property
    def end_s(self) -> int:
        """The instant the run ends."""
        return self.start_s + self.count * HOUR_S

    def instant_s(self, hour: int) -> int:
        """The instant, in seconds, at which an hour of the run begins."""
        return self.start_s + hour * HOUR_S

    def iso(self, hour: int) -> str:
        """The instant at which an hour begins, as ISO 8601 UTC."""
        return iso(self.instant_s(hour) * SECOND_US)


def hours_of(scenario: Scenario) -> Hours:
    """The hours of a scenario, on its local clock."""
    zone = ZoneInfo(scenario.timezone)
    start_s = to_us(datetime.combine(scenario.start, time(), zone)) // SECOND_US
    first = from_us(start_s * SECOND_US)
    of_week = np.empty(scenario.hours, dtype=np.int64)
    of_year = np.empty(scenario.hours, dtype=np.int64)
    for hour in range(scenario.hours):
        local = (first + timedelta(hours=hour)).astimezone(zone)
        of_week[hour] = local.weekday() * 24 + local.hour
        of_year[hour] = local.timetuple().tm_yday
    return Hours(start_s, scenario.hours, of_week, of_year)
