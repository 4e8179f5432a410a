"""The report as one HTML file that asks nothing of any network, in the languages of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskwatch.audit.dot_plot import Dot, Scale, strip
from riskwatch.audit.figures import FIGURES
from riskwatch.messages.catalogue import Catalogue

_SHAPES = {"pass": "●", "fail": "◆", "not_enough_evidence": "○"}


class ReportPage:
    """Puts a report's document into words."""

    def __init__(self, document: Mapping[str, Any], lang: str) -> None:
        self.document, self.words = document, Catalogue(lang)

    def html(self) -> str:
        """The whole file."""
        from jinja2 import Environment, PackageLoader, StrictUndefined

        pages = Environment(
            loader=PackageLoader("riskwatch.audit", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return pages.get_template("fairness.html").render(
            d=self.document, t=self.words.text, lang=self.words.lang, page=self, figures=FIGURES
        )

    # --- words ---------------------------------------------------------------------------------

    def name(self, row: Mapping[str, Any], part: str) -> str:
        """A group as its label, a domain by its name, the sum as "all"."""
        if not row["name"]:
            return self.words.text("audit.all")
        key = f"audit.domain.{row['name']}"
        return self.words.text(key) if part == "domains" and key in self.words.keys else str(row["name"])

    def shape(self) -> str:
        """The shape that goes with the verdict's colour and word."""
        return _SHAPES[self.document["verdict"]["decision"]]

    def decision(self) -> str:
        """The verdict in a line; a loss against the champion is told apart from a gap between groups."""
        decision = self.document["verdict"]["decision"]
        by = self.document["verdict"]["named_by"]
        apart = any(groups for measure, groups in by.items() if not measure.endswith("_change"))
        key = "fail_change" if decision == "fail" and any(by.values()) and not apart else decision
        return self.words.text(f"audit.decision.{key}")

    def summary(self) -> str:
        """The verdict in a paragraph: what was found, on what, and what it does not say."""
        verdict, text = self.document["verdict"], self.words.text
        why = verdict["why"]
        told = why[self.words.lang] if why else self._without_figures()
        parts = [told, text(f"audit.truth.{self.document['truth']['kind']}", n=self._incidents())]
        if self.document["partition"]["exploratory"]:
            parts.append(text("audit.exploratory"))
        return self.words.template("gate.join").join(parts)

    def _without_figures(self) -> str:
        """Which groups are named by which measure, where their figures may not be told."""
        named = [
            self.words.text(f"audit.named_by.{measure}", groups=self.words.joined(groups))
            for measure, groups in self.document["verdict"]["named_by"].items()
            if groups
        ]
        withheld = self.words.text("audit.withheld_verdict")
        return self.words.template("gate.join").join([*named, withheld])

    def _incidents(self) -> str:
        n = self.document["truth"]["incidents"]
        return self.words.text("audit.withheld_number") if n == "withheld" else self.count(n)

    @staticmethod
    def minute(instant: str) -> str:
        """An instant of the document as a person reads it.

        >>> ReportPage.minute("2025-01-06T05:15:00Z")
        '2025-01-06 05:15 UTC'
        """
        return f"{instant[:16].replace('T', ' ')} UTC"

    def count(self, n: int | str | None) -> str:
        """A count, the word for one that is withheld, or a dash."""
        if n is None:
            return "–"
        return self.words.text("audit.withheld") if n == "withheld" else f"{n:,}"

    def number(self, figure: str, x: float | None) -> str:
        """A number in its unit."""
        if x is None:
            return self.words.text("audit.open")
        if figure in ("detection", "precision"):
            return f"{100 * x:.0f}%"
        if figure == "calibration":
            return f"{100 * x:+.0f}".replace("+0", "0") if abs(x) < 0.005 else f"{100 * x:+.0f}"
        if figure.startswith("hours"):
            return f"{x:.1f} h"
        return f"{x:.3g}" if abs(x) < 100 else f"{x:,.0f}"

    def told(self, figure: str, row: Mapping[str, Any]) -> str:
        """A figure with its interval, or why it is not told."""
        f = row["figures"][figure]
        if f["state"] == "told":
            value = self.number(figure, f["value"])
            if f["value"] is None:
                value = self.words.text("audit.not_reached")
            low, high = self.number(figure, f["low"]), self.number(figure, f["high"])
            return self.words.text("audit.interval", value=value, low=low, high=high)
        if f["state"] == "too_few":
            return self.words.text("audit.too_few", n=f["n"])
        return self.words.text("audit.withheld" if f["state"] == "withheld" else "audit.none")

    def mark(self) -> str:
        """What is said of a group that a figure names."""
        apart = self.decision() != self.words.text("audit.decision.fail_change")
        return self.words.text("audit.named" if apart else "audit.named_change")

    def gap(self, row: Mapping[str, Any]) -> str:
        """The smallest gap that would have been found in this group."""
        gap = row.get("seen_gap")
        return "–" if gap is None else self.words.text("audit.points", n=f"{100 * gap:.0f}")

    # --- plots ---------------------------------------------------------------------------------

    def plot(self, figure: str, part: str) -> dict[str, Any] | None:
        """The rows of a dot plot and its scale; None where no row has a number."""
        rows = [r for r in self.document[part] if r["name"]]
        drawn = [r["figures"][figure] for r in rows if r["figures"][figure]["state"] == "told"]
        numbers = [x for f in drawn for x in (f["value"], f["low"], f["high"]) if x is not None]
        if not numbers:
            return None
        scale = Scale(0.0, 1.0) if figure in ("detection", "precision") else Scale.over(numbers, 0.0)
        named = self._named(figure) if part == "groups" else set()
        return {
            "ticks": [self.number(figure, x) for x in scale.ticks()],
            "rows": [
                {
                    "name": self.name(r, part),
                    "named": r["name"] in named,
                    "told": self.told(figure, r),
                    "strip": self._strip(figure, r, scale, part, named=r["name"] in named),
                }
                for r in rows
            ],
        }

    def _named(self, figure: str) -> set[str]:
        """The groups that fail the measure which this figure shows."""
        by = self.document["verdict"]["named_by"]
        measure = {"detection": "detection", "false_per_area_month": "false_alerts"}.get(figure, "")
        return {*by.get(measure, ()), *by.get(f"{measure}_change", ())}

    def _strip(self, figure: str, row: Mapping[str, Any], scale: Scale, part: str, *, named: bool) -> Any:
        f = row["figures"][figure]
        reference = 0.0 if figure == "calibration" else self._overall(figure, part)
        told = f"{self.name(row, part)}: {self.told(figure, row)}"
        return strip(Dot(f["value"], f["low"], f["high"], named), scale, reference=reference, told=told)

    def _overall(self, figure: str, part: str) -> float | None:
        """The rate over all groups, where its counts may be told."""
        whole = self.document[part][-1]
        told = {"detection": ("detected", "missed"), "precision": ("right", "false")}.get(figure)
        if told is None or "withheld" in (counts := [whole[name] for name in told]) or not sum(counts):
            return None
        return float(counts[0] / sum(counts))
