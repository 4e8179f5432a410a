"""What every route needs: the desk, the words of the request's language, the filters and the templates."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from riskwatch import __version__
from riskwatch.api.shapes import level_shape
from riskwatch.core.alerts import Level
from riskwatch.core.clock import to_us
from riskwatch.deliver.reading_chart import picture, trend
from riskwatch.desk import Desk
from riskwatch.messages.catalogue import Catalogue, languages
from riskwatch.messages.numbers import amount, chance, percent
from riskwatch.messages.readings import cells_of
from riskwatch.messages.sentence import Words

FOLDER = Path(__file__).parent
COOKIE = "lang"
_COOKIE_S = 365 * 24 * 3600
_JUDGED = 2000  # the newest verdicts tell how often such alerts were right


class Site:
    """One desk as the web sees it."""

    def __init__(self, desk: Desk, lang: str, *, live: bool) -> None:
        self.desk, self.default_lang, self.live = desk, lang, live
        world = desk.settings.world
        self._words = {
            name: Words(world.tree, world.registry, Catalogue(name), world.timezone) for name in languages()
        }
        Catalogue(lang)  # an unknown default is refused here, not at the first request

    def words(self, request: Request) -> Words:
        """The words of `?lang=`, else of the cookie, else of the default; an unknown one is passed over."""
        for lang in (request.query_params.get(COOKIE), request.cookies.get(COOKIE)):
            if lang in self._words:
                return self._words[lang]
        return self._words[self.default_lang]

    def now_us(self) -> int:
        """The present in live mode; in a replayed store the instant that the stream has reached."""
        standing = self.desk.alerts.standing()
        if self.live or standing is None:
            return to_us(self.desk.clock.now())
        return max(standing.clock_us, standing.last_tick_us or 0)

    def page(self, request: Request, name: str, *, status: int = 200, **context: Any) -> Response:
        """A rendered page; a language that was asked for is remembered."""
        words = self.words(request)
        given = {
            "w": words,
            "t": words.text,
            "n": words.catalogue.count,
            "p": lambda value: chance(value, words.catalogue),
            "site": self,
            "others": self._others(request, words.lang),
            **context,
        }
        response = self._templates.TemplateResponse(request, name, given, status_code=status)
        if request.query_params.get(COOKIE) in self._words:
            response.set_cookie(COOKIE, words.lang, max_age=_COOKIE_S, samesite="lax", httponly=True)
        return response

    def _others(self, request: Request, lang: str) -> list[tuple[Words, str]]:
        """The other languages with the address of this page in them."""
        here = request.url if request.method == "GET" else request.url.replace(path="/", query="")
        found = []
        for name, words in self._words.items():
            if name != lang:
                url = here.include_query_params(lang=name)
                found.append((words, f"{url.path}?{url.query}"))
        return found

    @cached_property
    def _templates(self) -> Jinja2Templates:
        environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(
            version=__version__,
            levels=tuple(Level),
            shape=level_shape,
            spark=trend,
            chart_svg=picture,
            amount=amount,
            cells_of=cells_of,
            percent=percent,
        )
        environment.filters["capitalized"] = capitalized
        return Jinja2Templates(env=environment)


def capitalized(text: str) -> str:
    """The text with its first letter large, for what stands alone.

    >>> capitalized("the feed x has been silent")
    'The feed x has been silent'
    """
    return text[:1].upper() + text[1:]
