"""What the browser is told to allow, and which requests may change something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer a form's own Origin would read "null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


async def with_headers(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Middleware: every answer carries the headers, and none but static files is cached.

    A route that serves what needs a policy of its own (a report with its style within) has set it by then.
    """
    response = await go_on(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.url.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response


def same_site(headers: Mapping[str, str], *, browser: bool) -> bool:
    """Whether a request that changes something comes from a page of this very site.

    Sec-Fetch-Site decides, else the host of Origin, else that of Referer. A request with none of
    them is no browser's: allowed for the API, refused where `browser` forms are expected.

    >>> same_site({"host": "desk:8750", "origin": "http://desk:8750"}, browser=True)
    True
    >>> same_site({"host": "desk:8750", "origin": "http://evil.example"}, browser=True)
    False
    """
    fetched = headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched == "same-origin"
    told = headers.get("origin") or headers.get("referer")
    if told is None:
        return not browser
    return bool(urlsplit(told).netloc) and urlsplit(told).netloc == headers.get("host")
