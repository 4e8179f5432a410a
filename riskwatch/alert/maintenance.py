"""Maintenance windows: declared in `configs/maintenance.yaml` or by command, always with an end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, model_validator

from riskwatch.alert.actions import Order
from riskwatch.alert.shelving import told_again
from riskwatch.alert.terms import changed
from riskwatch.core.alerts import Alert, AlertChange, Reason
from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import to_us
from riskwatch.core.documents import Document
from riskwatch.core.side_states import Suppressed


class DeclaredWindow(Document):
    """One window of the file; `signature` left out means every one of the area and all below it."""

    area: str
    signature: str | None = None
    starts: datetime
    ends: datetime
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)

    @model_validator(mode="after")
    def _spans_time(self) -> DeclaredWindow:
        if self.starts.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("starts and ends need a zone; write one like 2025-02-06T08:00:00+08:00")
        if self.ends <= self.starts:
            raise ValueError(f"ends {self.ends} is not after starts {self.starts}; exchange them")
        return self


class MaintenanceFile(Document):
    """`configs/maintenance.yaml`: planned work by name."""

    windows: Mapping[str, DeclaredWindow] = {}


@dataclass(frozen=True, slots=True)
class Window:
    """A span in which an area's alerts of a signature (None: of every one) are expected."""

    name: str
    area: str
    signature: str | None
    starts_us: int
    ends_us: int
    reason: str
    by: str


def given_window(order: Order) -> Window:
    """The window of an order; it begins at once."""
    given = order.given
    return Window(
        given["window"],
        given["area"],
        given["signature"],
        order.now_us,
        given["until_us"],
        order.why,
        order.actor,
    )


class Windows:
    """All windows that have not ended: those of the file and those given by command."""

    def __init__(self, tree: AreaTree, file: MaintenanceFile) -> None:
        self._tree = tree
        self._declared = [
            Window(name, w.area, w.signature, _us(w.starts), _us(w.ends), w.reason, w.owner)
            for name, w in file.windows.items()
        ]
        self._given: list[Window] = []
        self._lifted: list[str] = []

    def give(self, window: Window) -> None:
        """Add one by command."""
        self._given.append(window)

    def lift(self, name: str) -> bool:
        """End one before its time; False if there is none of that name."""
        known = name in {w.name for w in (*self._declared, *self._given)} and name not in self._lifted
        if known:
            self._lifted.append(name)
            self._given = [w for w in self._given if w.name != name]
        return known

    def forget(self, at_us: int) -> None:
        """Let go of those by command that ended."""
        self._given = [w for w in self._given if w.ends_us > at_us]

    def standing(self, at_us: int) -> list[Window]:
        """Those that have not ended, planned ones too."""
        return [
            w for w in (*self._declared, *self._given) if w.ends_us > at_us and w.name not in self._lifted
        ]

    def over(self, alert: Alert, at_us: int) -> Suppressed | None:
        """The window that an alert of the engine lies in, the one that ends last."""
        if alert.by_hand:
            return None
        line = self._tree.line(alert.area)
        mine = [
            w
            for w in self.standing(at_us)
            if w.starts_us <= at_us and w.area in line and w.signature in (None, alert.signature)
        ]
        last = max(mine, key=lambda w: (w.ends_us, w.name), default=None)
        return Suppressed(last.name, last.ends_us, last.reason) if last else None

    def state(self) -> dict[str, Any]:
        """What commands made of them."""
        return {"given": [asdict(w) for w in self._given], "lifted": list(self._lifted)}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._given = [Window(**w) for w in state["given"]]
        self._lifted = list(state["lifted"])


def _us(instant: datetime) -> int:
    return to_us(instant.astimezone(UTC))


def suppression(alert: Alert, windows: Windows, at_us: int) -> AlertChange | None:
    """The change at the begin or the end of a window; what still burns at its end is told again."""
    over = windows.over(alert, at_us)
    if over == alert.suppressed:
        return None
    after = replace(alert, suppressed=over)
    if over is not None:
        return changed(alert, after, Reason.SUPPRESSED, at_us, why=over.reason)
    why = alert.suppressed.window if alert.suppressed else ""
    return changed(alert, told_again(after), Reason.RELEASED, at_us, why=why)


def standing_windows(told: Iterable[dict[str, Any]]) -> list[Window]:
    """The windows as the store's standing tells them."""
    return [Window(**w) for w in told]
