"""What CAP 1.2 asks of a message and its XML schema does not see; every document is held against it.

OASIS Common Alerting Protocol 1.2 (2010), section 3.2. The schema accepts an Update without
references, an open polygon, an expiry before sending; these rules do not.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from xml.etree import ElementTree as ET

_NS = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_ILLEGAL = re.compile(r"[\s,<&]")
_POINTS = 4


def cap_faults(document: bytes) -> list[str]:
    """A sentence for each fault; none for a message that may leave."""
    try:
        root = ET.fromstring(document)  # noqa: S314 - only documents that were made here are read
    except ET.ParseError as error:
        return [f"is not XML ({error})"]
    if root.tag != f"{{{_NS['c']}}}alert":
        return [f"its root is {root.tag}, not alert of CAP 1.2"]
    faults = [*_header(root), *_references(root)]
    infos = root.findall("c:info", _NS)
    if not infos and _text(root, "msgType") in ("Alert", "Update", "Cancel"):
        faults.append("has no info; give one for each language")
    languages = [_text(i, "language") or "en-US" for i in infos]
    if len(set(languages)) < len(languages):
        faults.append("has two info blocks of one language; give one for each")
    for info, language in zip(infos, languages, strict=True):
        faults += [f"info {language}: {fault}" for fault in _info(info, _text(root, "sent"))]
    return faults


def _text(element: ET.Element, name: str) -> str:
    return (element.findtext(f"c:{name}", "", _NS) or "").strip()


def _header(root: ET.Element) -> list[str]:
    faults = []
    for name in ("identifier", "sender"):
        text = _text(root, name)
        if not text or _ILLEGAL.search(text):
            faults.append(f"{name} '{text}' is empty or holds a space, comma, < or &")
    if not _INSTANT.fullmatch(_text(root, "sent")):
        faults.append(f"sent '{_text(root, 'sent')}' is not of the form 2016-02-10T10:45:00-05:00")
    scope, restriction, addresses = (_text(root, n) for n in ("scope", "restriction", "addresses"))
    if (scope == "Restricted") != bool(restriction):
        faults.append("scope Restricted and restriction come together or not at all")
    if scope == "Private" and not addresses:
        faults.append("scope Private needs addresses")
    if _text(root, "status") in ("Exercise", "Test") and not any(
        word in _text(info, "headline").lower()
        for info in root.findall("c:info", _NS)
        for word in ("exercise", "test", "演练", "测试")
    ):
        faults.append("is an exercise or a test, and no headline says so")
    return faults


def _references(root: ET.Element) -> list[str]:
    kind, text, sent = (_text(root, n) for n in ("msgType", "references", "sent"))
    if kind in ("Update", "Cancel") and not text:
        return [f"is of type {kind} without references to the messages it replaces"]
    if kind == "Alert" and text:
        return ["is of type Alert and refers to earlier messages; that is an Update"]
    faults: list[str] = []
    seen: set[str] = set()
    for triple in text.split():
        parts = triple.split(",")
        if len(parts) != 3 or not all(parts) or not _INSTANT.fullmatch(parts[2]):
            faults.append(f"reference '{triple}' is not sender,identifier,sent")
        elif _INSTANT.fullmatch(sent) and _instant(parts[2]) >= _instant(sent):
            faults.append(f"reference '{triple}' was not sent before this message")
        if len(parts) > 1 and parts[1] in (*seen, _text(root, "identifier")):
            faults.append(f"reference '{triple}' is given twice, or is this message")
        seen.add(parts[1] if len(parts) > 1 else triple)
    return faults


def _info(info: ET.Element, sent: str) -> list[str]:
    faults = []
    for name in ("headline", "description", "expires"):
        if not _text(info, name):
            faults.append(f"has no {name}")
    order = [(n, _text(info, n)) for n in ("effective", "onset", "expires") if _text(info, n)]
    given = [("sent", sent), *order]
    for name, text in order:
        if not _INSTANT.fullmatch(text):
            faults.append(f"{name} '{text}' is not of the form 2016-02-10T10:45:00-05:00")
    if not faults and all(_INSTANT.fullmatch(text) for _, text in given):
        for (first, early), (then, late) in pairwise(given):
            if _instant(late) < _instant(early) or (
                then == "expires" and _instant(late) == _instant(early)
            ):
                faults.append(f"{then} {late} is not after {first} {early}")
    areas = info.findall("c:area", _NS)
    if not areas:
        faults.append("has no area")
    for area in areas:
        faults += _area(area)
    return faults


def _area(area: ET.Element) -> list[str]:
    faults = []
    name = _text(area, "areaDesc")
    if not name:
        faults.append("an area has no areaDesc")
    if not any(area.find(f"c:{k}", _NS) is not None for k in ("polygon", "circle", "geocode")):
        faults.append(f"area '{name}' has neither polygon, circle nor geocode")
    for polygon in area.findall("c:polygon", _NS):
        points = (polygon.text or "").split()
        if len(points) < _POINTS or points[0] != points[-1]:
            faults.append(f"area '{name}': its polygon is not closed, or has fewer than {_POINTS} points")
        faults += [f"area '{name}': '{p}' is no latitude,longitude" for p in points if not _is_point(p)]
    for circle in area.findall("c:circle", _NS):
        parts = (circle.text or "").split()
        if len(parts) != 2 or not _is_point(parts[0]) or not _is_number(parts[1], 0, 20040):
            faults.append(f"area '{name}': circle '{circle.text}' is not latitude,longitude radius in km")
    for code in area.findall("c:geocode", _NS):
        if not _text(code, "valueName") or not _text(code, "value"):
            faults.append(f"area '{name}': a geocode lacks its name or its value")
    return faults


def _is_point(text: str) -> bool:
    lat, _, lon = text.partition(",")
    return _is_number(lat, -90, 90) and _is_number(lon, -180, 180)


def _is_number(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
