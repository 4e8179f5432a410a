"""The gate of the ingest: who may send, and how much by the second; asked before a body is read."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from riskwatch.api.turned_away import TurnedAway
from riskwatch.ingest.rules import IngestRules

_MOST_CLIENTS = 10_000  # whoever was not seen for longest is forgotten, with what was left of its share


@dataclass(slots=True)
class _Share:
    """What a client may still send, and when that was counted."""

    rows: float
    requests: float
    at_s: float


class Gate:
    """Knows clients by their token, else by their address.

    Rows are counted after they were read, so one request may overdraw; the next then waits.
    """

    def __init__(
        self, rules: IngestRules, tokens: Mapping[str, str], *, local: bool, time_s: Callable[[], float]
    ) -> None:
        self._rules, self._tokens, self._local, self._time_s = rules, dict(tokens), local, time_s
        self._shares: OrderedDict[str, _Share] = OrderedDict()

    def enter(self, request: Request) -> str:
        """The client's name; raises TurnedAway without a token that is needed, or if it is too fast."""
        client = self._client(request)
        share = self._share(client)
        wait_s = max(
            -share.rows / self._rules.rows_per_s, (1 - share.requests) / self._rules.requests_per_s
        )
        if wait_s > 0:
            raise TurnedAway(
                "slow_down",
                retry_after_s=wait_s,
                rows=f"{self._rules.rows_per_s:,.0f}",
                requests=f"{self._rules.requests_per_s:,.0f}",
            )
        share.requests -= 1
        return client

    def took(self, client: str, rows: int) -> None:
        """Count the rows that a client has sent."""
        self._share(client).rows -= rows

    def _client(self, request: Request) -> str:
        if not self._tokens:
            if not self._local:
                raise TurnedAway("not_open")
            return request.client.host if request.client else "local"
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        digest = hashlib.sha256(given.strip().encode()).hexdigest()
        holder = None
        for name, wanted in self._tokens.items():  # every one is compared: time tells nothing
            if hmac.compare_digest(digest, wanted):
                holder = name
        if holder is None or scheme.lower() != "bearer":
            raise TurnedAway("no_token")
        return f"token {holder}"

    def _share(self, client: str) -> _Share:
        rules, now_s = self._rules, self._time_s()
        most_rows, most_requests = rules.rows_per_s * rules.burst_s, rules.requests_per_s * rules.burst_s
        share = self._shares.setdefault(client, _Share(most_rows, most_requests, now_s))
        self._shares.move_to_end(client)
        if len(self._shares) > _MOST_CLIENTS:
            self._shares.popitem(last=False)
        gone_s, share.at_s = now_s - share.at_s, now_s
        share.rows = min(share.rows + gone_s * rules.rows_per_s, most_rows)
        share.requests = min(share.requests + gone_s * rules.requests_per_s, most_requests)
        return share
