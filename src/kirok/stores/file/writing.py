"""Several files changed as one: all is prepared and made durable first, then put in place by renames, which cannot
run out of disk. What fails leaves the files as they were.

MLflow takes every file below `params`, `tags` and `metrics` for a record, so what is not finished yet lies in the
root or in the folder of a run, where MLflow overlooks it.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex

from kirok.base.errors import InvalidParameter
from kirok.stores.file.layout import META, OURS

_BINARY = getattr(os, "O_BINARY", 0)
_TAIL_BYTES = 4096
_CASE_IS_IGNORED = sys.platform in ("win32", "darwin")


class Changes:
    """What is to change; nothing does before `commit`. To be used under the lock of the workplace,
    the folder where what is unfinished lies meanwhile.
    """

    def __init__(self, workplace: str, *, durable: bool) -> None:
        self._workplace = workplace
        self._durable = durable
        self._replaced: dict[str, bytes] = {}
        self._appended: dict[str, bytes] = {}
        self._folders: dict[str, bytes] = {}

    def replace(self, path: str, content: bytes) -> None:
        """The file's whole content."""
        self._replaced[path] = content

    def append(self, path: str, lines: bytes) -> None:
        """Whole lines at the end of a file; what a crash left of a last line is cut off first."""
        self._appended[path] = self._appended.get(path, b"") + lines

    def add_folder(self, path: str, meta: bytes) -> None:
        """A new folder with a `meta.yaml`, seen by others at once with it or not at all; mended where it lacks it."""
        if os.path.isdir(path):
            self.replace(os.path.join(path, META), meta)
        else:
            self._folders[path] = meta

    def commit(self) -> None:
        """Make the changes. On return they are durable, where the store is asked to be.

        InvalidParameter where a key is to name a file that another key has as a folder. OSError as the system has it.
        """
        _sweep(self._workplace)
        for path in (*self._replaced, *self._appended, *self._folders):
            make_room(path)
        staged: list[tuple[str, str]] = []
        try:
            for path, content in self._replaced.items():
                staged.append((self._unfinished(), path))
                self._write(staged[-1][0], content)
            for path, meta in self._folders.items():
                staged.append((self._unfinished(), path))
                os.mkdir(staged[-1][0])
                self._write(os.path.join(staged[-1][0], META), meta)
            with self._appending():
                for made, path in staged:
                    _put(made, path)
        finally:
            for made, _ in staged:
                _remove(made)
        if self._durable:
            folders = (os.path.dirname(path) for path in (*self._replaced, *self._appended, *self._folders))
            for folder in dict.fromkeys(folders):
                sync_folder(folder)

    def _unfinished(self) -> str:
        return os.path.join(self._workplace, f"{OURS}{token_hex(8)}.tmp")

    def _write(self, path: str, content: bytes) -> None:
        with open(path, "xb") as file:
            file.write(content)
            if self._durable:
                file.flush()
                os.fsync(file.fileno())

    @contextmanager
    def _appending(self) -> Iterator[None]:
        """The lines are appended; where what is done inside fails, they are taken back."""
        done: list[tuple[str, int | None, int]] = []
        try:
            for path, lines in self._appended.items():
                before = _size(path)
                done.append((path, before, before or 0))
                end = append_lines(path, lines, durable=self._durable)
                done[-1] = (path, before, end)
            yield
        except BaseException:
            for path, before, end in done:
                with suppress(OSError):
                    _take_back(path, before, end)
            raise


def make_room(path: str) -> None:
    """Make the folders above a file. InvalidParameter where another key's file or folder stands in the way."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _in_the_way(path) from None
    if os.path.isdir(path) and not os.path.exists(os.path.join(path, META)):
        try:
            os.rmdir(path)  # left over from a key that was deleted
        except OSError:
            raise _in_the_way(path) from None
    if _CASE_IS_IGNORED and os.path.exists(path) and os.path.basename(path) not in os.listdir(os.path.dirname(path)):
        raise _in_the_way(path)


def _in_the_way(path: str) -> InvalidParameter:
    return InvalidParameter(
        f"The key that {path!r} is named after cannot be kept in a folder of runs beside the keys already there: 'a' "
        "is a file and 'a/b' a file in a folder 'a', and on some systems 'A' is 'a'. Choose another key, or track into "
        "a database, which takes any."
    )


def append_lines(path: str, lines: bytes, *, durable: bool) -> int:
    """Append by one write, so that two writers never mix their lines; the size of the file afterwards."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY, 0o666)
    try:
        end = _end_of_lines(file)
        if end < os.fstat(file).st_size:
            os.ftruncate(file, end)  # nobody was told that this line was kept
        written = os.write(file, lines)
        if written < len(lines):  # the disk is nearly full: try the rest, to be told why
            try:
                while written < len(lines):
                    written += os.write(file, lines[written:])
            except OSError:
                os.ftruncate(file, end)
                raise
        if durable:
            os.fsync(file)
        return os.fstat(file).st_size
    finally:
        os.close(file)


def _end_of_lines(file: int) -> int:
    """Where the last whole line of an open file ends."""
    end = os.fstat(file).st_size
    while end > 0:
        start = max(0, end - _TAIL_BYTES)
        os.lseek(file, start, os.SEEK_SET)
        found = os.read(file, end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def remove_file(path: str, upto: str, *, durable: bool) -> None:
    """Remove a file, and the folders that are empty without it, up to `upto`. FileNotFoundError where there is none."""
    os.remove(path)
    folder = os.path.dirname(path)
    while folder != upto:
        try:
            os.rmdir(folder)
        except OSError:
            break
        folder = os.path.dirname(folder)
    if durable:
        sync_folder(folder)


def sync_folder(path: str) -> None:
    """Make durable which files a folder holds. Windows offers no such thing and needs none: its renames are kept."""
    if sys.platform == "win32":
        return
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _sweep(folder: str) -> None:
    """Remove what a killed writer left unfinished."""
    with os.scandir(folder) as entries:
        left = [entry.path for entry in entries if entry.name.startswith(OURS) and entry.name.endswith(".tmp")]
    for path in left:
        _remove(path)


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return None


def _take_back(path: str, before: int | None, end: int) -> None:
    if _size(path) != end:
        return  # somebody who takes no locks wrote after us; the points stay rather than theirs go
    if before is None:
        os.remove(path)
    else:
        os.truncate(path, before)


def _put(made: str, path: str) -> None:
    if os.path.isdir(made):
        try:
            os.rename(made, path)
        except OSError:
            if not os.path.exists(os.path.join(path, META)):
                raise
    else:
        os.replace(made, path)


def _remove(made: str) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        if os.path.isdir(made):
            shutil.rmtree(made, ignore_errors=True)
        else:
            os.remove(made)
