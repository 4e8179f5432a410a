"""Indicators and signatures, and the second law: harm and help, never opinion.

An indicator says what is counted, for which harm it watches, which help it may lead to, who owns
it and when it lapses. `indicator_faults` refuses what the law forbids; settings calls it at load.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from riskwatch.core.gauges import Gauge

DOMAINS: tuple[str, ...] = (
    "natural_hazard",
    "accident_and_safety",
    "public_health",
    "security_and_services",
)
"""The four classes of GB/T 35561."""

RESPONSES: tuple[str, ...] = (
    "rescue",
    "medical",
    "repair",
    "inspection",
    "relief",
    "mediation",
    "consumer_protection",
    "wage_protection",
)
"""What an alert may lead to. Enforcement is not a response."""

REFUSED_KINDS: Mapping[str, tuple[str, ...]] = {
    "protest": (
        "protest",
        "demonstrat",
        "rally",
        "riot",
        "assembl",
        "unrest",
        "抗议",
        "示威",
        "游行",
        "集会",
        "静坐",
        "群体性事件",
        "维稳",
    ),
    "petition": ("petition", "上访", "信访", "请愿"),
    "strike": ("strike", "walkout", "walk-out", "罢工"),
    "speech": ("speech", "opinion", "rumor", "rumour", "dissent", "言论", "舆情", "舆论", "谣言"),
    "sentiment": ("sentiment", "emotion", "mood", "情绪"),
    "religion": ("religio", "church", "mosque", "temple", "worship", "宗教", "教会", "清真"),
    "ethnicity": ("ethnic", "racial", "minorit", "民族", "族裔", "种族"),
    "migration": ("migrant", "migration", "immigra", "refugee", "移民", "难民", "流动人口", "外来人口"),
}
"""Kinds that no indicator may watch, with the word stems that give them away."""

HARMLESS_PHRASES: tuple[str, ...] = (
    "lightning strike",
    "bird strike",
    "slurred speech",
    "loss of speech",
    "speech difficult",
    "emotional distress",
    "emotional crisis",
    "mood disorder",
    "assembly line",
    "情绪障碍",
    "情绪危机",
)
"""Harms whose usual name holds a stem of a refused kind; they are read past."""

_PAST = re.compile("|".join(p.replace(" ", r"[\s_-]*") for p in HARMLESS_PHRASES), re.IGNORECASE)
_STEMS = {
    kind: re.compile("|".join(rf"(?<![a-z]){s}" if s.isascii() else s for s in stems), re.IGNORECASE)
    for kind, stems in REFUSED_KINDS.items()
}


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is counted or measured. `gravity` in [0, 1]: how bad one unit of the harm is."""

    id: str
    name: Mapping[str, str]
    domain: str
    signature: str
    harm: str
    response: str
    owner: str
    expires: date
    gravity: float = 0.5
    measure: str = "count"
    population_floor: int = 0
    gauge: Gauge | None = None  # how it is measured, if it is not counted

    def name_in(self, lang: str) -> str:
        """The name a person reads in that language; English where there is none."""
        return self.name.get(lang) or self.name.get("en", self.id)


@dataclass(frozen=True, slots=True)
class Signature:
    """What an alert is about: a domain and the group of indicators that carry it."""

    id: str
    name: Mapping[str, str]
    domain: str
    indicators: tuple[str, ...]
    owner: str
    owner_names: Mapping[str, str] = field(default_factory=dict)

    def name_in(self, lang: str) -> str:
        """The name a person reads in that language; English where there is none."""
        return self.name.get(lang) or self.name.get("en", self.id)

    def owner_in(self, lang: str) -> str:
        """The owner's name in that language; English where there is none."""
        return self.owner_names.get(lang) or self.owner


def refused_kind(text: str) -> str | None:
    """The refused kind that a text names, or None.

    >>> refused_kind("protest_calls"), refused_kind("上访人数"), refused_kind("nausea or vomiting")
    ('protest', 'petition', None)
    >>> refused_kind("lightning_strike") is None, refused_kind("strike after a lightning strike")
    (True, 'strike')
    """
    plain = _PAST.sub(" ", unicodedata.normalize("NFKC", text))
    for kind, pattern in _STEMS.items():
        if pattern.search(plain):
            return kind
    return None


class IndicatorRegistry:
    """All indicators and signatures of a store, indexed in the order of the file."""

    def __init__(self, indicators: Iterable[Indicator], signatures: Iterable[Signature]) -> None:
        self.indicators = tuple(indicators)
        self.signatures = tuple(signatures)
        self.ids = tuple(i.id for i in self.indicators)
        self.index = {i.id: n for n, i in enumerate(self.indicators)}
        self.signature_index = {s.id: n for n, s in enumerate(self.signatures)}
        self.gauges = {i.id: i.gauge for i in self.indicators if i.gauge is not None}

    def __len__(self) -> int:
        return len(self.indicators)

    def __getitem__(self, indicator_id: str) -> Indicator:
        return self.indicators[self.index[indicator_id]]

    def signature(self, signature_id: str) -> Signature:
        """The signature of that id."""
        return self.signatures[self.signature_index[signature_id]]
