"""Putting a backup back."""

import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from kirok.base.errors import AlreadyExists, InvalidParameter
from kirok.rules.uris.databases import Database
from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import parse
from kirok.services.backups.container import sync, unpack, unpacking
from kirok.services.backups.manifest import ARTIFACTS, DATABASE, RECORDS, Manifest, Member
from kirok.services.backups.verify import verify_backup
from kirok.stores.open import lock_for_serving, sqlite_path


def restore_backup(
    file: Path, uri: str, *, artifacts: Path | None = None, force: bool = False, say: Callable[[str], None] = print
) -> Manifest:
    """Verify a backup, then put its records at `uri` and its artifacts below `artifacts`.

    Nothing takes its place before all of it lies on the disk. AlreadyExists where something is there and not `force`;
    InvalidParameter for a damaged backup, or a store of another kind than was backed up (`kirok copy` moves between
    kinds); Unavailable while a server serves the database.
    """
    say(f"Verifying {file} …")
    verdict = verify_backup(file)
    if verdict.problems:
        raise InvalidParameter(f"The backup is damaged, nothing was restored: {'; '.join(verdict.problems)}.")
    manifest = verdict.manifest
    place = _place(uri, manifest)
    if not force:
        _refuse_to_replace(place, artifacts)
    if manifest.of_kind(ARTIFACTS) and artifacts is None:
        say("The backup holds artifacts too; they are restored with --artifacts FOLDER.")
    place.parent.mkdir(parents=True, exist_ok=True)
    with lock_for_serving(uri), unpacking(file) as (archive, _):
        if artifacts is not None:
            say(f"Restoring artifacts to {artifacts} …")
            for member in manifest.of_kind(ARTIFACTS):
                _replace_file(archive, member, artifacts / member.name.removeprefix(ARTIFACTS))
        say(f"Restoring records to {place} …")
        if manifest.kind == "sqlite":
            _restore_database(archive, manifest, place)
        else:
            _restore_folder(archive, manifest, place)
    return manifest


def _place(uri: str, manifest: Manifest) -> Path:
    store = parse(uri)
    is_database = isinstance(store, Database) and store.is_sqlite
    folder = local_folder(uri)
    if is_database and manifest.kind == "sqlite":
        return sqlite_path(uri)
    if folder is not None and manifest.kind == "folder":
        return folder
    wanted = "sqlite:///file.db" if manifest.kind == "sqlite" else "a folder"
    raise InvalidParameter(
        f"This is the backup of a {'SQLite database' if manifest.kind == 'sqlite' else 'folder'}: restore it to "
        f"{wanted}, then move it with `kirok copy`."
    )


def _refuse_to_replace(place: Path, artifacts: Path | None) -> None:
    taken: Sequence[Path] = [place, artifacts] if artifacts is not None else [place]
    for each in taken:
        if each.is_file() or (each.is_dir() and any(each.iterdir())):
            raise AlreadyExists(f"{str(each)!r} is there already. Restore to another place, or replace it by --force.")


def _restore_database(archive: zipfile.ZipFile, manifest: Manifest, place: Path) -> None:
    (member,) = (member for member in manifest.members if member.name == DATABASE)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as folder:
        passing = Path(folder) / DATABASE
        _unpacked(archive, member, passing)
        # The old database's log must not be taken for the new one's, whenever this is interrupted.
        for ending in ("-wal", "-shm", "-journal"):
            place.with_name(place.name + ending).unlink(missing_ok=True)
        os.replace(passing, place)
    sync(place.parent)


def _restore_folder(archive: zipfile.ZipFile, manifest: Manifest, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as folder:
        passing = Path(folder) / "new"
        passing.mkdir()
        for name in manifest.folders:
            (passing / name.removeprefix(RECORDS)).mkdir(parents=True, exist_ok=True)
        for member in manifest.of_kind(RECORDS):
            target = passing / member.name.removeprefix(RECORDS)
            target.parent.mkdir(parents=True, exist_ok=True)
            _unpacked(archive, member, target)
        old = Path(folder) / "old"
        if place.exists():
            os.replace(place, old)
        try:
            os.replace(passing, place)
        except OSError:
            if old.exists():
                os.replace(old, place)
            raise
    sync(place.parent)


def _replace_file(archive: zipfile.ZipFile, member: Member, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".kirok-restore.") as folder:
        passing = Path(folder) / "file"
        _unpacked(archive, member, passing)
        os.replace(passing, place)


def _unpacked(archive: zipfile.ZipFile, member: Member, place: Path) -> None:
    problem = unpack(archive, member, place)
    if problem is not None:  # verified a moment ago, so the file changed meanwhile
        raise InvalidParameter(f"The backup is damaged, nothing was replaced: {problem}.")
