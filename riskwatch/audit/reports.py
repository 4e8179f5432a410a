"""The reports that a store keeps: each as its document and as a page in every language."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskwatch.audit.page import ReportPage
from riskwatch.messages.catalogue import languages

FOLDER = "reports"
_NAME = re.compile(r"fairness-[a-z][a-z0-9_]*-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class KeptReport:
    """One report: its name, its document, and when its file was written (microseconds UTC)."""

    name: str
    document: Mapping[str, Any]
    written_us: int


class Reports:
    """The folder `reports` of a store; named after their content, so the same one is kept once."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def keep(self, document: Mapping[str, Any]) -> str:
        """Write a report's document and pages; returns its name."""
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        name = f"fairness-{document['partition']['name']}-{digest}"
        self.folder.mkdir(parents=True, exist_ok=True)
        for lang in languages():
            self._write(f"{name}.{lang}.html", ReportPage(document, lang).html())
        self._write(f"{name}.json", text)  # last: what is listed has its pages
        return name

    def listed(self) -> list[KeptReport]:
        """Every report, the newest first."""
        names = (p.stem for p in self.folder.glob("*.json") if _NAME.fullmatch(p.stem))
        kept = [r for r in map(self.find, names) if r is not None]
        return sorted(kept, key=lambda r: (-r.written_us, r.name))

    def find(self, name: str) -> KeptReport | None:
        """One report, or None if none has that name."""
        path = self.folder / f"{name}.json"
        if not _NAME.fullmatch(name) or not path.is_file():
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
        return KeptReport(name, document, path.stat().st_mtime_ns // 1000)

    def page(self, name: str, lang: str) -> Path:
        """The file of a report's page in a language."""
        return self.folder / f"{name}.{lang}.html"

    def _write(self, file: str, text: str) -> None:
        coming = self.folder / f".{file}.coming"
        coming.write_text(text, encoding="utf-8", newline="\n")
        coming.replace(self.folder / file)
