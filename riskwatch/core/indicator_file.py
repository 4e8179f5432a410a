"""The indicators' file, and the second law held against it at load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from riskwatch.core.documents import Document, parse_document, read_yaml
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.core.gauges import GAUGE, Gauge
from riskwatch.core.indicators import (
    DOMAINS,
    RESPONSES,
    Indicator,
    IndicatorRegistry,
    Signature,
    refused_kind,
)


def _by_language(owner: Any) -> dict[str, str]:
    """The names of an owner by language; a plain name is the English one."""
    named = {"en": owner} if isinstance(owner, str) else owner
    texts = isinstance(named, dict) and all(isinstance(t, str) and t.strip() for t in named.values())
    if not texts or "en" not in named:
        raise ValueError(
            f"{owner!r} is no owner; "
            "give a name, or names by language such as {en: Road desk, zh: 道路值班室}"
        )
    return named


Owner = Annotated[dict[str, str], BeforeValidator(_by_language)]


class SignatureSpec(Document):
    """One signature of an indicators file."""

    name: Mapping[str, str]
    domain: str
    owner: Owner


class IndicatorSpec(Document):
    """One indicator: the harm it watches for, the help it may lead to, its owner and its expiry."""

    name: Mapping[str, str]
    domain: str
    signature: str
    harm: Mapping[str, str] = Field(min_length=1)
    response: str
    owner: Owner
    expires: date
    gravity: float = Field(default=0.5, gt=0, le=1)
    measure: str = "count"
    population_floor: int = Field(default=0, ge=0)
    gauge: Gauge | None = None


class IndicatorsFile(Document):
    """`configs/indicators/*.yaml`."""

    signatures: dict[str, SignatureSpec] = Field(min_length=1)
    indicators: dict[str, IndicatorSpec] = Field(min_length=1)


def load_indicators(path: Path, file: str, today: date) -> IndicatorRegistry:
    """The indicator registry of a YAML file, held against the second law."""
    raw = read_yaml(path, file)
    parsed = parse_document(raw, IndicatorsFile, file)
    faults = list(_law_faults(parsed, file, today))
    if faults:
        raise ConfigError(faults)
    indicators = [
        Indicator(
            id=n,
            harm=s.harm.get("en", ""),
            gauge=s.gauge,
            owner=s.owner["en"],
            **s.model_dump(exclude={"harm", "gauge", "owner"}),
        )
        for n, s in parsed.indicators.items()
    ]
    signatures = [
        Signature(
            id=n,
            name=s.name,
            domain=s.domain,
            owner=s.owner["en"],
            owner_names=s.owner,
            indicators=tuple(i.id for i in indicators if i.signature == n),
        )
        for n, s in parsed.signatures.items()
    ]
    return IndicatorRegistry(indicators, signatures)


def _measure_faults(spec: IndicatorSpec, file: str, where: str) -> Iterable[Fault]:
    if spec.measure not in ("count", GAUGE):
        yield Fault(file, where, f"measure '{spec.measure}' is unknown", "use count or gauge")
    elif spec.measure == GAUGE and spec.gauge is None:
        fix = "add gauge: {unit: m, lowest: 0, highest: 12}, its unit and the range it can show"
        yield Fault(file, where, "measure 'gauge' says neither unit nor range", fix)
    elif spec.measure != GAUGE and spec.gauge is not None:
        yield Fault(file, where, "has a gauge and is counted", "add measure: gauge, or leave gauge: out")
    if spec.measure == GAUGE and spec.population_floor:
        fix = "leave population_floor out: a reading is of a place, and readings of several do not add up"
        yield Fault(file, where, "a gauge has a population floor", fix)


def _law_faults(parsed: IndicatorsFile, file: str, today: date) -> Iterable[Fault]:
    for name, spec in parsed.indicators.items():
        where = f"indicator '{name}'"
        kind = next(
            (k for t in (name, *spec.name.values(), *spec.harm.values()) if (k := refused_kind(t))), None
        )
        if kind:
            yield Fault(
                file,
                where,
                f"is of the refused kind '{kind}'",
                "riskwatch watches harm and help, never opinion: remove it",
            )
        if spec.response not in RESPONSES:
            yield Fault(
                file,
                where,
                f"response '{spec.response}' is not a helping response",
                f"use one of {', '.join(RESPONSES)}",
            )
        if spec.domain not in DOMAINS:
            yield Fault(
                file, where, f"domain '{spec.domain}' is unknown", f"use one of {', '.join(DOMAINS)}"
            )
        if spec.signature not in parsed.signatures:
            yield Fault(
                file, where, f"signature '{spec.signature}' is not listed", "add it under signatures:"
            )
        yield from _measure_faults(spec, file, where)
        if spec.expires < today:
            yield Fault(file, where, f"expired on {spec.expires}", "let its owner renew or remove it")
    for name, signature in parsed.signatures.items():
        where = f"signature '{name}'"
        kind = refused_kind(" ".join((name, *signature.name.values())))
        if kind:
            yield Fault(file, where, f"is of the refused kind '{kind}'", "remove it")
        if signature.domain not in DOMAINS:
            yield Fault(
                file, where, f"domain '{signature.domain}' is unknown", f"use one of {', '.join(DOMAINS)}"
            )
        if not any(i.signature == name for i in parsed.indicators.values()):
            yield Fault(file, where, "has no indicator", "give it one or remove it")
