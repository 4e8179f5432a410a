"""The Chinese national dialect of CAP, after public descriptions of GB/T 35965.1-2018; not certified.

The standard itself was not at hand: names, order and codes follow what is publicly described of the
national release system. Whoever connects to it checks them against the text of the standard first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from xml.etree import ElementTree as ET

from riskwatch.core.alerts import Level
from riskwatch.core.clock import HOUR_US, SECOND_US, from_us
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.core.side_states import Mode
from riskwatch.deliver.cap import NotPublishable, certainty, serialised, urgency
from riskwatch.deliver.public_text import public_text
from riskwatch.deliver.publications import MessageType, Publication
from riskwatch.deliver.publisher import AreaShape, NationalDialect, Publisher
from riskwatch.messages.sentence import Words

NAMESPACE = "http://com.icss.amp"
_BEIJING = timedelta(hours=8)
_COLOUR = {Level.RED: "Red", Level.ORANGE: "Orange", Level.YELLOW: "Yellow", Level.BLUE: "Blue"}
_COLOUR_ZH = {Level.RED: "红色", Level.ORANGE: "橙色", Level.YELLOW: "黄色", Level.BLUE: "蓝色"}
PlaceOf = Callable[[int], int]
_IDENTIFIER = re.compile(r"[0-9]{6}[0-9A-Za-z]{8}_\d{14}")


def national_document(
    message: Publication, words: Words, publisher: Publisher, place_of: PlaceOf = lambda _: 0
) -> tuple[str, bytes]:
    """(file name, XML) of one message; `words` are Chinese.

    An identifier is the sender's code and a second. Several alerts may speak in one second, so
    `place_of` tells how many alerts go before this one in a second: it carries as many seconds more.
    Raises ConfigError without a `national` part, NotPublishable where a rule would be broken.
    """
    dialect = publisher.national
    if dialect is None:
        fix = "give sender_code, issuer and default_event"
        raise ConfigError([Fault("publisher.yaml", "national", "is not set", fix)])
    sent_us = _spaced(message.sent_us, place_of)
    identifier = _identifier(dialect, sent_us)
    faults = [] if _IDENTIFIER.fullmatch(identifier) else [f"identifier '{identifier}' has another form"]
    if message.type is not MessageType.ALERT and not message.references:
        faults.append(f"{message.type} without references")
    if faults:
        raise NotPublishable(f"national message {message.identifier}: " + "; ".join(faults))
    earlier = [_spaced(at, place_of) for _, at in message.references]
    root = _alert(message, words, publisher, (*earlier, sent_us))
    event = dialect.events.get(message.alert.signature, dialect.default_event)
    colour, stamp = _COLOUR[message.alert.level].upper(), identifier.partition("_")[2]
    name = f"{dialect.sender_code}_{stamp}_{event}_{colour}_{message.type.upper()}.XML"
    return name, serialised(root)


def _alert(message: Publication, words: Words, publisher: Publisher, sent: tuple[int, ...]) -> ET.Element:
    """The document; `sent` are the instants of the earlier messages and of this one, spaced."""
    alert, dialect = message.alert, publisher.national
    assert dialect is not None  # noqa: S101 - the caller has said so
    ET.register_namespace("", NAMESPACE)
    *before, sent_us = sent
    root = ET.Element(f"{{{NAMESPACE}}}alert")
    _put(root, "identifier", _identifier(dialect, sent_us))
    _put(root, "sender", dialect.issuer)
    _put(root, "senderCode", dialect.sender_code)
    _put(root, "sent", _instant(sent_us))
    _put(root, "status", "Actual" if alert.mode is Mode.ACTUAL else "Test")
    _put(root, "msgType", str(message.type))
    _put(root, "scope", "Public")
    earlier = [f"{dialect.sender_code},{_identifier(dialect, at)},{_instant(at)}" for at in before]
    _put(root, "references", " ".join(earlier))
    text = public_text(message, words, publisher.small_count)
    over = message.type is MessageType.CANCEL
    info = ET.SubElement(root, f"{{{NAMESPACE}}}info")
    _put(info, "language", "zh-CN")
    _put(info, "eventType", dialect.events.get(alert.signature, dialect.default_event))
    _put(info, "urgency", "Past" if over else urgency(alert))
    _put(info, "severity", _COLOUR[alert.level])
    _put(info, "certainty", certainty(alert))
    _put(info, "effective", _instant(sent_us))
    _put(info, "expires", _instant(sent_us + round(publisher.expires_h * HOUR_US)))
    _put(info, "senderName", dialect.issuer)
    _put(info, "headline", _headline(message, words, dialect, text.event))
    _put(info, "description", text.description)
    _put(info, "instruction", text.instruction)
    _put(info, "web", publisher.web)
    _put(info, "contact", publisher.contact)
    for code in (alert.area, *alert.around):
        shape = publisher.areas.get(code, AreaShape())
        area = ET.SubElement(info, f"{{{NAMESPACE}}}area")
        _put(area, "areaDesc", words.area(code))
        _put(area, "polygon", " ".join(f"{lat:g},{lon:g}" for lat, lon in shape.polygon))
        if shape.circle:  # metres here, kilometres in CAP 1.2
            _put(area, "circle", f"{shape.circle.lat:g},{shape.circle.lon:g} {shape.circle.radius_m:g}")
        _put(area, "geocode", shape.geocode or code)
    return root


def _headline(message: Publication, words: Words, dialect: NationalDialect, event: str) -> str:
    """Issuer, 发布 or 解除, the event and its colour; a drill says so first."""
    verb = "解除" if message.type is MessageType.CANCEL else "发布"
    headline = f"{dialect.issuer}{verb}{event}{_COLOUR_ZH[message.alert.level]}预警"
    if message.alert.mode is Mode.ACTUAL:
        return headline
    return words.text(f"public.drill.{message.alert.mode}", headline=headline)


def _spaced(at_us: int, place_of: PlaceOf) -> int:
    return at_us + place_of(at_us) * SECOND_US


def _identifier(dialect: NationalDialect, at_us: int) -> str:
    return f"{dialect.sender_code}_{from_us(at_us) + _BEIJING:%Y%m%d%H%M%S}"


def _instant(at_us: int) -> str:
    """Beijing time as the dialect writes it: `2016-02-10 23:45:00+08:00`."""
    return f"{from_us(at_us) + _BEIJING:%Y-%m-%d %H:%M:%S}+08:00"


def _put(parent: ET.Element, name: str, text: str) -> None:
    if text:
        ET.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = text
