"""Records and values of a folder, read and written by whoever copies."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kirok.base.errors import InvalidParameter
from kirok.stores.archive_kinds import Noun
from kirok.stores.file.archive_places import Places, folders_in
from kirok.stores.file.layout import META, OURS, key_path
from kirok.stores.file.locks import locked
from kirok.stores.file.meta import Unreadable, meta_content, read_meta
from kirok.stores.file.writing import Changes

Cells = dict[str, Any]
"""A row by columns."""

Reader = Callable[[Places, str], Iterator[Cells]]
"""The rows of one kind that belong to the unit at a place."""

Writer = Callable[[Places, Sequence[Cells]], None]
"""Puts rows of one kind in."""


def records_in(folder: str, name: str = META) -> Iterator[tuple[Cells, str]]:
    """(record, name) of the folders in `folder` that have a readable one."""
    for each in folders_in(folder):
        try:
            yield read_meta(os.path.join(folder, each, name)), each
        except (FileNotFoundError, Unreadable):
            continue


def merge_record(folder: str, new: Mapping[str, object], values: Mapping[str, object], name: str = META) -> None:
    """Have the record in `folder` hold `values`; what else it held stays, and where there was none begins as `new`."""
    os.makedirs(folder, exist_ok=True)
    try:
        before: Mapping[str, object] = read_meta(os.path.join(folder, name))
    except (FileNotFoundError, Unreadable):
        before = new
    put(folder, {name: meta_content({**before, **values})})


def put(folder: str, files: Mapping[str, bytes]) -> None:
    """Write files in `folder`, each by its path below it, whole or not at all. The writer is alone meanwhile."""
    with locked(folder):
        changes = Changes(folder, durable=False)
        for path, content in files.items():
            changes.replace(os.path.join(folder, path), content)
        changes.commit()


def checked_name(name: str) -> str:
    """An id or name that a folder is to be called by; InvalidParameter for one that would lead elsewhere."""
    if name in ("", ".", "..") or any(character in "/\\\0" for character in name) or name.startswith(OURS):
        raise InvalidParameter(f"No folder can be called {name!r}, so a folder of runs cannot hold it.")
    return name


def write_values(
    places: Places,
    noun: Noun,
    owner: str,
    part: str,
    rows: Sequence[Cells],
    columns: tuple[str, str] = ("key", "value"),
) -> None:
    """Write keys and values as files in the folder `part` of the units that the column `owner` names."""
    by_unit: dict[str, dict[str, bytes]] = {}
    key, value = columns
    found = places.of(noun)
    for row in rows:
        folder = places.layout.path(found[row[owner]])
        by_unit.setdefault(folder, {})[key_path(part, row[key])] = (row[value] or "").encode()
    for folder, files in by_unit.items():
        for name in files:
            if any(parent in files for parent in _parents(name)):
                raise InvalidParameter(
                    f"{name!r} cannot be kept in {folder}: a part of it is the name of a file there."
                )
        put(folder, files)


def _parents(name: str) -> Iterator[str]:
    while (name := os.path.dirname(name)) != "":
        yield name
