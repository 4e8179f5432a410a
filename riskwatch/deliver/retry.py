"""When a message is tried again: after 0, 5, 15, 30, 60, 120, 300 s, then longer, with jitter, bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskwatch.core.channels import ChannelError, Failure
from riskwatch.core.clock import HOUR_US, SECOND_US
from riskwatch.store.leases import Ending

WAITS_S = (0, 5, 15, 30, 60, 120, 300)
"""The wait before each attempt; the first is at once. From the last on, each is twice the one before."""

Jitter = Callable[[], float]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounded in number and in age; `jitter` gives numbers in [0, 1) that lengthen a wait by that share.

    >>> RetryPolicy(jitter=lambda: 0.5, spread=0.2).wait_s(2)
    5.5
    """

    jitter: Jitter
    spread: float = 0.2
    most_attempts: int = 30
    longest_wait_s: float = 3600.0
    max_age_h: float = 24.0

    def wait_s(self, attempt: int) -> float:
        """Seconds before an attempt, counted from 1."""
        beyond = max(attempt - len(WAITS_S), 0)
        wait_s = WAITS_S[min(attempt, len(WAITS_S)) - 1] * 2.0 ** min(beyond, 32)
        return min(wait_s, self.longest_wait_s) * (1 + self.spread * self.jitter())

    def after(self, error: ChannelError, *, attempts: int, due_us: int, now_us: int) -> tuple[Ending, int]:
        """What becomes of a message after a failed attempt, and the instant of the next one.

        Retry-After is obeyed where it asks for longer. What would come later than the greatest age
        after it was due is dead.
        """
        if error.failure is Failure.GONE:
            return Ending.GONE, now_us
        wait_s = max(self.wait_s(attempts + 1), error.retry_after_s or 0.0)
        next_us = now_us + round(wait_s * SECOND_US)
        too_old = next_us - due_us > self.max_age_h * HOUR_US
        if error.failure is Failure.STOP or attempts >= self.most_attempts or too_old:
            return Ending.DEAD, now_us
        return Ending.RETRY, next_us
