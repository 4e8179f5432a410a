"""How a step of a flow is called: as a Prefect task within a flow run, as the plain function elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext

T = TypeVar("T")


def step(work: Callable[..., T], *given: Any) -> T:
    """What the function returns; neither its arguments nor its result are hashed or stored."""
    if FlowRunContext.get() is None:
        return work(*given)
    done: T = task(work, name=work.__name__, cache_policy=NO_CACHE, persist_result=False)(*given)
    return done
