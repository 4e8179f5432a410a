"""A folder put in the place of another by renaming, so that a death between leaves one of them whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_folder(new: Path, place: Path) -> None:
    """Put `new` in the place of a folder; what lay there is gone afterwards.

    A folder cannot be renamed over one that is not empty, so the old one steps aside for a moment;
    `restore_folder` puts it back after a death in that moment.
    """
    restore_folder(place)
    if place.is_dir():
        place.rename(_aside(place))
    new.rename(place)
    shutil.rmtree(_aside(place), ignore_errors=True)


def restore_folder(place: Path) -> None:
    """Put back a folder that stepped aside for one that never came, or forget it if it came."""
    aside = _aside(place)
    if aside.is_dir() and not place.exists():
        aside.rename(place)
    shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def overlaid(place: Path, over: Path) -> Iterator[Path]:
    """A folder beside `place`, of its files and those of `over`, which win; it takes the place at the end.

    What raises within leaves the place as it was. Raises OSError where it cannot be copied.
    """
    coming = place.with_name(place.name + ".coming")
    shutil.rmtree(coming, ignore_errors=True)  # of a process that died here
    try:
        for folder in (place, over):
            if folder.is_dir():
                shutil.copytree(folder, coming, dirs_exist_ok=True)
        yield coming
        replace_folder(coming, place)
    finally:
        shutil.rmtree(coming, ignore_errors=True)


def _aside(place: Path) -> Path:
    return place.with_name(place.name + ".before")
