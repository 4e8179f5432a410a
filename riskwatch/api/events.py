"""POST /v1/events: what departments send themselves; each row is answered, and a 2xx means durable."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from riskwatch.api.body import body_of, decoded, form_of
from riskwatch.api.gate import Gate
from riskwatch.api.refusals import CrossSite
from riskwatch.api.security import same_site
from riskwatch.api.site import Site
from riskwatch.api.turned_away import TurnedAway
from riskwatch.core.errors import SourceError, StoreError
from riskwatch.core.events import OUTCOMES
from riskwatch.ingest.arrow_body import TooManyBytes, TooManyRows
from riskwatch.ingest.sent import Form, KeyNeeded, KeyReused, Sent
from riskwatch.store.receipts import Receipt

_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_FULL_S, _BUSY_S = 10.0, 1.0  # when to come again
_BODY = {form.value: {"schema": {"type": "string", "format": "binary"}} for form in Form}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": told}
    for status, told in {
        202: "durable, but not decided yet; ask at Location",
        401: "a bearer token is needed",
        413: "too large, or too many rows",
        415: "a content type or encoding that is not read",
        422: "nothing of the body can be read, or the key came before with another body",
        429: "too fast; come again after Retry-After seconds",
        503: "the disk is full or the engine too far behind; come again after Retry-After seconds",
    }.items()
}


def event_routes(site: Site, gate: Gate) -> APIRouter:
    """The routes under /v1/events."""
    router = APIRouter(prefix="/v1/events")
    reading = _Reading(site.desk.settings.ingest.at_once)

    @router.post(
        "", responses=_REFUSALS, openapi_extra={"requestBody": {"required": True, "content": _BODY}}
    )
    async def post_events(
        request: Request,
        source: Annotated[str, Query(description="a source of the store, whose mapping reads the rows")],
        idempotency_key: Annotated[str | None, Header(description="names this batch; see the docs")] = None,
        prefer: Annotated[str, Header(description="respond-async: do not wait for the engine")] = "",
    ) -> JSONResponse:
        """Take a batch of rows. It is durable before the answer, which says what became of each row.

        Sent again under the same Idempotency-Key it is answered the same and nothing is taken twice.
        Example: curl --data-binary @calls.ndjson -H 'Content-Type: application/x-ndjson'
        -H 'Idempotency-Key: 2026-11-23/0042' 'http://127.0.0.1:8750/v1/events?source=montco911'
        """
        if not same_site(request.headers, browser=False):
            raise CrossSite
        client = gate.enter(request)
        form = form_of(request)
        if source not in site.desk.settings.mappings:
            raise TurnedAway(
                "unknown_source", source=source[:80], known=", ".join(site.desk.settings.mappings)
            )
        if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
            raise TurnedAway("bad_key")
        with reading:
            body = await body_of(request, site.desk.settings.ingest)
            encoding = request.headers.get("content-encoding", "identity")
            receipt, again = await run_in_threadpool(
                _take, site, source, form, body, (encoding, idempotency_key)
            )
        gate.took(client, receipt.rows)
        if "respond-async" not in prefer:
            receipt = await _decided(site, receipt)
        return _answer(receipt, again=again)

    @router.get("/{receipt}", responses={404: {"description": "no such receipt, or it has expired"}})
    def receipt(receipt: int, request: Request) -> JSONResponse:
        """What became of the rows of a batch."""
        gate.enter(request)
        found = site.desk.receipts.get(receipt)
        if found is None:
            raise TurnedAway("unknown_receipt", receipt=receipt)
        return _answer(found, again=True)

    return router


class _Reading:
    """How many bodies are held at the same time."""

    def __init__(self, most: int) -> None:
        self._most, self._now = most, 0

    def __enter__(self) -> None:
        if self._now >= self._most:
            raise TurnedAway("busy", retry_after_s=_BUSY_S)
        self._now += 1

    def __exit__(self, *_: object) -> None:
        self._now -= 1


def _take(
    site: Site, source: str, form: Form, body: bytes, told: tuple[str, str | None]
) -> tuple[Receipt, bool]:
    """Decompress, map and commit; in a thread of its own, so that pages are not held up."""
    desk, (encoding, key) = site.desk, told
    rules = desk.settings.ingest
    data = decoded(body, encoding, rules)
    try:
        if not site.live and not desk.engine_runs():
            raise TurnedAway("no_engine", retry_after_s=_FULL_S)
        if desk.backlog() >= rules.backlog:
            raise TurnedAway("engine_behind", retry_after_s=_FULL_S)
        return desk.take(source, Sent(data, form, key))
    except TooManyRows:
        raise TurnedAway("too_many_rows", rows=f"{rules.rows:,}") from None
    except TooManyBytes:
        raise TurnedAway("too_large", mib=f"{rules.decoded_mib:g}") from None
    except SourceError as error:
        raise TurnedAway("bad_body", what=str(error).removeprefix("the body: ")) from None
    except KeyReused:
        raise TurnedAway("key_reused") from None
    except KeyNeeded:
        raise TurnedAway("key_needed") from None
    except StoreError as error:
        raise TurnedAway("store_full", retry_after_s=_FULL_S, what=str(error)) from error


async def _decided(site: Site, receipt: Receipt) -> Receipt:
    """The receipt once the engine has come to it, or as it is when the wait is over."""
    deadline_s, pause_s = time.monotonic() + site.desk.settings.ingest.wait_s, 0.002
    while receipt.outcomes is None and time.monotonic() < deadline_s:
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.1)
        found = await run_in_threadpool(site.desk.receipts.get, receipt.seq)
        receipt = found or receipt
    return receipt


def _answer(receipt: Receipt, *, again: bool) -> JSONResponse:
    """200 with the outcome of each row, or 202 while those of the rows that count are open."""
    refused = {row: (reason, detail) for row, reason, detail in receipt.refused}
    body: dict[str, Any] = {
        "receipt": receipt.seq,
        "source": receipt.source,
        "decided": receipt.outcomes is not None,
        "rows": receipt.rows,
        "quarantined": len(refused),
        "reasons": [
            {"row": row, "reason": why, "detail": detail} for row, (why, detail) in refused.items()
        ],
    }
    headers = {"Location": f"/v1/events/{receipt.seq}"}
    if again:
        headers["Idempotency-Replayed"] = "true"
    if receipt.outcomes is None:
        return JSONResponse(body, status_code=202, headers=headers | {"Retry-After": "1"})
    decided = iter(receipt.outcomes)
    each = ["quarantined" if row in refused else OUTCOMES[next(decided)] for row in range(receipt.rows)]
    body |= {outcome: each.count(outcome) for outcome in OUTCOMES}
    return JSONResponse(body | {"outcomes": each}, headers=headers)
