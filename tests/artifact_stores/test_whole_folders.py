"""Whole folders on every kind of store, straight and through a server."""

import os
from pathlib import Path

import pytest

from kirok.artifact_stores.bundles import BundlingStore
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.artifact_stores.walks import files_below
from kirok.base.errors import InvalidParameter
from kirok.client.artifact_trees import download, upload_folder
from kirok.entities.artifacts import ArtifactPath

HERE = ArtifactPath.parse("some/folder")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seventy files in a few folders, one of them too large to travel with others."""
    root = tmp_path / "tree"
    for number in range(69):
        file = root / f"d{number % 4}" / f"ж {number}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(number * 11))
    (root / "larger.bin").write_bytes(os.urandom((1 << 20) + 1))
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_folder_comes_back_as_it_went(store: ArtifactStore, folder: Path, tmp_path: Path) -> None:
    upload_folder(store, folder, HERE)
    place = download(store, HERE, tmp_path / "fetched")
    assert contents(Path(place)) == contents(folder)
    found = {info.path: info for files in files_below(store, ArtifactPath("")) for info in files}
    assert {path: info.file_size for path, info in found.items()} == {
        f"some/folder/{path}": len(content) for path, content in contents(folder).items()
    }
    assert all(info.modified_ms for info in found.values())


@pytest.mark.parametrize("store", ["served_local", "served_s3"], indirect=True)
def test_files_that_travel_together_are_refused_as_alone(store: ArtifactStore, tmp_path: Path) -> None:
    """By the same rules, and named."""
    assert isinstance(store, BundlingStore)
    bundles = store.bundles()
    assert bundles is not None
    (tmp_path / "a").write_bytes(b"1")
    for path in (".artifact.uploading.x", "%2e%2e/x"):
        sent = [
            (tmp_path / "a", ArtifactPath("fine")),
            (tmp_path / "a", ArtifactPath(path)),
        ]  # not parsed: a bad client
        with pytest.raises(InvalidParameter, match=r"Invalid path.* the first 1 are stored"):
            bundles.upload(sent)
    assert [info.path for info in store.list(ArtifactPath(""))] == ["fine"]
