"""What every command is given: where it was called, its language, and where the store lies."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskwatch.cli.meter import Meter
from riskwatch.cli.texts import Texts
from riskwatch.core.clock import Clock, SystemClock
from riskwatch.core.errors import StoreError
from riskwatch.workspace import find_workspace

if TYPE_CHECKING:
    from rich.console import Console

    from riskwatch.desk import Desk, Place
    from riskwatch.messages.catalogue import Catalogue
    from riskwatch.messages.sentence import Words
    from riskwatch.settings import Settings

PAGE_HOST, PAGE_PORT = "127.0.0.1", 8750
STATE_FOLDER = ".riskwatch"
DATABASE_FILE = "riskwatch.db"


class Language(StrEnum):
    """The languages of the message catalogue."""

    EN = "en"
    ZH = "zh"


LANGUAGES = tuple(Language)


class Shell:
    """The environment, the folder, the language and the clock of one command."""

    def __init__(self, environ: Mapping[str, str], here: Path, lang: str) -> None:
        self.environ, self.here, self.lang = environ, here, lang
        self.clock: Clock = SystemClock()
        self._texts = Texts(lang)

    # --- words -------------------------------------------------------------------------------

    @cached_property
    def _catalogue(self) -> Catalogue:
        from riskwatch.messages.catalogue import Catalogue

        return Catalogue(self.lang)

    def say(self, key: str, **values: object) -> str:
        """The sentence of a key under `cli.`, in the language of the command."""
        return self._texts.say(key, **values)

    def say_level(self, word: str) -> str:
        """The word of a level, in the language of the command."""
        return self._catalogue.text(f"level.{word}")

    def words(self, settings: Settings) -> Words:
        """What puts alerts into sentences."""
        from riskwatch.messages.sentence import Words

        world = settings.world
        return Words(world.tree, world.registry, self._catalogue, world.timezone)

    # --- output ------------------------------------------------------------------------------

    @cached_property
    def out(self) -> Console:
        """Standard output, for people."""
        from rich.console import Console

        return Console(file=sys.stdout, highlight=False, soft_wrap=False, width=self._width)

    @cached_property
    def err(self) -> Console:
        """Standard error: progress, and what went wrong."""
        from rich.console import Console

        return Console(file=sys.stderr, highlight=False)

    @property
    def _width(self) -> int | None:
        """A pipe gets wide lines, so that nothing is cut; a terminal has its own width."""
        return None if sys.stdout.isatty() or "COLUMNS" in self.environ else 160

    def tell(self, key: str, **values: object) -> None:
        """One sentence to standard output."""
        self.out.print(self.say(key, **values), markup=False, soft_wrap=True)

    def note(self, key: str, **values: object) -> None:
        """One sentence to standard error."""
        self.err.print(self.say(key, **values), markup=False, soft_wrap=True)

    def meter(self, title: str, total: int) -> Meter:
        """The meter of long work, on standard error; Ctrl-C stops the work at its next step."""
        return Meter(self.err, title, total, self.say("stopping"))

    @staticmethod
    def emit(document: Mapping[str, Any]) -> None:
        """One JSON object on one line of standard output."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")

    # --- places ------------------------------------------------------------------------------

    def place(self, store: Path | None = None) -> Place:
        """Where the store lies: --store, else RISKWATCH_HOME and RISKWATCH_DB, else the workspace's.

        The bundled workspace holds no state; its store lies in the current folder.
        """
        from riskwatch.desk import Place

        root = find_workspace(self.environ, self.here)
        if store is not None:
            return Place(root, (self.here / store.expanduser()).resolve())
        named = self.environ.get("RISKWATCH_HOME")
        bundled = root.name == "_workspace"
        home = Path(named).expanduser() if named else (self.here if bundled else root) / STATE_FOLDER
        return Place(root, (self.here / home).resolve(), self.environ.get("RISKWATCH_DB") or None)

    def desk(
        self, store: Path | None = None, *, sources: Sequence[str] = (), overlay: Path | None = None
    ) -> Desk:
        """The opened store; without sources only one that is already there."""
        from riskwatch.desk import Desk

        place = self.place(store)
        if not sources and place.url is None and not (place.home / DATABASE_FILE).is_file():
            raise StoreError(self.say("no_store", home=place.home))
        return Desk.open(place, self.clock, sources=sources, overlay=overlay)

    def overlay_of(self, path: Path) -> Path | None:
        """The folder of configs beside a file, which win over the workspace's; None if there is none."""
        folder = path.with_name(stem_of(path) + ".configs")
        return folder if folder.is_dir() else None


def stem_of(path: Path) -> str:
    """The name without its ending, `.gz` included.

    >>> stem_of(Path("made/events.csv.gz")), stem_of(Path("2016.calls.jsonl"))
    ('events', '2016.calls')
    """
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.stem
