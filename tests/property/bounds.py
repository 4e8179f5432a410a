"""How many examples a property is tried on: bounded, and the same ones in every run."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def examples(n: int) -> settings:
    """Settings of that many examples; one may run a whole engine, so it has no deadline."""
    return settings(
        max_examples=n,
        deadline=None,
        derandomize=True,  # a failure here is a failure there
        database=None,
        phases=(
            Phase.explicit,
            Phase.generate,
        ),  # shrinking a failure takes hundreds of engines: do it by hand
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
