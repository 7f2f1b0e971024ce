"""One writer at a time, in any process of any machine that sees the folder.

The operating system holds the lock and lets go of it when its holder ends, however it ends. MLflow takes no locks, so
it is kept out by nothing; what can be done about that is done where files are written.
"""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kirok.base.errors import Unavailable
from kirok.stores.file.layout import LOCK

_PATIENCE_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.05
_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
# File systems without locks (some that show object stores as folders): MLflow works there, so do we, one at a time.
_UNKNOWN = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)

if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _release(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """While it is entered, nobody else is inside for the same folder, threads of this process included.

    FileNotFoundError where the folder is gone; Unavailable where another holds the lock for a minute.
    """
    path = os.path.join(folder, LOCK)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        if not os.path.exists(path):
            raise
        file = os.open(path, os.O_RDONLY)  # made by another account that shares the folder
    try:
        is_held = _wait_for(file, path)
        try:
            yield
        finally:
            if is_held:
                _release(file)  # closing is not enough where a child was forked meanwhile: it has the file open, too
    finally:
        os.close(file)


def _wait_for(file: int, path: str) -> bool:
    """True once the lock is held, False where there are no locks."""
    give_up, pause = time.monotonic() + _PATIENCE_S, _FIRST_PAUSE_S
    while True:
        try:
            _take(file)
            return True
        except OSError as error:
            if error.errno in _UNKNOWN:
                return False
            if error.errno not in _BUSY:
                raise
        if time.monotonic() > give_up:
            raise Unavailable(
                f"Another process has held the lock {path} for {_PATIENCE_S:.0f} s. End it if it hangs, then try again."
            )
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
