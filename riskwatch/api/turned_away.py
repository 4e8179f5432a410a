"""Events that were not taken: each refusal of the ingest with its status, and when to try again."""

from __future__ import annotations

import math

from riskwatch.api.refusals import Problem, Refusal
from riskwatch.messages.names import Names

STATUS = {
    "key_needed": 400,
    "bad_key": 400,
    "no_token": 401,
    "not_open": 403,
    "unknown_source": 404,
    "unknown_receipt": 404,
    "too_slow": 408,
    "too_large": 413,
    "too_many_rows": 413,
    "bad_type": 415,
    "bad_encoding": 415,
    "bad_body": 422,
    "key_reused": 422,
    "slow_down": 429,
    "busy": 503,
    "engine_behind": 503,
    "no_engine": 503,
    "store_full": 503,
}
"""Word -> status. A 4xx says that the request must change, 429 and 503 that it may come again unchanged."""


class TurnedAway(Refusal):
    """A request to take events was refused; nothing of it is kept."""

    def __init__(self, word: str, *, retry_after_s: float | None = None, **fields: object) -> None:
        self.word, self.retry_after_s, self.fields = word, retry_after_s, fields
        super().__init__(word)

    def told(self, names: Names) -> Problem:
        """The status of its word, with Retry-After where waiting helps."""
        headers = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(math.ceil(self.retry_after_s), 1))
        if self.word == "no_token":
            headers["WWW-Authenticate"] = "Bearer"
        what = names.text(f"problem.{self.word}", **self.fields)
        fix = names.text(f"problem.{self.word}_fix", **self.fields)
        return Problem(STATUS[self.word], self.word, what, fix, headers)
