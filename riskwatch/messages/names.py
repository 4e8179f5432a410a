"""Names of what an alert speaks about: areas, indicators, signatures, levels, states, reasons, feeds."""

from __future__ import annotations

from riskwatch.core.alerts import Alert, AlertKind, Level
from riskwatch.core.areas import AreaTree
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.local import LocalTime

_UNVERIFIED = " (unverified)"


class Names:
    """The names of one store in one language; what is not known keeps its code."""

    def __init__(
        self, tree: AreaTree, registry: IndicatorRegistry, catalogue: Catalogue, timezone: str
    ) -> None:
        self.tree, self.registry, self.catalogue = tree, registry, catalogue
        self.local = LocalTime(timezone, catalogue)
        self._levels = {one: self._level_full(one) for one in Level}

    @property
    def lang(self) -> str:
        """The language of the catalogue."""
        return self.catalogue.lang

    def text(self, key: str, **fields: object) -> str:
        """A message of the catalogue."""
        return self.catalogue.text(key, **fields)

    def area(self, code: str) -> str:
        """The name of an area."""
        return self.tree[code].name_in(self.lang) if code in self.tree.index else code

    def indicator(self, indicator_id: str) -> str:
        """The name of an indicator."""
        known = indicator_id in self.registry.index
        return self.registry[indicator_id].name_in(self.lang) if known else indicator_id

    def signature(self, signature_id: str) -> str:
        """The name of a signature; those of notices come from the catalogue."""
        if signature_id in self.registry.signature_index:
            return self.registry.signature(signature_id).name_in(self.lang)
        key = f"signature.{signature_id}"
        return self.text(key) if key in self.catalogue.keys else signature_id

    def subject(self, alert: Alert) -> str:
        """What an alert is about in two or three words."""
        return self.signature(alert.signature)

    def owner(self, alert: Alert) -> str | None:
        """Who owns the signature of a risk alert."""
        if alert.kind is not AlertKind.RISK or alert.signature not in self.registry.signature_index:
            return None
        return self.registry.signature(alert.signature).owner_in(self.lang)

    def level(self, level: Level) -> str:
        """The level's word."""
        return self.text(f"level.{level.word}")

    def level_full(self, level: Level) -> str:
        """The level's number and word: `II orange`, `II级 橙色`."""
        return self._levels[level]

    def _level_full(self, level: Level) -> str:
        return self.text("level.full", number=self.level_number(level), word=self.level(level))

    @staticmethod
    def level_number(level: Level) -> str:
        """The Roman number of a level."""
        return ("I", "II", "III", "IV")[level - 1]

    def feed(self, feed: str) -> str:
        """A feed as a person knows it: a source by its id, an indicator or a gauge by its name."""
        indicator, _, area = feed.partition("@")
        if area and indicator in self.registry.gauges:
            return self.text("reading.gauge", name=self.indicator(indicator), area=self.area(area))
        return self.indicator(feed)

    def actor(self, actor: str) -> str:
        """Who acted; the engine and the mark of an unchecked name are translated."""
        if actor == "engine":
            return self.text("actor.engine")
        if actor.endswith(_UNVERIFIED):
            return self.text("actor.unverified", name=actor.removesuffix(_UNVERIFIED))
        return actor
