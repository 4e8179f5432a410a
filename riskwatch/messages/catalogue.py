"""The message catalogue: keys and their templates in one language, read from `<lang>.yaml` beside it."""

from __future__ import annotations

import string
from collections.abc import KeysView
from functools import cache
from pathlib import Path

from riskwatch.core.documents import read_yaml
from riskwatch.core.errors import RiskwatchError

_FOLDER = Path(__file__).parent
DEFAULT_LANG = "en"


class UnknownLanguage(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """There is no catalogue of that language."""


def languages() -> tuple[str, ...]:
    """The languages there is a catalogue for, the default first.

    >>> languages()
    ('en', 'zh')
    """
    found = sorted(path.stem for path in _FOLDER.glob("*.yaml"))
    return tuple(sorted(found, key=lambda lang: lang != DEFAULT_LANG))


def fields_of(template: str) -> frozenset[str]:
    """The named fields of a template.

    >>> sorted(fields_of("{area}, {level}: {what}."))
    ['area', 'level', 'what']
    """
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


class Catalogue:
    """All messages of one language.

    >>> Catalogue("en").text("level.orange"), Catalogue("zh").text("level.orange")
    ('orange', '橙色')
    >>> Catalogue("en").count("usual.days", 25), Catalogue("en").count("usual.days", 1)
    ('usually one in 25 days', 'usually one a day')
    >>> Catalogue("fr")
    Traceback (most recent call last):
    riskwatch.messages.catalogue.UnknownLanguage: language 'fr' is unknown; use one of en, zh
    """

    def __init__(self, lang: str = DEFAULT_LANG) -> None:
        if lang not in languages():
            raise UnknownLanguage(f"language '{lang}' is unknown; use one of {', '.join(languages())}")
        self.lang = lang
        self._templates = _read(lang)

    @property
    def keys(self) -> KeysView[str]:
        """All keys, in the order of the file."""
        return self._templates.keys()

    def template(self, key: str) -> str:
        """The template of a key as the file has it; an unknown key is a KeyError."""
        try:
            return self._templates[key]
        except KeyError:
            raise KeyError(f"{self.lang}.yaml has no message '{key}'") from None

    def text(self, key: str, **fields: object) -> str:
        """The message of a key with its fields filled in."""
        return self.template(key).format(**fields)

    def count(self, key: str, n: int, **fields: object) -> str:
        """The message of `key.one` or `key.other`, whichever `n` asks for; `n` is a field too."""
        return self.text(f"{key}.{'one' if n == 1 else 'other'}", n=n, **fields)

    def counted(self, n: int, name: str) -> str:
        """A number of things with a name of the indicator file, which is in the plural.

        >>> Catalogue("en").counted(1, "nausea or vomiting calls")
        '1 nausea or vomiting call'
        >>> Catalogue("zh").counted(4, "恶心呕吐求助")
        '恶心呕吐求助4次'
        """
        if n == 1:
            plurals = dict(pair.split(">") for pair in self.template("singular").split())
            name = " ".join(plurals.get(word, word) for word in name.split(" "))
        return self.text("sentence.count", n=n, name=name)

    def joined(self, parts: list[str]) -> str:
        """A list as a sentence has it: "a, b and c"."""
        if len(parts) < 2:
            return "".join(parts)
        comma, last = self.template("list.comma"), self.template("list.and")
        return comma.join(parts[:-1]) + last + parts[-1]


@cache
def _read(lang: str) -> dict[str, str]:
    name = f"{lang}.yaml"
    return {key: str(template) for key, template in read_yaml(_FOLDER / name, f"messages/{name}").items()}
