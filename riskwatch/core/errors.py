"""Errors that say what, where and what to do; raised everywhere, shown by the CLI and the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class RiskwatchError(Exception):
    """Base of every error that riskwatch raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in one file.

    >>> print(Fault("alerts.yaml", "rule 'flood'", "level 'sever' is unknown", "use red or orange"))
    alerts.yaml: rule 'flood': level 'sever' is unknown; use red or orange
    """

    file: str
    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.where}" if self.where else self.file
        return f"{place}: {self.what}; {self.fix}"


class ConfigError(RiskwatchError):
    """The workspace has faults; all of them are listed at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SourceError(RiskwatchError):
    """A source cannot be read at all: missing file, wrong header, unknown encoding."""


class StoreError(RiskwatchError):
    """The store cannot be used: locked, of another workspace, or broken."""


class StoreUnavailable(StoreError):  # noqa: N818 - reads as the sentence it prints
    """The store takes nothing for now: its disk is full, or somebody holds it; what is stored is sound."""


class WorkspaceConflict(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """`features` (or `models`, `flows`) resolves to a package outside the workspace."""


class MissingExtra(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """A layer of optional dependencies is not installed.

    >>> print(MissingExtra("models list", "analyst"))
    models list needs the extra 'analyst'; install it with: pip install 'riskwatch[analyst]'
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra '{extra}'; install it with: pip install 'riskwatch[{extra}]'"
        )
