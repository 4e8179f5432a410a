"""The pages: the desk's first screen, the list of all alerts, one alert with its forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from riskwatch.alert.actions import ActionKind
from riskwatch.alert.lifecycle import allowed
from riskwatch.api.acting import NAME_CHARS, NOTE_CHARS, Act, perform
from riskwatch.api.filters import Filter, area_options
from riskwatch.api.overview import ENDED_DAYS, NEW_H, feeds, overview, pulse
from riskwatch.api.refusals import BadInput, UnknownAlert
from riskwatch.api.site import Site
from riskwatch.core.alerts import Alert, AlertKind, State, Verdict
from riskwatch.core.areas import AreaTree
from riskwatch.core.side_states import ReleaseState
from riskwatch.deliver.handover import drill_name
from riskwatch.messages.attention import rooms_line, withheld_line
from riskwatch.messages.sentence import Words
from riskwatch.store.alerts import ACCOUNT

_PAGE = 100
_MOST = 2000
_MOST_AREAS = 200


class ActForm(BaseModel):
    """What the forms of an alert send; each sends what its action needs."""

    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(default="", alias="as")
    verdict: str = ""
    note: str = ""
    to: str = ""
    hours: str = ""


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
        view, words = overview(site.desk, chosen, now_us), site.words(request)
        standing = site.desk.alerts.standing()
        return site.page(
            request,
            "home.html",
            chosen=chosen,
            options=area_options(tree, site.words(request), chosen.area),
            view=view,
            pulse=beat,
            now_us=now_us,
            feeds=sources,
            down=down,
            down_told=_down_told(site.words(request), down, now_us),
            columns=ACCOUNT,
            new_h=NEW_H,
            drill=drill_name(standing),
            withheld=withheld_line(view.withheld, words),
            rooms=rooms_line(standing.feeds.get("attention", {}) if standing else {}, words),
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
            can=can_do(found),
            areas=[(c, site.words(request).area(c)) for c in near(tree, found.holder)],
            verdicts=tuple(Verdict),
            name_chars=NAME_CHARS,
            note_chars=NOTE_CHARS,
        )

    @router.post("/alerts/{alert_id}/{kind}")
    def act(
        request: Request,
        alert_id: str,
        kind: ActionKind,
        form: Annotated[ActForm, Form()],
    ) -> RedirectResponse:
        """Do it, then back to the alert."""
        wanted = Act(kind, alert_id, form.name, form.verdict, form.note, form.to, _number(form.hours))
        changed = perform(site.desk, wanted, request, browser=True)
        return RedirectResponse(f"/alerts/{changed.id}", status_code=303)

    @router.get("/handover")
    def handover(request: Request, area: str = "") -> Response:
        """The sheet for the next shift."""
        chosen = Filter.of(tree, area=area, level="")
        made = site.desk.handover(area=chosen.area)
        return site.page(
            request,
            "handover.html",
            sheet=made,
            chosen=chosen,
            options=area_options(tree, site.words(request), chosen.area),
            down_told=_down_told(site.words(request), made.blind, made.until_us),
            now_us=made.until_us,
        )

    return router


def can_do(alert: Alert) -> frozenset[str]:
    """The actions whose forms make sense: what the state allows, and what there is to undo or decide."""
    kinds = {str(kind) for kind in allowed(alert)}
    drafted = alert.release is not None and alert.release.state is ReleaseState.DRAFTED
    kinds -= {"unshelve"} if alert.shelved is None else {"shelve"}
    kinds -= {"draft"} if drafted else {"approve", "reject"}
    return frozenset(kinds)


def near(tree: AreaTree, code: str) -> list[str]:
    """Where it may be handed: up the tree, then down, the nearest first; of a large subtree a part."""
    return [*tree.line(code)[1:], *tree.below(code)[1:]][:_MOST_AREAS]


def _number(text: str) -> float | None:
    try:
        return float(text) if text.strip() else None
    except ValueError:
        raise BadInput("problem.bad_hours") from None
