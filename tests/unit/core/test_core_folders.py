"""A folder takes another's place: a death at any step leaves the old one or the new one, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskwatch.core.folders import replace_folder, restore_folder


def made(folder: Path, text: str) -> Path:
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_text(text)
    return folder


def held(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_the_new_one_is_all_there_is(tmp_path):
    """Files that only the old one had are gone; nothing stays beside it."""
    old, new = made(tmp_path / "kept", "old"), made(tmp_path / "coming", "new")
    (old / "more").write_text("old")
    replace_folder(new, old)
    assert held(old) == {"deep/file": "new"}
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    replace_folder(made(tmp_path / "first", "first"), tmp_path / "place")
    assert held(tmp_path / "place") == {"deep/file": "first"}


@pytest.mark.parametrize("dies_at", [1, 2])
def test_a_death_on_the_way_is_mended(tmp_path, monkeypatch, dies_at):
    """Before or between the two renames the old one stands again."""
    old, new = made(tmp_path / "kept", "old"), made(tmp_path / "coming", "new")
    rename, done = Path.rename, []

    def dying(self: Path, target: Path) -> Path:
        done.append(target)
        if len(done) == dies_at:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", dying)
    with pytest.raises(KeyboardInterrupt):
        replace_folder(new, old)
    monkeypatch.undo()
    restore_folder(old)
    assert held(old) == {"deep/file": "old"}
    replace_folder(new, old)
    assert held(old) == {"deep/file": "new"}
