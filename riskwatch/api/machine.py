"""The JSON API: alerts with the keys of `alert_document`, actions, and the health of the engine."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from riskwatch.alert.actions import ActionKind
from riskwatch.api.acting import Act, perform
from riskwatch.api.filters import Filter
from riskwatch.api.overview import feeds, pulse
from riskwatch.api.refusals import UnknownAlert
from riskwatch.api.site import Site
from riskwatch.core.alerts import Alert
from riskwatch.core.clock import SECOND_US, iso
from riskwatch.deliver.document import alert_document
from riskwatch.deliver.handover import handover_document

_MOST = 1000


class ActBody(BaseModel):
    """The body of an action; `as` is recorded as unverified until there is sign-in."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(alias="as")
    verdict: str = ""
    note: str = ""
    to: str = ""
    hours: float | None = Field(default=None, gt=0)


def machine_routes(site: Site) -> APIRouter:
    """The routes under /v1."""
    router = APIRouter(prefix="/v1")
    tree = site.desk.settings.world.tree

    def document(alert: Alert, request: Request) -> dict[str, Any]:
        return alert_document(alert, site.words(request))

    @router.get("/alerts")
    def alerts(
        request: Request,
        *,
        everything: Annotated[bool, Query(alias="all")] = False,
        area: str = "",
        level: str = "",
        kind: str = "",
        shown: bool | None = None,
        limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    ) -> dict[str, Any]:
        """Open alerts, graver first; with `all=true` every one, newest change first."""
        query = Filter.of(tree, area=area, level=level, kind=kind).query(tree)
        store = site.desk.alerts
        listed = store.newest if everything else store.find
        kept = listed(**query, shown=shown, limit=limit)
        words = site.words(request)
        return {
            "count": store.count(**query, everything=everything, shown=shown),
            "alerts": [alert_document(a, words) for a in kept],
        }

    @router.get("/alerts/{alert_id}")
    def alert(alert_id: str, request: Request) -> dict[str, Any]:
        """One alert; an unambiguous beginning of its id will do."""
        found = site.desk.alerts.get(alert_id)
        if found is None:
            raise UnknownAlert(alert_id)
        return document(found, request)

    @router.post("/alerts/{alert_id}/{kind}")
    def act(alert_id: str, kind: ActionKind, body: ActBody, request: Request) -> dict[str, Any]:
        """Do something to it: `close` needs a verdict, `hand_out` and `hand` whom, `shelve` hours."""
        wanted = Act(kind, alert_id, body.name, body.verdict, body.note, body.to, body.hours)
        return document(perform(site.desk, wanted, request, browser=False), request)

    @router.get("/handover")
    def handover(
        request: Request, area: str = "", hours: Annotated[float | None, Query(gt=0)] = None
    ) -> dict[str, Any]:
        """The sheet for the next shift."""
        chosen = Filter.of(tree, area=area, level="")
        made = site.desk.handover(area=chosen.area, hours=hours)
        return handover_document(made, site.words(request))

    @router.get("/health")
    def health() -> JSONResponse:
        """When the engine last ticked, how far it read, what it read and which feeds are silent."""
        standing, beat = site.desk.alerts.standing(), pulse(site.desk, live=site.live)
        sources, down = feeds(site.desk)
        status = "stale" if beat.stale else "empty" if beat.last_tick_us is None else "ok"
        body = {
            "status": status,
            "live": site.live,
            "now": iso(site.now_us()),
            "last_tick": None if beat.last_tick_us is None else iso(beat.last_tick_us),
            "age_s": None if beat.age_us is None else beat.age_us // SECOND_US,
            "ticks": standing.ticks if standing else 0,
            "position": standing.position if standing else 0,
            "silent_since": {feed: iso(since_us) for feed, since_us in down.items()},
            "accounts": {feed.name: dict(feed.account) for feed in sources},
            "backlog": dict(standing.feeds.get("backlog", {})) if standing else {},
            "corrections": site.desk.alerts.corrections(),
        }
        return JSONResponse(body)

    return router
