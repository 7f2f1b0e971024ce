"""What uploads leave behind when their process is killed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import time

from kirok.artifact_stores.names import UPLOADING

_DAY_S = 24 * 3600

# A live upload writes all the time; one in parts may be gone on with after a weekend.
_FILE_UNTOUCHED_S = _DAY_S
_PARTS_UNTOUCHED_S = 7 * _DAY_S


def sweep(root: str | Path) -> int:
    """Remove what uploads below `root` left behind and nobody touched for a day (in parts: for a week); the number.

    Safe at any time, and from several processes at once. What may not be read or removed is passed over.
    """
    now, removed = time(), 0
    for entry in _left_behind(str(root)):
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                if now - _last_touched_s(entry.path) > _PARTS_UNTOUCHED_S:
                    shutil.rmtree(entry.path)
                    removed += 1
            elif now - entry.stat(follow_symlinks=False).st_mtime > _FILE_UNTOUCHED_S:
                os.unlink(entry.path)
                removed += 1
    return removed


def _left_behind(folder: str) -> Iterator["os.DirEntry[str]"]:
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                found = list(entries)
        except OSError:
            continue
        for entry in found:
            if entry.name.startswith(UPLOADING):
                yield entry
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)


def _last_touched_s(folder: str) -> float:
    with os.scandir(folder) as entries:
        return max([os.stat(folder).st_mtime, *(entry.stat().st_mtime for entry in entries)])
