"""Files on their way."""

import os
from pathlib import Path

from kirok.artifact_stores.open import open_artifact_store
from kirok.services.copy_artifacts import ArtifactTrees
from kirok.services.copy_report import Artifacts


def brought(old: Path, new: Path, *, write: bool = True) -> Artifacts:
    told = Artifacts()
    ArtifactTrees(open_artifact_store, open_artifact_store).bring(str(old), str(new), told, write=write)
    return told


def test_a_tree_is_copied_once_and_only_what_is_missing_later(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "a" / "b").mkdir(parents=True)
    (old / "a" / "b" / "deep.txt").write_text("deep")
    (old / "top.bin").write_bytes(bytes(3_000_000))
    first = brought(old, new)
    assert (first.files, first.copied, first.copied_bytes) == (2, 2, 3_000_004)
    assert (new / "a" / "b" / "deep.txt").read_text() == "deep"
    assert brought(old, new).copied == 0
    (old / "top.bin").write_bytes(b"short")
    assert brought(old, new, write=False).differing == [f"{new}/top.bin"]
    assert brought(old, new).copied == 1
    assert (new / "top.bin").read_bytes() == b"short"


def test_nothing_comes_from_outside_the_tree(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (tmp_path / "secret").write_text("secret")
    (old / "link").symlink_to(tmp_path / "secret")
    (old / "fine").write_text("fine")
    brought(old, new)
    assert sorted(path.name for path in new.rglob("*")) == ["fine"]


def test_a_name_that_no_artifact_can_have_is_told_and_the_copy_goes_on(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    for name in ("a", "a#b", "c"):
        (old / name).write_text("x")
    told = brought(old, new)
    assert list(told.failures) == [f"{old}/a#b"]
    assert "Invalid path" in told.failures[f"{old}/a#b"]
    assert sorted(path.name for path in new.iterdir()) == ["a", "c"]


def test_a_file_that_was_changed_since_is_copied_though_its_size_is_the_same(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "notes").write_text("one")
    brought(old, new)
    (old / "notes").write_text("two")
    os.utime(old / "notes", (later := (new / "notes").stat().st_mtime + 10, later))
    assert brought(old, new, write=False).differing == [f"{new}/notes"]
    assert brought(old, new).copied == 1
    assert (new / "notes").read_text() == "two"


def test_content_is_compared_where_that_is_asked_for(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, text in ((old, "one"), (new, "two")):
        folder.mkdir()
        (folder / "notes").write_text(text)
    os.utime(old / "notes", (1_000_000_000, 1_000_000_000))
    assert brought(old, new).copied == 0
    told = Artifacts()
    trees = ArtifactTrees(open_artifact_store, open_artifact_store, compare_content=True)
    trees.bring(str(old), str(new), told, write=True)
    assert (told.copied, (new / "notes").read_text()) == (1, "one")
