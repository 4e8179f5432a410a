"""The catalogue's sentences under `cli.`, read without the engine, so that `--help` comes at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent / "messages"


class Texts:
    """What the command line says in one language.

    >>> Texts("en").say("running", url="http://127.0.0.1:8750")
    'running; page at http://127.0.0.1:8750; stop with Ctrl-C'
    """

    def __init__(self, lang: str) -> None:
        self._templates = _read(lang)

    def say(self, key: str, **values: object) -> str:
        """The sentence of `cli.KEY`, its fields filled in; an unknown key is a KeyError."""
        return self._templates[f"cli.{key}"].format(**values)


@cache
def _read(lang: str) -> dict[str, str]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with (_FOLDER / f"{lang}.yaml").open(encoding="utf-8") as file:
        loaded = yaml.load(file, Loader=loader)  # noqa: S506 - either one is a safe loader
    return {str(key): str(template) for key, template in loaded.items()}
