"""Instants as people on the spot read them: local time, with the date only where it is needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from riskwatch.core.clock import from_us
from riskwatch.messages.catalogue import Catalogue


class LocalTime:
    """Writes instants in one time zone and one language."""

    def __init__(self, timezone: str, catalogue: Catalogue) -> None:
        self.timezone = timezone
        self._zone = ZoneInfo(timezone)
        self._catalogue = catalogue

    def at(self, instant_us: int) -> datetime:
        """The local datetime."""
        return from_us(instant_us).astimezone(self._zone)

    def stamp(self, instant_us: int) -> str:
        """Date and time, sortable: `2016-02-10 05:45`."""
        return f"{self.at(instant_us):%Y-%m-%d %H:%M}"

    def clock(self, instant_us: int) -> str:
        """The time of day: `05:45`."""
        return f"{self.at(instant_us):%H:%M}"

    def day(self, instant_us: int) -> str:
        """The day without its year: `10 Feb`, `2月10日`."""
        local = self.at(instant_us)
        months = self._catalogue.template("month.names").split()
        return self._catalogue.text("date.day", day=local.day, month=months[local.month - 1])

    def told(self, instant_us: int, *, on_us: int) -> str:
        """The time of day, with the date if it is not the local day of `on_us`, and the year if need be."""
        local, on = self.at(instant_us), self.at(on_us)
        if local.date() == on.date():
            return self.clock(instant_us)
        key = "date.time" if abs(on - local) < timedelta(days=300) else "date.time_year"
        return self._catalogue.text(
            key, day=self.day(instant_us), time=self.clock(instant_us), year=local.year
        )

    def lasted(self, span_us: int) -> str:
        """A span in minutes, hours or days, whichever a person would say.

        >>> LocalTime("UTC", Catalogue("en")).lasted(90 * 60_000_000)
        '90 minutes'
        """
        minutes = span_us / 60_000_000
        if minutes < 120:
            return self._catalogue.count("span.minutes", round(minutes))
        if minutes < 48 * 60:
            return self._catalogue.count("span.hours", round(minutes / 60))
        return self._catalogue.count("span.days", round(minutes / 1440))
