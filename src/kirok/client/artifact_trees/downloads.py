"""Files and whole folders out of an artifact store."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from kirok.artifact_stores.bundles import Bundles, BundlingStore
from kirok.artifact_stores.parallel import Transfer, run_all
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.artifact_stores.transfers import fetch_file
from kirok.artifact_stores.walks import files_below
from kirok.base.errors import KirokError, NotFound, ServerUnreachable
from kirok.base.settings import ArtifactSettings
from kirok.client.artifact_trees.destinations import Destination
from kirok.client.artifact_trees.progress import Progress, terminal
from kirok.entities.artifacts import ArtifactPath, FileInfo
from kirok.rules.uris.here import local_folder


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
        fetcher = _Fetcher(store, target, settings, progress)
        if path and not listed:
            fetcher.fetch(path)
        else:
            target.folder(path)
            _Folder(store, path, fetcher).download(listed, settings)
    return str(root / path)


class _Fetcher:
    """Brings files of a store to their place."""

    def __init__(
        self, store: ArtifactStore, target: Destination, settings: ArtifactSettings, progress: Progress
    ) -> None:
        self._store, self._target, self._settings, self._progress = store, target, settings, progress

    def fetch(self, path: ArtifactPath) -> None:
        """One file. NotFound where it is not."""
        try:
            file = self._store.open(path)
        except NotFound:
            raise _nothing_at(path) from None
        try:
            with self._target.file(path) as local:
                fetch_file(file, Path(local.name), self._settings, partial(self._progress.add, 0))
        finally:
            file.close()
        self._progress.add(1, 0)

    def fetch_listed(self, path: ArtifactPath) -> None:
        """One file of a directory, left out where it was removed since it was listed."""
        try:
            self.fetch(path)
        except NotFound:
            return
        except (OSError, KirokError) as error:
            error.add_note(f"While {str(path)!r} was downloaded.")
            raise

    def write(self, path: ArtifactPath, content: bytes) -> None:
        """One file that came with others."""
        with self._target.file(path) as local:
            local.write(content)
        self._progress.add(1, len(content))


class _Folder:
    """A directory on its way."""

    def __init__(self, store: ArtifactStore, path: ArtifactPath, fetcher: _Fetcher) -> None:
        self._store, self._path, self._fetcher = store, path, fetcher
        self._arrived: set[str] = set()
        self._large: list[ArtifactPath] = []

    def download(self, listed: Sequence[FileInfo], settings: ArtifactSettings) -> None:
        """Bring all that is in it; `listed` is what lies directly in it."""
        many = len(listed) > 1 or any(info.is_dir for info in listed)
        bundles = self._store.bundles() if many and isinstance(self._store, BundlingStore) else None
        large_bytes = max(1, settings.parted_from_bytes)
        remaining = self._listed() if bundles is None else self._bundled(bundles)
        run_all(self._transfers(remaining, large_bytes), settings.at_once)
        for path in self._large:  # one by one, so that memory is that of one: each has its ranges beside each other
            self._fetcher.fetch_listed(path)

    def _transfers(self, files: Iterable[tuple[ArtifactPath, int]], large_bytes: int) -> Iterator[Transfer]:
        for path, size in files:
            if size >= large_bytes:
                self._large.append(path)
            else:
                yield partial(self._fetcher.fetch_listed, path)

    def _listed(self) -> Iterator[tuple[ArtifactPath, int]]:
        """Path and size of the files that did not come yet, by what directories list."""
        for files in files_below(self._store, self._path):
            for info in files:
                if info.path not in self._arrived:
                    yield ArtifactPath.parse(info.path), info.file_size or 0

    def _bundled(self, bundles: Bundles) -> Iterator[tuple[ArtifactPath, int]]:
        """Writes the small files as they come; path and size of the others."""
        apart: list[tuple[ArtifactPath, int]] = []
        try:
            for file in bundles.download(self._path):
                path = ArtifactPath.of(self._path, ArtifactPath.parse(file.path))
                if file.content is None:
                    apart.append((path, file.size_bytes))
                else:
                    self._fetcher.write(path, file.content)
                    self._arrived.add(path)
        except ServerUnreachable:
            yield from self._listed()  # the rest file by file, each tried again where it fails
        else:
            yield from apart


def _nothing_at(path: ArtifactPath) -> NotFound:
    return NotFound(
        f"Failed to download artifacts from path {str(path)!r}, please ensure that the path is correct: "
        "list_artifacts() shows what there is."
    )
