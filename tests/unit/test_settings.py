"""Settings: every fault of every file at once, and a hash of exactly what was read."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from desk_town import AREAS, ROOT, configs

from riskwatch.core.clock import MINUTE_US
from riskwatch.core.errors import ConfigError
from riskwatch.settings import Settings, load_settings

TODAY = date(2026, 1, 1)


def load(overlay: Path, *sources: str) -> Settings:
    return load_settings(ROOT, sources or ("town",), today=TODAY, overlay=overlay)


def told(overlay: Path, *sources: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(overlay, *sources)
    return str(error.value).splitlines()


def test_good_settings_make_one_world(tmp_path):
    """Ticks of a quarter of an hour; the lateness is that of the slowest source."""
    overlay = configs(tmp_path, sources=("town", "slow"))
    slow = overlay / "sources" / "slow.yaml"
    slow.write_text(slow.read_text().replace("lateness_min: 15", "lateness_min: 60"))
    made = load(overlay, "town", "slow")
    assert (made.world.grid.tick_us, made.world.grid.lateness_us) == (15 * MINUTE_US, 60 * MINUTE_US)
    assert made.world.tree.codes[0] == "COUNTY"
    assert made.world.registry.ids == ("fever", "fall")
    assert list(made.mappings) == ["town", "slow"]
    assert made.bundle.reads in made.features


def test_sources_of_sums_are_known_by_how_often_they_speak(tmp_path):
    """By the name of the source; none without the key."""
    overlay = configs(tmp_path, sources=("town", "slow"))
    assert load(overlay, "town", "slow").world.reports_every_us == {}
    slow = overlay / "sources" / "slow.yaml"
    slow.write_text(slow.read_text() + "reports_every_h: 4\n")
    assert load(overlay, "town", "slow").world.reports_every_us == {"slow": 4 * 60 * MINUTE_US}


def test_the_hash_names_what_was_read(tmp_path):
    """Another byte of a file that counts is another hash; a file that nobody reads is not."""
    overlay = configs(tmp_path)
    before = load(overlay).config_hash
    (overlay / "sources" / "unread.yaml").write_text("x: 1\n")
    assert load(overlay).config_hash == before
    shutil.copy(ROOT / "configs" / "alerts.yaml", overlay / "alerts.yaml")
    assert load(overlay).config_hash == before
    with (overlay / "alerts.yaml").open("a") as file:
        file.write("# said otherwise\n")
    assert load(overlay).config_hash != before


def test_an_unknown_source_names_the_known_ones(tmp_path):
    """Of the overlay and of the workspace."""
    found = told(configs(tmp_path), "twon")
    assert len(found) == 1
    assert found[0].startswith("sources/twon.yaml: does not exist; known sources are: ")
    assert "montco911, town" in found[0]


def test_faults_of_all_files_come_at_once(tmp_path):
    """One broken file does not hide the next."""
    overlay = configs(tmp_path)
    (overlay / "alerts.yaml").write_text("likelihood: x\n")
    (overlay / "bundle.yaml").write_text("members: {}\n")
    (overlay / "features.yaml").write_text("features: {a: {uses: no class}}\n")
    (overlay / "areas" / "town.csv").write_text(AREAS + "T,Town,NOWHERE,town,1\n")
    (overlay / "indicators" / "town.yaml").write_text("indicators: 1\n")
    files = [line.split(":")[0] for line in told(overlay)]
    assert list(dict.fromkeys(files)) == [
        "features.yaml",
        "bundle.yaml",
        "alerts.yaml",
        "areas/town.csv",
        "indicators/town.yaml",
    ]


def test_names_that_nobody_listed_are_told(tmp_path):
    """Areas and indicators of a mapping."""
    overlay = configs(tmp_path)
    path = overlay / "sources" / "town.yaml"
    path.write_text(path.read_text().replace("COUNTY", "REALM").replace("FALL: fall", "FALL: slip"))
    assert told(overlay) == [
        "sources/town.yaml: columns.area.when_empty: area 'REALM' is unknown; use a code of areas/town.csv",
        "sources/town.yaml: columns.indicator.codes.FALL: indicator 'slip' is unknown; "
        "use an id of indicators/town.yaml",
    ]


def test_sources_of_one_store_share_their_world(tmp_path):
    """Areas, indicators and the zone of the seasons."""
    overlay = configs(tmp_path, sources=("town", "else"))
    path = overlay / "sources" / "else.yaml"
    path.write_text(path.read_text().replace("timezone: UTC", "timezone: Asia/Shanghai"))
    assert told(overlay, "town", "else") == [
        "sources/else.yaml: season_timezone: 'Asia/Shanghai' is not the 'UTC' "
        "of the store's other sources; give them the same, or a store of its own with --store DIR"
    ]


def test_a_bundle_reads_a_feature_that_there_is(tmp_path):
    """Told at the door, not when the first event comes."""
    overlay = configs(tmp_path)
    text = (ROOT / "configs" / "bundle.yaml").read_text()
    (overlay / "bundle.yaml").write_text(text.replace("reads: call_volume", "reads: call_volumes"))
    assert told(overlay) == ["bundle.yaml: reads: 'call_volumes' is not a feature; use one of call_volume"]
