"""Stores that a command works on only where they are there: opening another would make an empty one."""

from pathlib import Path

from kirok.artifact_stores.locations import local_folder, scheme
from kirok.base.errors import NotFound


def refuse_absent(uri: str) -> None:
    """NotFound where `uri` names a file or folder that does not exist; databases on servers answer for themselves."""
    place = place_of(uri)
    if place is not None and not place.exists():
        kind = "database" if scheme(uri).startswith("sqlite") else "folder"
        raise NotFound(f"There is no {kind} {str(place)!r}: check the spelling, and the folder this was started in.")


def place_of(uri: str) -> Path | None:
    """The file or folder of this machine that `uri` names; None for a server."""
    kind = scheme(uri).partition("+")[0]
    if kind == "sqlite":
        from kirok.stores.open import sqlite_path

        return sqlite_path(uri)
    return local_folder(uri) if kind in ("", "file") else None
