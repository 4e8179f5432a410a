"""A workspace of three places and two indicators, whose configs the tests of `check` break one by one."""

from __future__ import annotations

import textwrap
from pathlib import Path

FILES = {
    "sources/town.yaml": """
        source: town
        about: {en: calls of a town, zh: 小镇报警记录}
        areas: areas/town.csv
        indicators: indicators/town.yaml
        calendar: calendar.yaml
        timezone: America/New_York
        lateness_min: 15
        columns:
          area: {column: town, kind: area, when_empty: COUNTY}
          indicator: {column: title, kind: code, codes: {FIRE: fire, SMELL: gas}}
          occurred_at: {column: when, kind: instant, format: "%Y-%m-%d %H:%M:%S"}
    """,
    "areas/town.csv": """
        code,name,name_zh,parent,level,population,vulnerability
        COUNTY,County,县,,county,3000,0.5
        EAST,East,东,COUNTY,township,1000,0.5
        WEST,West,西,COUNTY,township,2000,0.5
    """,
    "indicators/town.yaml": """
        signatures:
          burning:
            name: {en: fires and gas, zh: 火灾与燃气}
            domain: accident_and_safety
            owner: Fire desk
        indicators:
          fire:
            name: {en: fires, zh: 火灾}
            domain: accident_and_safety
            signature: burning
            harm: {en: burns and burnt homes, zh: 烧伤与房屋烧毁}
            response: rescue
            owner: Fire desk
            expires: 2099-12-31
          gas:
            name: {en: smell of gas, zh: 燃气味}
            domain: accident_and_safety
            signature: burning
            harm: {en: explosions, zh: 爆炸}
            response: inspection
            owner: Fire desk
            expires: 2099-12-31
    """,
    "calendar.yaml": """
        holidays:
          - {name: {en: Christmas}, yearly: {month: 12, day: 25}}
          - {name: {en: Thanksgiving}, yearly: {month: 11, weekday: thursday, nth: 4}, like: saturday}
          - {name: {en: Mourning}, date: 2026-07-03, announced_at: 2026-07-01T09:00:00-04:00}
        planned:
          - name: {en: Fair, zh: 集市}
            area: EAST
            indicators: [fire]
            start: 2026-07-01T08:00:00-04:00
            end: 2026-07-01T12:00:00-04:00
            factor: 3
        maintenance:
          - name: {en: server move}
            source: town
            start: 2026-07-01T08:00:00-04:00
            end: 2026-07-01T12:00:00-04:00
    """,
    "features.yaml": """
        features:
          call_volume:
            uses: features.call_volume:CallVolume
            given: {windows_h: [1, 3, 6, 12, 24, 72, 168]}
    """,
    "alerts.yaml": """
        likelihood: [0.05, 0.10, 0.40]
        impact: [3.0, 5.0, 7.0]
        matrix:
          - [blue, blue, yellow, yellow]
          - [yellow, orange, orange, orange]
          - [orange, orange, red, red]
        tests:
          - {likelihood: 0.01, impact: 9, expect: none}
          - {likelihood: 0.50, impact: 8, expect: red}
    """,
    "receivers.yaml": """
        receivers: {desk: {channel: console}, chief: {channel: console}, log: {channel: console}}
    """,
    "routes.yaml": """
        receivers: {desk: {pages: true}, chief: {pages: true}, log: {pages: false}}
        windows: {night: {from: "18:00", to: "08:00"}}
        calendars: {holidays: {dates: [2026-01-01]}}
        route:
          name: all
          receivers: [desk, log]
          routes:
            - {name: east, match: {areas: EAST, level: orange}, steps: [{after_min: 15, receivers: chief}]}
        tests:
          - {level: red, area: EAST, at: 2026-06-01 12:00:00, expect: {0: [desk, log], 15: chief}}
          - {level: blue, area: WEST, at: 2026-06-01 12:00:00, expect: {0: log}}
    """,
    "bundle.yaml": """
        version: "0.1"
        fitted: provisional
        verdicts: town_models:Remembering
        members:
          noticing:
            uses: town_models:Noticing
            version: "0.1"
            frozen: {weight: 1.0}
    """,
}

MODELS = '''
class Noticing:
    """A member that only has a weight."""

    def __init__(self, weight):
        self.weight = weight

    @classmethod
    def frozen(cls, *, weight):
        return cls(float(weight))


class Remembering:
    """A memory of verdicts."""
'''


def write_town(root: Path) -> Path:
    """Write the good workspace; it has configs alone, since the features are those of the checkout."""
    for name, text in FILES.items():
        path = root / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    (root / "town_models.py").write_text(MODELS, encoding="utf-8")
    return root
