"""The files of a folder of this machine, found one by one."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from kirok.artifact_stores.names import UPLOADING
from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath

_log = logging.getLogger("kirok")


class LocalFile(Struct, frozen=True):
    """A file to be stored, and the artifact path it is to have."""

    file: Path
    path: ArtifactPath
    size_bytes: int


def local_files(folder: Path, target: ArtifactPath) -> Iterator[LocalFile]:
    """Every file below `folder` in the order of their names, links followed, to lie under `target`.

    Links that lead back up, links to nothing, what is neither file nor folder (sockets, pipes, devices) and what a
    killed transfer left are left out with a warning; what vanishes meanwhile is left out. InvalidParameter for a name
    that no artifact can have.
    """
    return _below(folder, target, ())


def _below(folder: Path, target: ArtifactPath, above: tuple[tuple[int, int], ...]) -> Iterator[LocalFile]:
    try:
        status = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    chain = (*above, (status.st_dev, status.st_ino))
    inner: list[tuple[Path, ArtifactPath]] = []
    for entry in entries:
        place = Path(entry.path)
        if entry.name.lower().startswith(UPLOADING):
            _log.warning("%s was left by a transfer that was killed: it is left out.", place)
            continue
        try:
            status = place.stat()
        except FileNotFoundError:
            if entry.is_symlink():
                _log.warning("%s is a link to nothing: it is left out.", place)
            continue
        except OSError as error:
            if not entry.is_symlink():
                raise
            _log.warning("%s is a link that cannot be followed (%s): it is left out.", place, error.strerror)
            continue
        if stat.S_ISREG(status.st_mode):
            yield LocalFile(place, _path(target, entry.name, place), status.st_size)
        elif not stat.S_ISDIR(status.st_mode):
            _log.warning("%s is neither a file nor a folder: it is left out.", place)
        elif (status.st_dev, status.st_ino) in chain:
            _log.warning("%s leads back to a folder that it lies in: it is left out.", place)
        else:
            inner.append((place, _path(target, entry.name, place)))
    for place, path in inner:
        yield from _below(place, path, chain)


def check_text(place: Path) -> None:
    """Refuse a file whose name is bytes that are no text: InvalidParameter."""
    try:
        place.name.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidParameter(f"The name of {str(place)!r} is no text in UTF-8: rename it.") from None


def _path(target: ArtifactPath, name: str, place: Path) -> ArtifactPath:
    check_text(place)
    return ArtifactPath.parse(f"{target}/{name}" if target else name)
