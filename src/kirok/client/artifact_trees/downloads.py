"""Files and whole folders out of an artifact store."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from kirok.artifact_stores.bundles import Bundles, BundlingStore
from kirok.artifact_stores.locations import local_folder
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.artifact_stores.transfers import fetch_file
from kirok.artifact_stores.walks import files_below
from kirok.base.errors import KirokError, NotFound, ServerUnreachable
from kirok.base.settings import ArtifactSettings
from kirok.client.artifact_trees.destinations import Destination
from kirok.client.artifact_trees.parallel import Transfer, run_all
from kirok.client.artifact_trees.progress import Progress, terminal
from kirok.entities.artifacts import ArtifactPath, FileInfo

_RANGES_AT_ONCE = 2


def download(
    store: ArtifactStore,
    path: ArtifactPath,
    destination: str | Path | None,
    settings: ArtifactSettings = ArtifactSettings(),
) -> str:
    """Copy a file, or a directory with all in it, to `destination`/`path`; returns its absolute local path.

    Without a destination, what lies on this machine is returned where it is, and the rest goes to a new temporary
    folder. The destination is made where it is absent, and nothing is written outside it; a file that does not come
    whole leaves nothing under its name. Files that vanish from a directory meanwhile are left out. NotFound where
    nothing is.
    """
    here = local_folder(store.uri)
    if destination is None and here is not None:
        place = here / path
        if not place.exists() and path:
            raise _nothing_at(path)
        return str(place)
    root = Path(tempfile.mkdtemp(prefix="kirok-")) if destination is None else Path(destination).absolute()
    target = Destination(root)
    listed = store.list(path)
    with Progress("Downloading", terminal(settings.progress_bar)) as progress:
        if path and not listed:
            _download_file(store, path, target, settings, progress)
        else:
            target.folder(path)
            _Folder(store, path, target, settings, progress).download(listed)
    return str(root / path)


class _Folder:
    """A directory on its way."""

    def __init__(
        self,
        store: ArtifactStore,
        path: ArtifactPath,
        target: Destination,
        settings: ArtifactSettings,
        progress: Progress,
    ) -> None:
        self._store, self._path, self._target, self._progress = store, path, target, progress
        self._at_once = settings.at_once
        # Of one file among others.
        self._settings = replace(settings, at_once=min(settings.at_once, _RANGES_AT_ONCE))
        self._arrived: set[str] = set()

    def download(self, listed: list[FileInfo]) -> None:
        """Bring all that is in it; `listed` is what lies directly in it."""
        bundles = None
        if isinstance(self._store, BundlingStore) and (len(listed) > 1 or any(info.is_dir for info in listed)):
            bundles = self._store.bundles()
        if bundles is None:
            run_all(self._transfers(), self._at_once)
            return
        try:
            apart = [self._transfer(path) for path in self._bundled(bundles)]
        except ServerUnreachable:
            run_all(
                self._transfers(), self._at_once
            )  # it broke off: the rest one by one, each tried again where it fails
        else:
            run_all(apart, self._at_once)

    def _bundled(self, bundles: Bundles) -> Iterator[ArtifactPath]:
        """Write the small files as they come; the paths of the others."""
        for file in bundles.download(self._path):
            path = ArtifactPath.of(self._path, ArtifactPath.parse(file.path))
            if file.content is None:
                yield path
                continue
            with self._target.file(path) as local:
                local.write(file.content)
            self._arrived.add(path)
            self._progress.add(1, file.size_bytes)

    def _transfers(self) -> Iterator[Transfer]:
        for files in files_below(self._store, self._path):
            for info in files:
                if info.path not in self._arrived:
                    yield self._transfer(ArtifactPath.parse(info.path))

    def _transfer(self, path: ArtifactPath) -> Transfer:
        return partial(_download_listed, self._store, path, self._target, self._settings, self._progress)


def _download_listed(
    store: ArtifactStore, path: ArtifactPath, target: Destination, settings: ArtifactSettings, progress: Progress
) -> None:
    try:
        _download_file(store, path, target, settings, progress)
    except NotFound:
        return  # removed since it was listed
    except (OSError, KirokError) as error:
        error.add_note(f"While {str(path)!r} was downloaded.")
        raise


def _download_file(
    store: ArtifactStore, path: ArtifactPath, target: Destination, settings: ArtifactSettings, progress: Progress
) -> None:
    try:
        file = store.open(path)
    except NotFound:
        raise _nothing_at(path) from None
    try:
        with target.file(path) as local:
            fetch_file(file, Path(local.name), settings, partial(progress.add, 0))
    finally:
        file.close()
    progress.add(1, 0)


def _nothing_at(path: ArtifactPath) -> NotFound:
    return NotFound(
        f"Failed to download artifacts from path {str(path)!r}, please ensure that the path is correct: "
        "list_artifacts() shows what there is."
    )
