"""Checking a backup without restoring it."""

import tempfile
from pathlib import Path

from msgspec import Struct

from kirok.services.backups.container import unpack, unpacking
from kirok.services.backups.manifest import DATABASE, Manifest


class Verdict(Struct, frozen=True):
    """What a backup says it holds, and what is wrong with it (nothing: it can be restored)."""

    manifest: Manifest
    problems: tuple[str, ...] = ()


def verify_backup(file: Path) -> Verdict:
    """Read all of a backup: every digest, and for a database its integrity, revision and row counts.

    A database is unpacked into the system's temporary folder meanwhile. NotFound where there is no such file,
    InvalidParameter where it is no backup or is cut short.
    """
    problems: list[str] = []
    with unpacking(file) as (archive, manifest):
        for member in manifest.members:
            if member.name != DATABASE:
                problems += filter(None, [unpack(archive, member, None)])
                continue
            with tempfile.TemporaryDirectory(prefix="kirok-verify-") as folder:
                copy = Path(folder) / DATABASE
                problem = unpack(archive, member, copy)
                problems += [problem] if problem else database_problems(copy, manifest)
    return Verdict(manifest, tuple(problems))


def database_problems(database: Path, manifest: Manifest) -> list[str]:
    """What is wrong with an unpacked database, by SQLite's own check and by what the manifest promises."""
    from kirok.stores.sql.sqlite.snapshot import count_rows, damages, revision_of

    if found := damages(database):
        return [f"the database is damaged: {damage}" for damage in found]
    problems = []
    if revision_of(database) != manifest.schema_revision:
        problems.append(f"the database is at revision {revision_of(database)}, not {manifest.schema_revision}")
    counts = count_rows(database)
    problems += [
        f"{table} has {counts.get(table)} rows, not {promised}"
        for table, promised in manifest.counts.items()
        if table in counts and counts[table] != promised
    ]
    return problems
