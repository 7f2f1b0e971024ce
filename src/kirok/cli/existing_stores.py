"""Stores that a command works on only where they are there: opening another would make an empty one."""

from pathlib import Path

from kirok.base.errors import NotFound
from kirok.rules.uris.databases import Database
from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import parse


def refuse_absent(uri: str) -> None:
    """NotFound where `uri` names a file or folder that does not exist; databases on servers answer for themselves."""
    place = place_of(uri)
    if place is not None and not place.exists():
        kind = "database" if isinstance(parse(uri), Database) else "folder"
        raise NotFound(f"There is no {kind} {str(place)!r}: check the spelling, and the folder this was started in.")


def place_of(uri: str) -> Path | None:
    """The file or folder of this machine that `uri` names; None for a server."""
    store = parse(uri)
    if isinstance(store, Database) and store.is_sqlite:
        from kirok.stores.open import sqlite_path

        return sqlite_path(uri)
    return local_folder(uri)
