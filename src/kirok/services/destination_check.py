"""Whether a server can do, where it keeps files, what it will be asked to do: write, read, list and delete."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile

from msgspec import Struct

from kirok.artifact_stores.open import open_artifact_store
from kirok.artifact_stores.protocols import StreamedArtifactStore
from kirok.base.clock import now_ms
from kirok.base.errors import InternalError, InvalidParameter, KirokError, NotFound, PermissionDenied
from kirok.base.settings import ArtifactSettings, ServerSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.rules.passwords import without_password
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import parse

LOW_SPACE_BYTES = 1 << 30
"""Less than this free in a destination folder is worth a warning: one checkpoint of a model may be larger."""

_CONTENT = b"kirok writes, reads and deletes this when a server starts.\n"


class Condition(StrEnum):
    """How a place for files is."""

    UNKNOWN = "unknown"
    OK = "ok"
    WARNING = "warning"
    """Files can be stored and fetched; something else cannot be done, or not for long."""
    FAILED = "failed"


class Finding(Struct, frozen=True):
    """What is known of one place."""

    location: str
    """Without a password."""
    condition: Condition
    said: str
    """A sentence: what was found, and what mends it."""
    checked_ms: int | None = None
    """When; None where it was not."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return self.condition is Condition.OK


def places_to_check(settings: ServerSettings) -> list[str]:
    """The locations that this server itself writes to.

    That is the destination of served artifacts. A default root in an object store is the clients' to write to, who
    may be the only ones with the right; it is checked as well where somebody asks for its bucket to be made, or will
    not have a server without it.
    """
    places = [settings.artifacts_destination] if settings.serve_artifacts else []
    root = settings.default_artifact_root
    is_asked_for = settings.create_bucket or settings.check_artifacts == "strict"
    if is_asked_for and not settings.artifacts_only and isinstance(parse(root), ObjectLocation):
        places.append(root)
    return list(dict.fromkeys(places))


def check_place(location: str, settings: ArtifactSettings, *, create_bucket: bool = False) -> Finding:
    """Try a place out, and leave nothing there. Waits for the network; raises nothing.

    `create_bucket` makes a missing bucket or container.
    """
    shown = without_password(location)
    try:
        folder = local_folder(location)
        said, condition = (
            _tried_folder(folder)
            if folder is not None
            else _tried_store(location, shown, settings, create_bucket=create_bucket)
        )
    except Exception as error:  # whatever it is, the place does not work, and looking goes on
        reason = error.message if isinstance(error, KirokError) else f"{type(error).__name__}: {error}"
        said, condition = f"{shown} cannot keep artifacts: {reason}", Condition.FAILED
    return Finding(shown, condition, said, now_ms())


@contextmanager
def prepared_folder(location: str) -> Iterator[None]:
    """Make the folder that an artifacts destination names, and see that it can be written; nothing for other places.

    InvalidParameter where it cannot. A folder made here goes again, if it is empty, where the block raises: who is
    refused leaves nothing behind.
    """
    folder = local_folder(location)
    if folder is None:
        yield
        return
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InvalidParameter(
            f"Artifacts cannot be written to {str(folder)!r}: {error.strerror or error}. Choose another folder by "
            "--artifacts-destination, or leave artifacts to the clients by --no-serve-artifacts."
        ) from error
    try:
        yield
    except BaseException:
        for place in made:
            try:
                place.rmdir()
            except OSError:  # somebody has put something there
                break
        raise


def free_bytes(location: str) -> int | None:
    """How much can still be written to a folder; None for other places, and where nobody can tell."""
    try:
        folder = local_folder(location)
        return None if folder is None else shutil.disk_usage(_existing(folder)).free
    except (OSError, InvalidParameter):
        return None


def _existing(folder: Path) -> Path:
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)


def _tried_folder(folder: Path) -> tuple[str, Condition]:
    shown = repr(str(folder))
    try:
        with TemporaryFile(dir=folder) as file:  # without a name where the system has such files
            file.write(_CONTENT)
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise InternalError(
            f"{error.strerror or error}. See that the folder is there, has room, and may be written by the account "
            "that runs this server."
        ) from error
    if free < LOW_SPACE_BYTES:
        return (
            f"only {free >> 20} MiB are free in {shown}, where artifacts go: make room, or choose another folder by "
            "--artifacts-destination.",
            Condition.WARNING,
        )
    return f"{shown} can be written.", Condition.OK


def _tried_store(
    location: str, shown: str, settings: ArtifactSettings, *, create_bucket: bool
) -> tuple[str, Condition]:
    store = open_artifact_store(location, settings)
    path = ArtifactPath.parse(f".kirok-check-{secrets.token_hex(8)}")
    is_new = False
    try:
        _write(store, path)
    except NotFound:  # of what is written, only the bucket can be missing
        if not create_bucket:
            raise
        from kirok.artifact_stores.objects.buckets import create_bucket as create

        create(location, settings)
        is_new = True
        _write(store, path)
    except PermissionDenied as error:
        raise PermissionDenied(f"nothing can be written there. {error.message}") from error
    denied: list[str] = []
    try:
        file = store.open(path)
        try:
            came_back = b"".join(file.read())
        finally:
            file.close()
    except PermissionDenied as error:
        raise PermissionDenied(f"what was written cannot be read again. {error.message}") from error
    if came_back != _CONTENT:
        raise InternalError("a file came back other than it was written: something between changes what passes.")
    for act, call in (("listed", store.list), ("deleted", store.delete)):
        try:
            call(path)
        except PermissionDenied:
            denied.append(act)
    if denied:
        left = f" A test object, {path}, stays there." if "deleted" in denied else ""
        return (
            f"files at {shown} can be written and read, but not {' or '.join(denied)}: access was denied.{left} Give "
            "this server's account that right, unless it is meant so.",
            Condition.WARNING,
        )
    made = "the bucket was made; " if is_new else ""
    return f"{shown}: {made}a file was written, read and deleted.", Condition.OK


def _write(store: StreamedArtifactStore, path: ArtifactPath) -> None:
    with store.writer(path) as upload:
        upload.write([_CONTENT])
