"""The parts of a scenario: how the county is built and how its departments report; used by Scenario.

Shares and rates lie in [0, 1]; `cv` is a coefficient of variation (standard deviation / mean);
`sigma` is the standard deviation of a logarithm. Every duration carries its unit in its name.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from riskwatch.core.documents import Document

Share = Annotated[float, Field(ge=0, le=1)]
AboveZero = Annotated[float, Field(gt=0, allow_inf_nan=False)]
FromZero = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=1000)]

GROUPS: dict[str, dict[str, float]] = {
    "settlement": {"rural": 0.55, "urban": 0.45},
    "income": {"low_income": 0.3, "middle_income": 0.5, "high_income": 0.2},
    "age": {"younger": 0.7, "elderly": 0.3},
}


class Tree(Document):
    """The area tree: county, districts, townships, villages."""

    villages_per_township: AboveZero = Field(
        default=7.0, description="mean number of villages in a township"
    )
    districts: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="number of districts; the square root of the number of townships if not given",
    )
    mean_village_population: AboveZero = Field(default=4000.0, description="mean residents of a village")
    population_sigma: FromZero = Field(default=0.7, description="sigma of the lognormal village population")
    urban_population_factor: AboveZero = Field(
        default=2.0, description="an urban village's population is so many times"
    )
    groups: dict[str, Annotated[dict[str, AboveZero], Field(min_length=1)]] = Field(
        default_factory=lambda: {name: dict(labels) for name, labels in GROUPS.items()},
        description="partition: {label: share of villages}; labels are unique over all partitions",
    )
    group_correlation: Share = Field(
        default=0.7, description="how alike villages of one township are in their labels"
    )
    positions: bool = Field(
        default=False, description="write where areas lie, so that they are looked at with neighbours"
    )


class Seasons(Document):
    """How rates move with the hour of the week, the day of the year and the years."""

    weekly_strength: FromZero = Field(
        default=1.0, description="exponent on the hour-of-week profile; 0 makes it flat"
    )
    yearly_strength: FromZero = Field(
        default=1.0, description="factor on each indicator's yearly amplitude; 0: no year"
    )
    trend_percent_per_year: Annotated[float, Field(gt=-100, le=1000)] = Field(
        default=4.0, description="growth of every rate, percent a year, compound"
    )


class Variation(Document):
    """How areas differ, and how much counts vary beyond Poisson."""

    population_elasticity: FromZero = Field(
        default=1.0, description="rates grow with population to this power"
    )
    area_cv: FromZero = Field(
        default=0.4, description="cv of the lasting gamma factor of a village and indicator"
    )
    county_day_cv: FromZero = Field(
        default=0.05, description="cv of the gamma factor of a day and indicator, county-wide"
    )
    area_day_cv: FromZero = Field(
        default=0.10, description="cv of the gamma factor of a day, village and indicator"
    )


class Department(Document):
    """How one department (source) passes its records on."""

    delay_median_seconds: AboveZero = Field(
        default=90.0, description="median of the lognormal delay from call to feed"
    )
    delay_p99_minutes: AboveZero = Field(default=14.0, description="99th percentile of that delay")
    late_share: Share = Field(default=0.02, description="share of reports that come hours late instead")
    repeat_mean: FromZero = Field(
        default=0.2, description="mean number of further reports of one incident (Poisson)"
    )


class Hotline(Department):
    """The public service line."""

    delay_median_seconds: AboveZero = 120.0
    late_share: Share = 0.02
    repeat_mean: FromZero = 0.25


class Emergency(Department):
    """The emergency dispatch."""

    delay_median_seconds: AboveZero = 40.0
    late_share: Share = 0.01
    repeat_mean: FromZero = 0.35


class Clinics(Department):
    """The clinics' counts."""

    delay_median_seconds: AboveZero = 240.0
    late_share: Share = 0.04
    repeat_mean: FromZero = 0.05


class Departments(Document):
    """The three sources."""

    hotline: Hotline = Hotline()
    emergency: Emergency = Emergency()
    clinics: Clinics = Clinics()


class Repeats(Document):
    """Several callers for one incident: their rows share an `incident_ref`."""

    spread_minutes: FromZero = Field(
        default=20.0, description="mean of the exponential time from first to further report"
    )


class Late(Document):
    """Rows that come hours late."""

    median_hours: AboveZero = Field(default=4.0, description="median of their lognormal delay")
    sigma: FromZero = Field(default=0.8, description="sigma of that delay")
    min_minutes: FromZero = Field(default=30.0, description="no late row is less late")
    max_hours: AboveZero = Field(
        default=48.0, description="no late row is later (bounds what is held in memory)"
    )


class Duplicates(Document):
    """Rows sent again with the same id and contents, received later."""

    share: Share = Field(default=0.01, description="share of rows that are sent a second time")
    delay_median_minutes: AboveZero = Field(
        default=30.0, description="median of the lognormal time until the second"
    )
    delay_sigma: FromZero = Field(default=1.0, description="sigma of that time")
    delay_max_hours: AboveZero = Field(
        default=48.0, description="no second copy comes later than this after the first"
    )
