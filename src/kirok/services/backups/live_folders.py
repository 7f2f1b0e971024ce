"""Files of a folder that others write to meanwhile, each as it stood at one moment."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kirok.artifact_stores.names import UPLOADING
from kirok.base.errors import Unavailable
from kirok.services.backups.container import Packing
from kirok.services.backups.manifest import ARTIFACTS, RECORDS

_TRIES = 20
_PIECE_BYTES = 1 << 20
_TRASH = ".trash"
_OWN = ".kirok."
"""What begins so is kirok's own (an index, locks, what is not finished): made anew, never kept."""


def pack_records(folder: Path, packing: Packing) -> dict[str, int]:
    """Add an `mlruns` folder to a backup; returns how many experiments and runs it had.

    A record written before the call is in the backup whole. Records written during it are in whole or not at all;
    of a series the points are in up to one of them. Experiments that move between the folder and its bin meanwhile are
    taken where they ended. Unavailable where they never come to rest.
    """
    packed: dict[str, set[str]] = {}
    for _ in range(_TRIES):
        moved = False
        now = _experiments(folder)
        for name, places in now.items():
            if packed.get(name) != places:
                for place in {*packed.get(name, set()), *places}:
                    packing.forget(f"{RECORDS}{place}/")
                for place in sorted(places):
                    _pack(folder / place, f"{RECORDS}{place}", packing)
                packed[name], moved = places, True
        for name in packed.keys() - now.keys():
            for place in packed.pop(name):
                packing.forget(f"{RECORDS}{place}/")
            moved = True
        if not moved:
            break
    else:
        raise Unavailable(f"Experiments in {str(folder)!r} keep moving: try again when fewer are deleted and restored.")
    for entry in sorted(folder.iterdir()):
        if entry.is_file() and not entry.name.startswith(_OWN):
            packing.add(f"{RECORDS}{entry.name}", _steady(entry))
    return {
        "experiments": sum((folder / place / "meta.yaml").is_file() for places in packed.values() for place in places),
        "runs": sum(
            (run / "meta.yaml").is_file()
            for places in packed.values()
            for place in places
            for run in (folder / place).iterdir()
            if (run / "artifacts").is_dir()
        ),
    }


def pack_artifacts(folder: Path, packing: Packing) -> int:
    """Add a folder of artifacts to a backup; returns how many files. Uploads on their way are left out."""
    count = 0
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.startswith(UPLOADING):
                continue
            file = Path(parent) / name
            try:
                with file.open("rb") as source:
                    packing.add(ARTIFACTS + file.relative_to(folder).as_posix(), _pieces(source), compress=False)
            except FileNotFoundError:  # deleted meanwhile
                continue
            count += 1
    return count


def _experiments(folder: Path) -> dict[str, set[str]]:
    """Where each directory of the folder and of its bin lies just now."""
    found: dict[str, set[str]] = {}
    for parent, before in ((folder, ""), (folder / _TRASH, f"{_TRASH}/")):
        try:
            entries = list(os.scandir(parent))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.name != _TRASH and not entry.name.startswith(_OWN) and entry.is_dir():
                found.setdefault(entry.name, set()).add(before + entry.name)
    return found


def _pack(folder: Path, name: str, packing: Packing) -> None:
    """Add a directory. Artifacts in it are not compressed: most are already."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(_OWN))
        relative = Path(parent).relative_to(folder)
        place = name if relative == Path() else f"{name}/{relative.as_posix()}"
        packing.add_folder(place)
        is_artifact = "artifacts" in relative.parts
        is_series = "metrics" in relative.parts and not is_artifact
        for each in sorted(files):
            if each.startswith(UPLOADING if is_artifact else (_OWN, UPLOADING)):
                continue
            file = Path(parent) / each
            try:
                with file.open("rb") as source:
                    if is_artifact:
                        packing.add(f"{place}/{each}", _pieces(source), compress=False)
                        continue
                    if is_series:
                        packing.add(f"{place}/{each}", _whole_lines(source))
                        continue
                packing.add(f"{place}/{each}", _steady(file))
            except FileNotFoundError:  # deleted meanwhile
                continue


def _pieces(source: BinaryIO, size: int | None = None) -> Iterator[bytes]:
    """What the file holds now, and nothing that is appended while it is read."""
    left = os.fstat(source.fileno()).st_size if size is None else size
    source.seek(0)
    while left > 0 and (piece := source.read(min(left, _PIECE_BYTES))):
        left -= len(piece)
        yield piece


def _whole_lines(source: BinaryIO) -> Iterator[bytes]:
    """A series up to the end of its last line: one that is being written just now has no end yet."""
    end = os.fstat(source.fileno()).st_size
    while end:
        begin = max(0, end - _PIECE_BYTES)
        source.seek(begin)
        newline = source.read(end - begin).rfind(b"\n")
        if newline >= 0:
            return _pieces(source, begin + newline + 1)
        end = begin
    return iter(())


def _steady(file: Path) -> list[bytes]:
    """The content of a small file that did not change while it was read. FileNotFoundError where it is gone."""
    for _ in range(_TRIES):
        with file.open("rb") as source:
            before = os.fstat(source.fileno())
            content = source.read()
        after = file.stat()
        if (before.st_mtime_ns, before.st_size, before.st_ino) == (after.st_mtime_ns, after.st_size, after.st_ino):
            return [content]
    raise Unavailable(f"The file {str(file)!r} changes all the time: stop what writes it, then back up again.")
