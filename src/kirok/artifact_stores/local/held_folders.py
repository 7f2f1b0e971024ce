"""Folders held open: what is done in one is done there, whatever its name is made to mean meanwhile.

A path that was looked at and found to stay inside a root may lead elsewhere a moment later, when somebody who may write
there puts a link in the place of a folder. So the way from the root is gone step by step, through no link at all.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

# Windows has neither such descriptors nor links that anybody may make.
_CAN_BE_HELD = os.open in os.supports_dir_fd
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)

NO_LINK = getattr(os, "O_NOFOLLOW", 0)
"""A flag of `os.open` that refuses links."""


class HeldFolder(Struct, frozen=True):
    """A folder; `at(name)` and `descriptor` are the path and the `dir_fd` that functions of `os` take."""

    path: str
    descriptor: int | None

    def at(self, name: str) -> str:
        """What a name in this folder is called."""
        return os.path.join(self.path, name) if self.descriptor is None else name

    @contextmanager
    def readable(self) -> Iterator[int | str]:
        """What `os.scandir` and `os.fsync` take: a descriptor, the path on Windows."""
        if self.descriptor is None:
            yield self.path
            return
        descriptor = os.open(".", os.O_RDONLY | getattr(os, "O_DIRECTORY", 0), dir_fd=self.descriptor)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def held_folder(root: str, folder: str) -> Iterator[HeldFolder]:
    """`folder`, at or below `root`, both without links. OSError where one has come in the way since."""
    if not _CAN_BE_HELD:
        yield HeldFolder(folder, None)
        return
    descriptor = os.open(root, _FOLDER)
    try:
        for name in filter(None, folder[len(root) :].split(os.sep)):
            inner = os.open(name, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield HeldFolder(folder, descriptor)
    finally:
        os.close(descriptor)
