"""Making a backup."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from msgspec.structs import replace

from kirok.base.clock import now_ms
from kirok.base.errors import InvalidParameter, NotFound, NotSupported
from kirok.rules.passwords import without_password
from kirok.rules.uris.databases import Database
from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import parse
from kirok.rules.uris.proxied import HttpUrl
from kirok.services.backups.container import Packing, packing, pieces_of
from kirok.services.backups.dumps import dump_advice
from kirok.services.backups.live_folders import pack_artifacts, pack_records
from kirok.services.backups.manifest import DATABASE, Manifest
from kirok.stores.open import sqlite_path


def create_backup(
    uri: str, file: Path, *, artifacts: Path | None = None, force: bool = False, say: Callable[[str], None] = print
) -> Manifest:
    """Keep what the store at `uri` holds, and the files below `artifacts`, in `file`. The store may be in use.

    Everything acknowledged before the call is in it. `say` is told of each step. Raises NotSupported, with the command
    to use instead, for databases with tools of their own; NotFound where there is no store; AlreadyExists where the
    file is there and not `force`; Unavailable where it cannot be written. Then nothing of it is left.
    """
    store = parse(uri)
    is_sqlite = isinstance(store, Database) and store.is_sqlite
    if isinstance(store, Database) and not is_sqlite:
        raise NotSupported(dump_advice(store, file))
    if isinstance(store, HttpUrl):
        raise InvalidParameter(f"{uri!r} is a server: back up the store that it runs on (--backend-store-uri).")
    if artifacts is not None and not artifacts.is_dir():
        raise NotFound(f"There is no folder of artifacts {str(artifacts)!r}.")
    file = file.absolute()
    for folder in (artifacts, local_folder(uri)):
        if folder is not None and file.is_relative_to(folder.absolute()):
            raise InvalidParameter(f"{str(file)!r} lies in a folder that is to be backed up: choose a place outside.")
    with packing(file, force=force) as pack:
        manifest = _pack_database(uri, pack, say) if is_sqlite else _pack_folder(uri, pack, say)
        # After the records: whatever they name was stored before them.
        if artifacts is not None:
            say(f"Copying the artifacts in {artifacts} …")
            counts = {**manifest.counts, "artifact files": pack_artifacts(artifacts, pack)}
            manifest = replace(manifest, counts=counts)
        return pack.finish(manifest)


def _pack_database(uri: str, pack: Packing, say: Callable[[str], None]) -> Manifest:
    from kirok.stores.sql.sqlite.snapshot import count_rows, revision_of, take_snapshot

    database = sqlite_path(uri)
    if not database.is_file():
        raise NotFound(f"There is no database {str(database)!r}.")
    say(f"Copying the database {database} …")
    copy = pack.workplace / DATABASE
    take_snapshot(database, copy)
    manifest = _manifest("sqlite", uri, count_rows(copy), revision_of(copy))
    say("Packing it …")
    pack.add(DATABASE, pieces_of(copy))
    copy.unlink()
    return manifest


def _pack_folder(uri: str, pack: Packing, say: Callable[[str], None]) -> Manifest:
    folder = local_folder(uri)
    if folder is None:
        raise InvalidParameter(f"{uri!r} is no store that can be backed up: name sqlite:///… or a folder.")
    if not folder.is_dir():
        raise NotFound(f"There is no folder {str(folder)!r}.")
    say(f"Copying the folder {folder} …")
    return _manifest("folder", uri, pack_records(folder, pack), None)


def _manifest(kind: str, uri: str, counts: dict[str, int], revision: str | None) -> Manifest:
    return Manifest(
        kind="sqlite" if kind == "sqlite" else "folder",
        source=without_password(uri),
        made_at_ms=now_ms(),
        kirok_version=version("kirok"),
        schema_revision=revision,
        counts=counts,
    )
