"""The files beside the output: what the engine needs to replay it at once."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from riskwatch.simulate.catalogue import Catalogue, topic
from riskwatch.simulate.planned import PlannedEvent
from riskwatch.simulate.scenario import Scenario
from riskwatch.simulate.tree import LEVELS, County
from riskwatch.simulate.writer import suffix_of

_ABOUT = {"en": "a made county, from riskwatch simulate", "zh": "模拟县，由 riskwatch simulate 生成"}


def sidecar_folder(out: Path) -> Path:
    """`DIR/events.configs` beside `DIR/events.parquet`.

    >>> sidecar_folder(Path("made/events.csv.gz")).as_posix()
    'made/events.configs'
    """
    return out.with_name(out.name.removesuffix(suffix_of(out)) + ".configs")


def write_sidecar(
    out: Path, scenario: Scenario, *, county: County, catalogue: Catalogue, planned: list[PlannedEvent]
) -> tuple[Path, ...]:
    """Write mapping, areas, indicators and calendar; returns their paths."""
    folder = sidecar_folder(out)
    texts = {
        "sources/simulated.yaml": _yaml(_mapping(scenario)),
        "areas/simulated.csv": areas_csv(county, positions=scenario.tree.positions),
        "indicators/simulated.yaml": _yaml(indicators_document(catalogue)),
        "calendar.yaml": _yaml({"planned": [p.document() for p in planned], "holidays": []}),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return tuple(folder / name for name in texts)


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _mapping(scenario: Scenario) -> dict[str, Any]:
    return {
        "source": "simulated",
        "about": _ABOUT | scenario.about,
        "areas": "areas/simulated.csv",
        "indicators": "indicators/simulated.yaml",
        "calendar": "calendar.yaml",
        "timezone": "UTC",
        "local_timezone": scenario.timezone,
        "lateness_min": scenario.lateness_minutes,
        "stream": "events",
        "columns": {
            "id": {"column": "id", "kind": "id"},
            "source": {"column": "source", "kind": "code"},
            "area": {"column": "area", "kind": "area"},
            "indicator": {"column": "indicator", "kind": "code", "codes": "same"},
            "occurred_at": {"column": "occurred_at", "kind": "instant", "format": "iso"},
            "received_at": {"column": "received_at", "kind": "instant", "format": "iso"},
            "value": {"column": "value", "kind": "number"},
            "incident_ref": {"column": "incident_ref", "kind": "ref"},
        },
    }


def areas_csv(county: County, *, positions: bool = False) -> str:
    """One line a node, the county first; a `group:` column holds its label in that partition."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ["code", "name", "name_zh", "parent", "level", "population", "vulnerability"]
        + [f"group:{name}" for name in county.partitions]
        + ["latitude", "longitude"] * positions
    )
    for node, code in enumerate(county.codes):
        labels = [county.partitions[p][county.label[p][node]] for p in county.partitions]
        parent = county.codes[county.parent[node]] if node else ""
        level, people = LEVELS[county.depth[node]], int(county.population[node])
        vulnerability = f"{county.vulnerability[node]:.3f}"
        where = county.position[node].tolist() * positions
        table.writerow([code, *county.names[node], parent, level, people, vulnerability, *labels, *where])
    return text.getvalue()


def indicators_document(catalogue: Catalogue) -> dict[str, Any]:
    """Signatures and the listed indicators; unknown codes are left out, as their kind demands."""
    listed = catalogue.entries[: catalogue.listed]
    topics = {e.signature: topic(e.signature) for e in listed}
    return {
        "signatures": {
            name: {
                "name": {"en": t.en, "zh": t.zh},
                "domain": t.domain,
                "owner": {"en": t.owner, "zh": t.owner_zh},
            }
            for name, t in topics.items()
        },
        "indicators": {
            e.id: {
                "name": {"en": e.en, "zh": e.zh},
                "domain": topics[e.signature].domain,
                "signature": e.signature,
                "harm": {"en": topics[e.signature].harm_en, "zh": topics[e.signature].harm_zh},
                "response": e.response,
                "owner": {"en": topics[e.signature].owner, "zh": topics[e.signature].owner_zh},
                "expires": date(2030, 12, 31),
                "gravity": e.gravity,
            }
            for e in listed
        },
    }
