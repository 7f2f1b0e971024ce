"""The lock that keeps a second server off a database file."""

import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

from kirok.base.errors import NotFound, PermissionDenied, Unavailable


class ServingLock:
    """A lock file beside the database, held by the operating system for as long as the process lives, then removed.

    Whoever gets the lock looks whether the file is still the one that everybody sees: it may have waited for one that
    its holder removed, while a third server locked a new one.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(database.name + "-kirok-server.lock")
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        """Take the lock; Unavailable, naming the other process, where a server holds it."""
        while not self._takes():
            pass

    def _takes(self) -> bool:
        """Whether the lock was taken; False where its file was removed meanwhile."""
        try:
            file = open(self._path, "a+", encoding="ascii")  # noqa: SIM115 - held for as long as the lock
        except FileNotFoundError as error:
            raise NotFound(
                f"There is no folder {str(self._path.parent)!r} for the database: make it, or name another file."
            ) from error
        except OSError as error:
            raise PermissionDenied(
                f"The lock file {str(self._path)!r} cannot be opened: {error.strerror}. A server writes its lock and "
                "SQLite's journal beside the database: change the folder's permissions, or choose another."
            ) from error
        try:
            _lock(file)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise Unavailable(
                f"Another kirok server (process {holder}) serves {str(self._database)!r}. Connect to that one, or "
                "stop it first; another server needs a database of its own (--backend-store-uri)."
            ) from None
        if not _is_seen(file, self._path):
            file.close()
            return False
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(0)
            with contextlib.suppress(OSError):  # Windows removes no open file, and needs not: it stays, empty
                self._path.unlink()
            self._file.close()  # which releases it
            self._file = None


def _is_seen(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        # Far behind the content, which others must be able to read: locks of Windows are mandatory.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
