"""The web application over an opened store; the CLI serves it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from riskwatch import __version__
from riskwatch.api.auditing import audit_routes
from riskwatch.api.events import event_routes
from riskwatch.api.gate import Gate
from riskwatch.api.machine import machine_routes
from riskwatch.api.pages import page_routes
from riskwatch.api.problems import add_problems
from riskwatch.api.publishing import publishing_routes
from riskwatch.api.security import with_headers
from riskwatch.api.site import FOLDER, Site
from riskwatch.desk import Desk


def make_app(
    desk: Desk, lang: str = "en", *, live: bool = False, hosts: Sequence[str] = (), token: str | None = None
) -> FastAPI:
    """Pages and API in a default language; raises UnknownLanguage.

    `live` says that an engine should be ticking on this store, so that its silence is told loudly.
    `hosts` are the names it answers to (none: any); naming them keeps a rebound DNS name out.
    Departments may send events with a bearer `token` or one of `configs/ingest.yaml`; without any, only
    where `hosts` says that it listens on this machine alone.
    """
    app = FastAPI(
        title="riskwatch",
        version=__version__,
        docs_url=None,  # the interactive pages load scripts from a CDN
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    site = Site(desk, lang, live=live)
    app.include_router(machine_routes(site))
    rules = desk.settings.ingest
    tokens = dict(rules.tokens)
    if token:
        tokens["RISKWATCH_INGEST_TOKEN"] = hashlib.sha256(token.encode()).hexdigest()
    app.include_router(event_routes(site, Gate(rules, tokens, local=bool(hosts), time_s=time.monotonic)))
    app.include_router(page_routes(site))
    app.include_router(publishing_routes(site))
    app.include_router(audit_routes(site))
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    add_problems(app, site)
    app.middleware("http")(with_headers)
    if hosts:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    return app
