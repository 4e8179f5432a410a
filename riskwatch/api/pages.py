"""The pages: the desk's first screen, the list of all alerts, one alert with its forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from riskwatch.alert.lifecycle import ActionKind
from riskwatch.api.acting import NAME_CHARS, NOTE_CHARS, Act, perform
from riskwatch.api.filters import Filter, area_options
from riskwatch.api.overview import ENDED_DAYS, NEW_H, feeds, overview, pulse
from riskwatch.api.refusals import UnknownAlert
from riskwatch.api.site import Site
from riskwatch.core.alerts import AlertKind, State, Verdict
from riskwatch.messages.sentence import Words
from riskwatch.store.alerts import ACCOUNT

_PAGE = 100
_MOST = 2000
_OPEN_TO_CLOSING = (State.OPEN, State.ACKNOWLEDGED, State.RETURNED, State.RESOLVED)


def _down_told(words: Words, down: Mapping[str, int], now_us: int) -> list[str]:
    """Each silent feed with the instant it fell silent."""
    since = ((words.feed(feed), words.local.told(us, on_us=now_us)) for feed, us in down.items())
    return [words.text("page.blind_feed", feed=feed, time=time) for feed, time in since]


def page_routes(site: Site) -> APIRouter:
    """The routes a browser asks for."""
    router = APIRouter(include_in_schema=False)
    tree = site.desk.settings.world.tree

    @router.get("/")
    def home(request: Request, area: str = "", level: str = "") -> Response:
        """New and rising first."""
        beat = pulse(site.desk, live=site.live)
        sources, down = feeds(site.desk)
        if beat.last_tick_us is None and not any(f.account["rows_read"] for f in sources):
            return site.page(request, "empty.html", source=next(iter(site.desk.settings.mappings)))
        chosen, now_us = Filter.of(tree, area=area, level=level), site.now_us()
        return site.page(
            request,
            "home.html",
            chosen=chosen,
            options=area_options(tree, site.words(request), chosen.area),
            view=overview(site.desk, chosen, now_us),
            pulse=beat,
            now_us=now_us,
            feeds=sources,
            down=down,
            down_told=_down_told(site.words(request), down, now_us),
            columns=ACCOUNT,
            new_h=NEW_H,
            ended_days=ENDED_DAYS,
        )

    @router.get("/alerts")
    def alerts(
        request: Request,
        area: str = "",
        level: str = "",
        kind: str = "",
        state: str = "",
        shown: str = "",
        limit: Annotated[int, Query(ge=1, le=_MOST)] = _PAGE,
    ) -> Response:
        """Every alert, newest change first; `shown=0` lists what is not shown, `shown=1` what is."""
        chosen = Filter.of(tree, area=area, level=level, kind=kind, state=state)
        states = [chosen.state] if chosen.state else None
        wanted = {"0": False, "1": True}.get(shown)
        query = chosen.query(tree)
        kept = site.desk.alerts.newest(**query, states=states, shown=wanted, limit=limit + 1)
        more = request.url.include_query_params(limit=min(limit + _PAGE, _MOST))
        return site.page(
            request,
            "list.html",
            chosen=chosen,
            hidden=shown == "0",
            shown=shown,
            options=area_options(tree, site.words(request), chosen.area),
            kinds=tuple(AlertKind),
            states=tuple(State),
            alerts=kept[:limit],
            more=f"{more.path}?{more.query}" if len(kept) > limit and limit < _MOST else None,
            now_us=site.now_us(),
        )

    @router.get("/alerts/{alert_id}")
    def alert(request: Request, alert_id: str) -> Response:
        """One alert: why, how sure, what changed, what to do."""
        found = site.desk.alerts.get(alert_id)
        if found is None:
            raise UnknownAlert(alert_id)
        return site.page(
            request,
            "alert.html",
            alert=found,
            changes=site.desk.alerts.changes(found.id),
            can_ack=found.state is State.OPEN,
            can_close=found.state in _OPEN_TO_CLOSING,
            verdicts=tuple(Verdict),
            name_chars=NAME_CHARS,
            note_chars=NOTE_CHARS,
        )

    @router.post("/alerts/{alert_id}/ack")
    def ack(
        request: Request, alert_id: str, name: Annotated[str, Form(alias="as")] = ""
    ) -> RedirectResponse:
        """Acknowledge, then back to the alert."""
        changed = perform(site.desk, Act(ActionKind.ACK, alert_id, name), request, browser=True)
        return RedirectResponse(f"/alerts/{changed.id}", status_code=303)

    @router.post("/alerts/{alert_id}/close")
    def close(
        request: Request,
        alert_id: str,
        name: Annotated[str, Form(alias="as")] = "",
        verdict: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        """Close with a verdict, then back to the alert."""
        act = Act(ActionKind.CLOSE, alert_id, name, verdict=verdict, note=note)
        changed = perform(site.desk, act, request, browser=True)
        return RedirectResponse(f"/alerts/{changed.id}", status_code=303)

    return router
