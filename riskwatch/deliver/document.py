"""The public JSON of an alert: what the API, the CLI and channels give out, keys in a fixed order."""

from __future__ import annotations

from typing import Any

from riskwatch.core.alerts import Alert, Chart, Contribution
from riskwatch.core.clock import SECOND_US, iso
from riskwatch.core.readings import Reading, ReadingChart
from riskwatch.deliver.life_document import life_document
from riskwatch.messages.sentence import Words


def alert_document(alert: Alert, words: Words) -> dict[str, Any]:
    """One alert for machines and people: codes and numbers as they are, names in the words' language.

    `level_word` is the English word in every language, so that a reader can switch on it; `at` of
    `level_history` are decision instants.
    """
    return {
        "id": alert.id,
        "kind": str(alert.kind),
        "area": alert.area,
        "area_name": words.area(alert.area),
        "signature": alert.signature,
        "level": int(alert.level),
        "level_word": alert.level.word,
        "peak_level": int(alert.peak_level),
        "level_history": [{"at": iso(c.at_us), "level": int(c.level)} for c in alert.levels],
        "shown": alert.shown,
        "opened_at": iso(alert.opened_at_us),
        "updated_at": iso(alert.updated_at_us),
        "closed_at": _iso(alert.closed_at_us),
        "state": str(alert.state),
        "likelihood": alert.likelihood,
        "impact": alert.impact,
        "contributions": [_contribution(c, words) for c in alert.contributions],
        "sentence": words.sentence(alert),
        "model_versions": dict(alert.model_versions),
        "config_hash": alert.config_hash,
        "inhibited_by": alert.inhibited_by,
        "around": list(alert.around),
        "feeds_missing": list(alert.feeds_missing),
        "owner": words.owner(alert),
        "verdict": alert.verdict and str(alert.verdict),
        "actor": alert.actor,
        "note": alert.note,
        "detail": alert.detail,
        "rising": alert.rising,
        "evidence_at": None if alert.evidence_at_us is None else iso(alert.evidence_at_us),
        "judged": {"right": alert.judged[0], "of": alert.judged[1]},
        "chart": alert.chart and _chart(alert.chart),
        "revision": alert.revision,
        **life_document(alert),
    }


def _iso(instant_us: int | None) -> str | None:
    return None if instant_us is None else iso(instant_us)


def _contribution(c: Contribution, words: Words) -> dict[str, Any]:
    told = _counted(c, words)
    if isinstance(c, Reading):
        gauge = words.registry.gauges.get(c.indicator)
        told |= {"value": c.value, "usual": c.usual, "unit": gauge.unit_in(words.lang) if gauge else ""}
    return told


def _counted(c: Contribution, words: Words) -> dict[str, Any]:
    return {
        "indicator": c.indicator,
        "name": words.indicator(c.indicator),
        "window_h": c.window_h,
        "observed": c.observed,
        "expected": c.expected,
        "p": c.p,
        "share": c.share,
        "log_odds": c.log_odds,
        "since": _iso(c.since_us),
        "usual_per_day": c.usual_per_day,
    }


def _chart(chart: Chart) -> dict[str, Any]:
    of = {"indicator": chart.indicator} if isinstance(chart, ReadingChart) else {}
    return of | {
        "end": iso(chart.end_us),
        "step_s": chart.step_us // SECOND_US,
        "observed": list(chart.observed),
        "expected": list(chart.expected),
    }
