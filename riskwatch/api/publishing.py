"""The public feed: an Atom list of the CAP messages that were released, and each message by its name."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from riskwatch.api.refusals import UnknownAlert
from riskwatch.api.site import Site
from riskwatch.core.alerts import AlertKind
from riskwatch.core.clock import DAY_US, SECOND_US, iso
from riskwatch.deliver.cap import cap_document, serialised
from riskwatch.deliver.cap_cn import national_document
from riskwatch.deliver.public_text import public_text
from riskwatch.deliver.publications import Publication, publications
from riskwatch.desk import Desk
from riskwatch.messages.catalogue import Catalogue, languages
from riskwatch.messages.sentence import Words
from riskwatch.settings import load_publisher

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"
LISTED_DAYS = 7


class Publishing:
    """One desk's messages to the outside; raises ConfigError where publisher.yaml is missing or wrong."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        kept = desk.place.home / "configs"
        self.publisher = load_publisher(desk.place.root, kept if kept.is_dir() else None)
        world = desk.settings.world
        self._words = {
            lang: Words(world.tree, world.registry, Catalogue(lang), world.timezone) for lang in languages()
        }

    def released(self, since_us: int) -> list[Publication]:
        """Every message that may leave of alerts that changed since, newest first."""
        found = self._desk.alerts.newest(kind=AlertKind.RISK, since_us=since_us)
        made = [
            message
            for alert in found
            for message in publications(self._desk.alerts.changes(alert.id), released_only=True)
        ]
        return sorted(made, key=lambda m: (-m.sent_us, m.identifier))

    def message(self, identifier: str) -> Publication | None:
        """The released message of that name."""
        alert_id = identifier.rpartition(".")[0]
        if not alert_id:
            return None
        changes = self._desk.alerts.changes(alert_id)
        made = publications(changes, released_only=True)
        return next((m for m in made if m.identifier == identifier), None)

    def cap(self, message: Publication) -> bytes:
        """CAP 1.2 in every language."""
        return cap_document(message, list(self._words.values()), self.publisher)

    def national(self, message: Publication) -> tuple[str, bytes]:
        """(file name, XML) in the national dialect."""

        def place_of(sent_us: int) -> int:
            names = self._desk.alerts.changed_between(sent_us, sent_us + SECOND_US)
            return sum(name < message.alert.id for name in names)

        return national_document(message, self._words["zh"], self.publisher, place_of)

    def atom(self, messages: list[Publication], base: str, lang: str, updated_us: int) -> bytes:
        """The feed (RFC 4287): one entry a message, linked to its CAP document."""
        ET.register_namespace("", ATOM)
        words = self._words[lang]
        feed = ET.Element(f"{{{ATOM}}}feed")
        _put(feed, "id", f"{base}/cap/feed.atom")
        _put(feed, "title", words.text("cap.feed.title"))
        newest_us = messages[0].sent_us if messages else updated_us
        _put(feed, "updated", iso(newest_us // SECOND_US * SECOND_US))
        author = ET.SubElement(feed, f"{{{ATOM}}}author")
        names = self.publisher.sender_name
        _put(author, "name", names.get(lang, next(iter(names.values()))))
        ET.SubElement(feed, f"{{{ATOM}}}link", rel="self", href=f"{base}/cap/feed.atom")
        for message in messages:
            entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
            href = f"{base}/cap/{message.identifier}.xml"
            text = public_text(message, words, self.publisher.small_count)
            _put(entry, "id", href)
            _put(entry, "title", text.headline)
            _put(entry, "updated", iso(message.sent_us))
            _put(entry, "summary", text.description)
            ET.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", type=CAP_TYPE, href=href)
        return serialised(feed)


def publishing_routes(site: Site) -> APIRouter:
    """The routes under /cap; they tell nothing that was not released."""
    router = APIRouter(prefix="/cap")

    @router.get("/feed.atom")
    def feed(request: Request) -> Response:
        """The messages of the last week, newest first."""
        publishing, now_us = Publishing(site.desk), site.now_us()
        messages = publishing.released(now_us - LISTED_DAYS * DAY_US)
        base = str(request.base_url).rstrip("/")
        body = publishing.atom(messages, base, site.words(request).lang, now_us)
        return Response(body, media_type="application/atom+xml")

    @router.get("/{identifier}.xml")
    def message(identifier: str) -> Response:
        """One message in CAP 1.2."""
        publishing = Publishing(site.desk)
        found = publishing.message(identifier)
        if found is None:
            raise UnknownAlert(identifier)
        return Response(publishing.cap(found), media_type=CAP_TYPE)

    return router


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text
