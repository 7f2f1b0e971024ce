"""What makes a file survive the loss of power: its bytes, its name, and the names of the folders above it."""

import errno
import os
import sys

# Written back while the next ones arrive, so that the last sync finds little to do: 512 MiB took 0.26 s instead of
# 0.46 s with the sync at the end alone.
WRITTEN_BACK_BYTES = 8 << 20


def begin_write_back(descriptor: int, start: int, length: int) -> None:
    """Have the system write what was just written, without waiting for it; nothing where it cannot be asked to."""
    if sys.platform != "win32" and hasattr(os, "posix_fadvise"):  # macOS has none
        # On Linux this advice starts the write-back of what is dirty, and drops only what is clean.
        os.posix_fadvise(descriptor, start, length, os.POSIX_FADV_DONTNEED)


def sync_folder(folder: str) -> None:
    """Until the names in `folder` are on the disk. Nothing on Windows, which writes names with their files."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # what some network and user-space file systems say
            raise
    finally:
        os.close(descriptor)


def make_folders(folder: str, *, durable: bool) -> None:
    """Make `folder` and those above it that are missing; on the disk, where `durable`, when this returns."""
    missing = []
    place = folder
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        missing.append(place)
        place = os.path.dirname(place)
    os.makedirs(folder, exist_ok=True)
    if durable:
        for made in missing:
            sync_folder(os.path.dirname(made))
