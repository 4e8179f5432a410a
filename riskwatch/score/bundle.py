"""The bundle, read from `configs/bundle.yaml`: composite, pinned members and calibration, per version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field

from riskwatch.core.documents import Document
from riskwatch.core.scores import Member
from riskwatch.score.credence import Prior


class MemberSpec(Document):
    """One member: the class that scores (`module:Class`), its version and its frozen numbers."""

    uses: str = Field(pattern=r"^[a-z_][\w.]*:[A-Z]\w*$")
    version: str
    weight: float = Field(default=1.0, gt=0)
    frozen: dict[str, Any]


class Bundle(Document):
    """What is promoted as one: `version` names it, `fitted` says on what.

    `reads` names the extractor, `verdicts` the online model that learns from each verdict how
    often such alerts are right, `gauges` the online model of one real-valued stream. `prior` holds the
    members to the size of the desk; without it a place is judged as if it were the only one.
    """

    version: str
    fitted: str
    reads: str = "call_volume"
    prior: Prior | None = None
    members: dict[str, MemberSpec] = Field(min_length=1)
    verdicts: str = Field(pattern=r"^[a-z_][\w.]*:[A-Z]\w*$")
    gauges: str | None = Field(default=None, pattern=r"^[a-z_][\w.]*:[A-Z]\w*$")

    def versions(self) -> tuple[tuple[str, str], ...]:
        """(name, version) of the bundle and each member, as alerts carry them."""
        return (("bundle", self.version), *((n, m.version) for n, m in sorted(self.members.items())))

    def build(self, resolve: Callable[[str], Any]) -> dict[str, tuple[float, Member]]:
        """The members by name with their weights, made by their class's `frozen`."""
        return {n: (m.weight, resolve(m.uses).frozen(**m.frozen)) for n, m in sorted(self.members.items())}
