"""Who publishes, and under which codes: `configs/publisher.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from riskwatch.core.documents import Document

CapCategory = Literal[
    "Geo",
    "Met",
    "Safety",
    "Security",
    "Rescue",
    "Fire",
    "Health",
    "Env",
    "Transport",
    "Infra",
    "CBRNE",
    "Other",
]
EventCode = Annotated[str, Field(pattern=r"^\d{2}[A-Z]\d{2}$")]
_SENDER_PARTS = ((6, "GB/T 2260 code"), (3, "industry"), (3, "unit"), (2, "extension"))


class NationalDialect(Document):
    """Codes of the Chinese national dialect (after public descriptions of GB/T 35965.1; not certified).

    `sender_code`: GB/T 2260 code (6), industry (3), unit (3), extension (2). `events` gives the code of
    each signature.
    """

    sender_code: str
    issuer: str = Field(min_length=1)
    default_event: EventCode
    events: Mapping[str, EventCode] = {}

    @field_validator("sender_code")
    @classmethod
    def _fourteen(cls, code: str) -> str:
        if len(code) != 14 or not (code.isascii() and code.isalnum()) or not code[:6].isdigit():
            parts = ", ".join(f"{name} ({n})" for n, name in _SENDER_PARTS)
            raise ValueError(f"'{code}' is not 14 letters and digits; give {parts}")
        return code


class Point(Document):
    """A circle: its centre in degrees (WGS 84) and its radius."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    radius_m: float = Field(gt=0)


class AreaShape(Document):
    """How the outside names an area; without one, the area's own code is the geocode."""

    geocode: str = ""
    polygon: tuple[tuple[float, float], ...] = ()  # (latitude, longitude), closed: first and last are one
    circle: Point | None = None

    @field_validator("polygon")
    @classmethod
    def _closed(cls, ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        if ring and (len(ring) < 4 or ring[0] != ring[-1]):
            raise ValueError(
                f"a ring of {len(ring)} points is not closed; give four or more, the last like the first"
            )
        return ring


class Publisher(Document):
    """`sender` is an address or a domain name; a count under `small_count` is not published as a number."""

    sender: str = Field(pattern=r"^[^\s,<&]+$")
    sender_name: dict[str, str] = Field(min_length=1)
    contact: str = ""
    web: str = ""
    scope: Literal["Public", "Restricted", "Private"] = "Public"
    restriction: str = ""
    expires_h: float = Field(default=12.0, gt=0)
    small_count: int = Field(default=10, ge=1)
    geocode_name: str = "riskwatch-area"
    categories: dict[str, CapCategory]
    areas: Mapping[str, AreaShape] = {}
    national: NationalDialect | None = None

    @model_validator(mode="after")
    def _restricted_says_to_whom(self) -> Publisher:
        if (self.scope == "Restricted") != bool(self.restriction):
            raise ValueError(
                "scope Restricted needs a restriction, and only it has one; set both or neither"
            )
        return self
