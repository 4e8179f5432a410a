"""Reads a page as a browser's parser would: what is open is closed, and ids are given once."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"meta", "link", "img", "input", "br", "line", "rect", "polygon", "circle", "polyline"}


class Page(HTMLParser):
    """The text, the ids, the headings and the faults of one page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.styles = 0
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    @property
    def text(self) -> str:
        """All that a person reads, on one line."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"] or "")
        self.styles += "style" in given or any(name.startswith("on") for name in given)
        for name in ("placeholder", "aria-label", "alt", "title"):
            self.words.append(given.get(name) or "")
        if tag not in _VOID or (tag == "rect" and not self.get_starttag_text().endswith("/>")):  # type: ignore[union-attr] - just read
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]} at {self.getpos()}")
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.words.append(data)
