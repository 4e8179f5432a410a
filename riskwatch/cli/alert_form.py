"""The forms in which `alerts show` can tell what a receiver would get."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """json is the document of the API; the others are what goes over the wire."""

    JSON = "json"
    CLOUDEVENTS = "cloudevents"
    CAP = "cap"
    CAP_CN = "cap-cn"
