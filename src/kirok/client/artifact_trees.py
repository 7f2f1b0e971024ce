"""Whole folders in and out of an artifact store."""

import os
import tempfile
from pathlib import Path

from kirok.artifact_stores.locations import local_folder
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.base.errors import NotFound
from kirok.entities.artifacts import ArtifactPath


def upload_folder(store: ArtifactStore, folder: Path, target: ArtifactPath) -> None:
    """Store every file below `folder`, links followed, under `target`. Empty folders leave no trace."""
    for parent, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(files):
            file = Path(parent) / name
            store.upload(file, ArtifactPath.of(target, file.relative_to(folder).as_posix()))


def download(store: ArtifactStore, path: ArtifactPath, destination: str | Path | None) -> str:
    """Copy a file, or a directory with all in it, to `destination`/`path`; returns its absolute local path.

    Without a destination, what lies on this machine is returned where it is, and the rest goes to a new temporary
    folder. The destination is made where it is absent. NotFound where nothing is.
    """
    here = local_folder(store.uri)
    if destination is None and here is not None:
        place = here / path
        if not place.exists() and path:
            raise _nothing_at(path)
        return str(place)
    root = Path(tempfile.mkdtemp(prefix="kirok-")) if destination is None else Path(destination).absolute()
    root.mkdir(parents=True, exist_ok=True)
    if path and not store.list(path):
        _download_file(store, path, root)
    else:
        _download_folder(store, path, root)
    return str(root / path)


def _download_folder(store: ArtifactStore, path: ArtifactPath, root: Path) -> None:
    (root / path).mkdir(parents=True, exist_ok=True)
    for info in store.list(path):
        inner = ArtifactPath.parse(info.path)  # a far side's word is not trusted to stay inside the destination
        if info.is_dir:
            _download_folder(store, inner, root)
        else:
            _download_file(store, inner, root)


def _download_file(store: ArtifactStore, path: ArtifactPath, root: Path) -> None:
    try:
        file = store.open(path)
    except NotFound:
        raise _nothing_at(path) from None
    try:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as local:
            for piece in file.read():
                local.write(piece)
    finally:
        file.close()


def _nothing_at(path: ArtifactPath) -> NotFound:
    return NotFound(
        f"Failed to download artifacts from path {str(path)!r}, please ensure that the path is correct: "
        "list_artifacts() shows what there is."
    )
