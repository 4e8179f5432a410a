"""Detectors of one gauge that each break one rule; the checks must catch every one."""

from __future__ import annotations

from typing import Any

from models.gauge_surprise import GaugeSurprise


class GaugeLearnsWhenAsked(GaugeSurprise):
    """Asking moves its mean."""

    def score_one(self, x: Any) -> float:
        self._mean += 1.0
        return super().score_one(x)


class GaugesShare(GaugeSurprise):
    """Two models count into one memory."""

    told: list[int] = []  # noqa: RUF012 - the fault that is to be caught

    def learn_one(self, x: Any) -> None:
        super().learn_one(x)
        self.told.append(1)

    def score_one(self, x: Any) -> float:
        return 1.0 / (1.0 + len(self.told))


class GaugeIsMadeOfMore(GaugeSurprise):
    """Heeds the type of an argument, which JSON does not keep."""

    def score_one(self, x: Any) -> float:
        return super().score_one(x) if isinstance(self.signs, tuple) else 0.0


class GaugeForgetsItsSilence(GaugeSurprise):
    """Its state does not hold until when it is silent, nor what it knows of the extremes."""

    def state(self) -> Any:
        return {**super().state(), "silent_until": 0, "rows": 0}


class GaugeLearnsGaps(GaugeSurprise):
    """Takes a missing value for 0."""

    def learn_one(self, x: Any) -> None:
        value = x.get("value")
        super().learn_one(x if value is not None and value - value == 0 else {"value": 0.0})


class GaugeIsBlind(GaugeSurprise):
    """Never surprised."""

    def score_one(self, x: Any) -> float:
        return 0.0


BROKEN: dict[type[Any], str] = {
    GaugeLearnsWhenAsked: "detector_answers_without_learning",
    GaugesShare: "same_rows_make_the_same_detector",
    GaugeIsMadeOfMore: "detector_is_made_of_its_arguments",
    GaugeForgetsItsSilence: "detector_state_is_all_there_is",
    GaugeLearnsGaps: "a_gap_in_the_gauge_teaches_nothing",
    GaugeIsBlind: "a_leap_out_of_the_past_is_seen",
}
"""Each with the rule that must catch it."""
