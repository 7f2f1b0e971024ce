"""Whole folders into an artifact store."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from kirok.artifact_stores.bundles import Bundles, BundlingStore
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.artifact_stores.transfers import send_file
from kirok.base.errors import KirokError
from kirok.base.settings import ArtifactSettings
from kirok.client.artifact_trees.local_files import LocalFile, local_files
from kirok.client.artifact_trees.parallel import Transfer, run_all
from kirok.client.artifact_trees.progress import Progress, terminal
from kirok.entities.artifacts import ArtifactPath

# Large enough that a request costs nothing beside its files, small enough that one sent again is soon there.
_BUNDLE_BYTES = 8 << 20
_BUNDLE_FILES = 250

# Of one file among others: each waits in memory, and the others go at the same time.
_PARTS_AT_ONCE = 2

_log = logging.getLogger("kirok")


def upload(
    store: ArtifactStore, local: Path, target: ArtifactPath, settings: ArtifactSettings = ArtifactSettings()
) -> None:
    """Store a file as `target`, or a folder as `upload_folder` does. FileNotFoundError where there is no `local`."""
    if local.is_dir():
        upload_folder(store, local, target, settings)
    elif local.is_file():
        send_file(store, local, target, settings)
    else:
        raise FileNotFoundError(f"No such file or directory: {str(local)!r}")


def upload_folder(
    store: ArtifactStore, folder: Path, target: ArtifactPath, settings: ArtifactSettings = ArtifactSettings()
) -> None:
    """Store every file below `folder`, links followed, under `target`; several at once, in constant memory.

    Empty folders leave no trace; what can be no artifact (`local_files`) or vanishes meanwhile is left out with a
    warning. The first file that is refused stops the rest and is named; what was stored before it stays.
    """
    with _progress(folder, target, settings) as progress:
        run_all(_transfers(store, local_files(folder, target), settings, progress), settings.at_once)


def _progress(folder: Path, target: ArtifactPath, settings: ArtifactSettings) -> Progress:
    stream = terminal(settings.progress_bar)
    if stream is None:
        return Progress("Uploading", None)
    files = size = 0
    for file in local_files(folder, target):
        files += 1
        size += file.size_bytes
    return Progress("Uploading", stream, files=files, size_bytes=size)


def _transfers(
    store: ArtifactStore, files: Iterator[LocalFile], settings: ArtifactSettings, progress: Progress
) -> Iterator[Transfer]:
    """Small files together where the store takes them so, the others one by one."""
    settings = replace(settings, at_once=min(settings.at_once, _PARTS_AT_ONCE))
    find = _bundles_of(store)
    if find is None:
        yield from (partial(_upload, store, file, settings, progress) for file in files)
        return
    bundles: Bundles | None = None
    group: list[LocalFile] = []
    size = 0
    for file in files:
        if file.size_bytes > Bundles.largest_bytes:
            yield partial(_upload, store, file, settings, progress)
            continue
        group.append(file)
        size += file.size_bytes
        if size >= _BUNDLE_BYTES or len(group) >= _BUNDLE_FILES:
            bundles = bundles or find()
            yield from _together(store, bundles, group, settings, progress)
            group, size = [], 0
    if group:
        yield from _together(store, bundles or (find() if len(group) > 1 else None), group, settings, progress)


def _bundles_of(store: ArtifactStore) -> Callable[[], Bundles | None] | None:
    return store.bundles if isinstance(store, BundlingStore) else None


def _together(
    store: ArtifactStore,
    bundles: Bundles | None,
    group: Sequence[LocalFile],
    settings: ArtifactSettings,
    progress: Progress,
) -> Iterator[Transfer]:
    if bundles is None:
        yield from (partial(_upload, store, file, settings, progress) for file in group)
    else:
        yield partial(_upload_bundle, bundles, group, progress)


def _upload_bundle(bundles: Bundles, group: Sequence[LocalFile], progress: Progress) -> None:
    for missing in bundles.upload([(file.file, file.path) for file in group]):
        _warn_of_missing(missing)
    progress.add(len(group), sum(file.size_bytes for file in group))


def _upload(store: ArtifactStore, file: LocalFile, settings: ArtifactSettings, progress: Progress) -> None:
    try:
        send_file(store, file.file, file.path, settings, partial(progress.add, 0))
    except (OSError, KirokError) as error:
        if not os.path.lexists(file.file):
            _warn_of_missing(file.file)
        else:
            error.add_note(f"While {str(file.file)!r} was stored.")
            raise
    progress.add(1, 0)


def _warn_of_missing(file: Path) -> None:
    _log.warning("%s was removed before it could be stored: it is left out.", file)
