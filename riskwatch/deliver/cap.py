"""CAP 1.2 (OASIS) of a publication, in English and Chinese; held against the rules before it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from riskwatch.core.alerts import RIGHT, Alert, Level
from riskwatch.core.clock import HOUR_US, SECOND_US
from riskwatch.core.errors import RiskwatchError
from riskwatch.core.side_states import Mode
from riskwatch.deliver.cap_rules import cap_faults
from riskwatch.deliver.public_text import public_text
from riskwatch.deliver.publications import MessageType, Publication
from riskwatch.deliver.publisher import AreaShape, Publisher
from riskwatch.messages.sentence import Words

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
_SEVERITY = {Level.RED: "Extreme", Level.ORANGE: "Severe", Level.YELLOW: "Moderate", Level.BLUE: "Minor"}
_STATUS = {Mode.ACTUAL: "Actual", Mode.EXERCISE: "Exercise", Mode.TEST: "Test"}
_LIKELY = 0.5


class NotPublishable(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """A message breaks a rule of the format; the text lists every fault."""


def urgency(alert: Alert) -> str:
    """From lead time: how short the window is over which most of the evidence came together.

    Within an hour: Immediate; within six, the horizon of the outcome: Expected; longer: Future.
    """
    if not alert.contributions:
        return "Unknown"
    window_h = alert.contributions[0].window_h
    return "Immediate" if window_h <= 1 else "Expected" if window_h <= 6 else "Future"


def certainty(alert: Alert) -> str:
    """Observed once the desk has said so; above one half Likely, else Possible."""
    if alert.verdict in RIGHT:
        return "Observed"
    if alert.likelihood is None:
        return "Unknown"
    return "Likely" if alert.likelihood > _LIKELY else "Possible"


def severity(level: Level) -> str:
    """The CAP word of a level."""
    return _SEVERITY[level]


def cap_document(message: Publication, words: Sequence[Words], publisher: Publisher) -> bytes:
    """The XML of one message, an `info` a language; raises NotPublishable with every fault."""
    ET.register_namespace("", NAMESPACE)
    alert, local = message.alert, words[0].local

    def instant(at_us: int) -> str:
        return local.at(at_us // SECOND_US * SECOND_US).isoformat()

    root = ET.Element(f"{{{NAMESPACE}}}alert")
    _put(root, "identifier", message.identifier)
    _put(root, "sender", publisher.sender)
    _put(root, "sent", instant(message.sent_us))
    _put(root, "status", _STATUS[alert.mode])
    _put(root, "msgType", str(message.type))
    _put(root, "scope", publisher.scope)
    _put(root, "restriction", publisher.restriction)
    _put(root, "note", alert.drill)
    earlier = [f"{publisher.sender},{name},{instant(sent)}" for name, sent in message.references]
    _put(root, "references", " ".join(earlier))
    _put(root, "incidents", alert.incident)
    expires = instant(message.sent_us + round(publisher.expires_h * HOUR_US))
    for each in words:
        root.append(_info(message, each, publisher, instant(message.sent_us), expires))
    document = serialised(root)
    faults = cap_faults(document)
    if faults:
        raise NotPublishable(f"CAP message {message.identifier}: " + "; ".join(faults))
    return document


def _info(
    message: Publication, words: Words, publisher: Publisher, effective: str, expires: str
) -> ET.Element:
    alert = message.alert
    text = public_text(message, words, publisher.small_count)
    over = message.type is MessageType.CANCEL
    info = ET.Element(f"{{{NAMESPACE}}}info")
    _put(info, "language", LANGUAGES[words.lang])
    _put(info, "category", publisher.categories.get(_domain(alert, words), "Other"))
    _put(info, "event", text.event)
    _put(info, "responseType", "AllClear" if over else _response(alert.level))
    _put(info, "urgency", "Past" if over else urgency(alert))
    _put(info, "severity", severity(alert.level))
    _put(info, "certainty", certainty(alert))
    code = ET.SubElement(info, f"{{{NAMESPACE}}}eventCode")
    _put(code, "valueName", "riskwatch-signature")
    _put(code, "value", alert.signature)
    _put(info, "effective", effective)
    _put(info, "expires", expires)
    _put(
        info,
        "senderName",
        publisher.sender_name.get(words.lang, next(iter(publisher.sender_name.values()))),
    )
    _put(info, "headline", text.headline)
    _put(info, "description", text.description)
    _put(info, "instruction", text.instruction)
    _put(info, "web", publisher.web)
    _put(info, "contact", publisher.contact)
    parameter = ET.SubElement(info, f"{{{NAMESPACE}}}parameter")
    _put(parameter, "valueName", "riskwatch-level")
    _put(parameter, "value", f"{int(alert.level)} {alert.level.word}")
    info.extend(_area(code, words, publisher) for code in (alert.area, *alert.around))
    return info


def _area(code: str, words: Words, publisher: Publisher) -> ET.Element:
    """Where: a name, a polygon or circle if the publisher gives one, and always a geocode."""
    shape = publisher.areas.get(code, AreaShape())
    area = ET.Element(f"{{{NAMESPACE}}}area")
    _put(area, "areaDesc", words.area(code))
    _put(area, "polygon", " ".join(f"{lat:g},{lon:g}" for lat, lon in shape.polygon))
    if shape.circle:
        km = shape.circle.radius_m / 1000
        _put(area, "circle", f"{shape.circle.lat:g},{shape.circle.lon:g} {km:g}")
    given = ET.SubElement(area, f"{{{NAMESPACE}}}geocode")
    _put(given, "valueName", publisher.geocode_name)
    _put(given, "value", shape.geocode or code)
    return area


def serialised(root: ET.Element) -> bytes:
    """The document as bytes, indented, with its declaration."""
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _response(level: Level) -> str:
    return "Prepare" if level <= Level.ORANGE else "Monitor"


def _domain(alert: Alert, words: Words) -> str:
    known = alert.signature in words.registry.signature_index
    return words.registry.signature(alert.signature).domain if known else ""


def _put(parent: ET.Element, name: str, text: str) -> None:
    """A child of the parent's namespace, unless there is nothing to say."""
    if text:
        namespace = parent.tag.partition("}")[0] + "}"
        ET.SubElement(parent, namespace + name).text = text
