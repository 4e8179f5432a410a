"""The parts of a scenario that happen at an instant: incidents, outages, new codes, planned events."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from riskwatch.core.documents import Document
from riskwatch.simulate.parameters import AboveZero, Count, FromZero, Share

LevelName = Literal["county", "district", "township", "village"]
CurveName = Literal["pulse", "epidemic", "ramp", "plateau"]


class Shape(Document):
    """A kind of incident. Entry n of `start_days` and `areas` belongs to incident n; others are drawn."""

    count: Count = Field(default=1, description="how many are planted")
    curve: CurveName = Field(default="plateau", description="pulse, epidemic, ramp or plateau")
    level: LevelName = Field(default="township", description="level of the area it strikes, with all below")
    duration_hours: AboveZero = Field(default=24.0, description="from its first hour to its last")
    peak_ratio: Annotated[float, Field(gt=1, allow_inf_nan=False)] = Field(
        default=3.0, description="rate in the peak hour, in multiples of the usual"
    )
    min_events: FromZero = Field(
        default=20.0, description="plant at least so many (expected), however quiet the place"
    )
    extra_events: AboveZero | None = Field(
        default=None, description="plant so many (expected) and leave the two above aside"
    )
    signature: str | None = Field(default=None, description="strike the indicators of this signature")
    indicators: tuple[str, ...] = Field(
        default=(), description="strike these indicators; wins over the signature"
    )
    one_per_department: bool = Field(
        default=False, description="strike one indicator of each department only"
    )
    area_spread_cv: FromZero = Field(
        default=0.0, description="cv of the gamma severity of townships within the area"
    )
    spread: bool = Field(default=False, description="strike the neighbours of the area as well")
    areas: tuple[str, ...] = Field(
        default=(), description="codes of areas, for the first, second ... incident"
    )
    start_days: tuple[FromZero, ...] = Field(default=(), description="days after the start, likewise")


class Storm(Shape):
    """A storm over the county that touches several indicators at once."""

    curve: CurveName = "pulse"
    level: LevelName = "county"
    duration_hours: AboveZero = 12.0
    peak_ratio: float = Field(default=5.0, gt=1)
    min_events: FromZero = 60.0
    signature: str | None = "storm"
    area_spread_cv: FromZero = 0.6


class Outbreak(Shape):
    """A common-source outbreak in one town."""

    curve: CurveName = "epidemic"
    duration_hours: AboveZero = 96.0
    peak_ratio: float = Field(default=5.0, gt=1)
    min_events: FromZero = 40.0
    signature: str | None = "gastro"


class Slow(Shape):
    """A slow build-up over days in one town."""

    curve: CurveName = "ramp"
    duration_hours: AboveZero = 240.0
    peak_ratio: float = Field(default=3.0, gt=1)
    min_events: FromZero = 40.0
    signature: str | None = "water"


class Compound(Shape):
    """A little in each of three departments in one town."""

    duration_hours: AboveZero = 36.0
    peak_ratio: float = Field(default=2.5, gt=1)
    min_events: FromZero = 20.0
    signature: str | None = "heating"
    one_per_department: bool = True


class Incidents(Document):
    """What is planted and labelled in the truth file."""

    storm: Storm = Storm()
    outbreak: Outbreak = Outbreak()
    slow: Slow = Slow()
    compound: Compound = Compound()
    more: Annotated[dict[str, Shape], Field(max_length=50)] = Field(
        default_factory=dict, description="further shapes by name, with the same parameters"
    )
    min_events_share: Share = Field(
        default=0.03, description="all `min_events` together are cut to at most this share of `events`"
    )

    def shapes(self) -> dict[str, Shape]:
        """Every shape by name, the four of the house first."""
        own: dict[str, Shape] = {
            "storm": self.storm,
            "outbreak": self.outbreak,
            "slow": self.slow,
            "compound": self.compound,
        }
        return own | {name: self.more[name] for name in sorted(self.more)}


class OutageKind(Document):
    """A kind of outage. Entry n of `sources`, `indicators` and `start_days` belongs to outage n."""

    count: Count = Field(default=1, description="how many there are")
    duration_hours: AboveZero = Field(
        default=6.0, description="how long nothing arrives; a drawn one is cut to a tenth of the run"
    )
    sources: tuple[Literal["hotline", "emergency", "clinics"], ...] = Field(
        default=(), description="the feeds that stop; drawn if not given"
    )
    start_days: tuple[FromZero, ...] = Field(
        default=(), description="days after the start; drawn if not given"
    )


class Backlog(OutageKind):
    """A feed stops and then sends what it held back, in a lump."""

    duration_hours: AboveZero = 9.0
    catch_up_minutes: AboveZero = Field(
        default=30.0, description="the backlog arrives within so many minutes of the end"
    )


class Partial(OutageKind):
    """One code of a feed stops, the others go on; its rows are lost."""

    duration_hours: AboveZero = 48.0
    indicators: tuple[str, ...] = Field(default=(), description="the codes that stop; drawn if not given")


class Outages(Document):
    """Feed gaps (rows lost), backlogs (rows caught up) and partial outages (one code lost)."""

    gap: OutageKind = OutageKind()
    backlog: Backlog = Backlog()
    partial: Partial = Partial()


class NewCodes(Document):
    """Codes that start in the middle of the run."""

    known: Count = Field(default=1, description="so many of the listed indicators are silent until then")
    unknown: Count = Field(default=1, description="so many codes start that the mapping does not list")
    start_days: tuple[FromZero, ...] = Field(
        default=(), description="days after the start, the known codes first; 0.6 of the run if not given"
    )
    unknown_per_100k_day: AboveZero = Field(
        default=3.0, description="relative rate of an unknown code, like the catalogue's"
    )


class Planned(Document):
    """Announced events, such as a festival; the calendar beside the output lists them."""

    count: Count = Field(default=1, description="how many there are")
    factor: Annotated[float, Field(ge=1, allow_inf_nan=False)] = Field(
        default=2.5, description="rates are so many times"
    )
    duration_hours: AboveZero = Field(default=12.0, description="from its first hour to its last")
    level: LevelName = Field(default="township", description="level of the area it is held in")
    signature: str = Field(default="road", description="whose indicators it raises")
    indicators: tuple[str, ...] = Field(default=(), description="raises these; wins over the signature")
    areas: tuple[str, ...] = Field(default=(), description="codes of areas; drawn if not given")
    start_days: tuple[FromZero, ...] = Field(
        default=(), description="days after the start; drawn if not given"
    )
