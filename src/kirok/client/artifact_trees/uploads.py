"""Whole folders into an artifact store."""

import logging
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from kirok.artifact_stores.bundles import LARGEST_BYTES, Bundles, BundlingStore
from kirok.artifact_stores.parallel import Transfer, run_all
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.artifact_stores.transfers import send_file
from kirok.base.errors import InternalError, KirokError
from kirok.base.settings import ArtifactSettings
from kirok.client.artifact_trees.local_files import LocalFile, check_text, local_files
from kirok.client.artifact_trees.progress import Progress, terminal
from kirok.entities.artifacts import ArtifactPath

# Many files cost one request, and the request stays below 1 MiB, beyond which nginx refuses by default.
_BUNDLE_BYTES = 900 << 10
_BUNDLE_FILES = 250

_log = logging.getLogger("kirok")


def upload(
    store: ArtifactStore, local: Path, target: ArtifactPath, settings: ArtifactSettings = ArtifactSettings()
) -> None:
    """Store a file as `target`, or a folder as `upload_folder` does. FileNotFoundError where there is no `local`."""
    if local.is_dir():
        upload_folder(store, local, target, settings)
    elif local.is_file():
        check_text(local)
        size = local.stat().st_size
        with Progress("Uploading", terminal(settings.progress_bar), files=1, size_bytes=size) as progress:
            send_file(store, local, target, settings, partial(progress.add, 0))
            progress.add(1, 0)
    else:
        raise FileNotFoundError(f"No such file or directory: {str(local)!r}")


def upload_folder(
    store: ArtifactStore, folder: Path, target: ArtifactPath, settings: ArtifactSettings = ArtifactSettings()
) -> None:
    """Store every file below `folder`, links followed, under `target`; several at once, in constant memory.

    Empty folders leave no trace; what can be no artifact (`local_files`) or vanishes meanwhile is left out with a
    warning. The first file that is refused stops the rest and is named; what was stored before it stays.
    """
    large: list[LocalFile] = []
    with _progress(folder, target, settings) as progress:
        sender = _Sender(store, settings, progress)
        run_all(sender.transfers(local_files(folder, target), large), settings.at_once)
        for file in large:  # one by one, so that memory is that of one: each has its parts beside each other
            sender.send(file)


def _progress(folder: Path, target: ArtifactPath, settings: ArtifactSettings) -> Progress:
    stream = terminal(settings.progress_bar)
    if stream is None:
        return Progress("Uploading", None)
    files = size = 0
    for file in local_files(folder, target):
        files += 1
        size += file.size_bytes
    return Progress("Uploading", stream, files=files, size_bytes=size)


class _Sender:
    """Brings the files of a folder into a store."""

    def __init__(self, store: ArtifactStore, settings: ArtifactSettings, progress: Progress) -> None:
        self._store, self._settings, self._progress = store, settings, progress
        self._far_bundles = store.bundles if isinstance(store, BundlingStore) else None
        self._bundles: Bundles | None = None

    def transfers(self, files: Iterator[LocalFile], large: list[LocalFile]) -> Iterator[Transfer]:
        """Small files together where the store takes them so, the others one by one; large ones are only noted."""
        group: list[LocalFile] = []
        size = 0
        for file in files:
            if file.size_bytes >= max(1, self._settings.parted_from_bytes):
                large.append(file)
            elif self._far_bundles is None or file.size_bytes > LARGEST_BYTES:
                yield partial(self.send, file)
            else:
                if size + file.size_bytes > _BUNDLE_BYTES or len(group) >= _BUNDLE_FILES:
                    yield from self._together(group)
                    group, size = [], 0
                group.append(file)
                size += file.size_bytes
        yield from self._together(group)

    def _together(self, group: Sequence[LocalFile]) -> Iterator[Transfer]:
        if self._far_bundles is not None and self._bundles is None and len(group) > 1:
            self._bundles = self._far_bundles()
            if self._bundles is None:
                self._far_bundles = None  # MLflow's own server: not asked again
        if self._bundles is None:
            yield from (partial(self.send, file) for file in group)
        elif group:
            yield partial(self._send_bundle, self._bundles, group)

    def _send_bundle(self, bundles: Bundles, group: Sequence[LocalFile]) -> None:
        try:
            left_out = set(bundles.upload([(file.file, file.path) for file in group]))
        except InternalError:
            # Something before the server may allow smaller requests only. Alone they pass, or tell what is wrong.
            self._far_bundles = self._bundles = None
            left_out = {file.file for file in group}
        for file in group:
            if file.file in left_out:
                self.send(file)
            else:
                self._progress.add(1, file.size_bytes)

    def send(self, file: LocalFile) -> None:
        """Store one file."""
        try:
            send_file(self._store, file.file, file.path, self._settings, partial(self._progress.add, 0))
        except (OSError, KirokError) as error:
            if os.path.lexists(file.file):
                error.add_note(f"While {str(file.file)!r} was stored.")
                raise
            _warn_of_missing(file.file)
        self._progress.add(1, 0)


def _warn_of_missing(file: Path) -> None:
    _log.warning("%s was removed before it could be stored: it is left out.", file)
