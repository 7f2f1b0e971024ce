"""Whether files have changed, asked of the file system without opening them."""

import os
from collections.abc import Iterable
from zlib import crc32

from msgspec import Struct

SETTLED_AFTER_NS = 3_000_000_000
"""A file younger than this may change again without showing it: FAT keeps times to 2 s, many systems to some ms."""

_MASK = (1 << 63) - 1
# Windows lists files without their inode, and a renamed one keeps its times.
_NAMES_COUNT = os.name == "nt"


class Stamp(Struct, frozen=True, array_like=True, gc=False):
    """One state of a file. On POSIX the change time can't be set back, so a copied or restored file shows, too."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Stamp":
        """What `stat` found."""
        return cls(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def is_settled(self, at_ns: int) -> bool:
        """Whether, seen at `at_ns`, every later change would give the file another stamp."""
        return max(self.modified_ns, self.changed_ns) < at_ns - SETTLED_AFTER_NS


class Scan(Struct, frozen=True, gc=False):
    """The state of all files of one record."""

    fingerprint: int
    """Equal for equal states; a sum over the files, so their order is of no matter."""
    newest_ns: int

    def is_settled(self, at_ns: int) -> bool:
        """Whether, seen at `at_ns`, every later change would give another fingerprint."""
        return self.newest_ns < at_ns - SETTLED_AFTER_NS


def scan(folder: str, meta: str, parts: Iterable[str]) -> Scan | None:
    """The state of `folder/meta` and of every file below the folders `parts`; None where there is no `meta`."""
    try:
        found = os.stat(os.path.join(folder, meta))
    except (FileNotFoundError, NotADirectoryError):
        return None
    total = hash((found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
    newest = max(found.st_mtime_ns, found.st_ctime_ns)
    waiting = [os.path.join(folder, part) for part in parts]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        continue
                    found = entry.stat()
                    modified, changed = found.st_mtime_ns, found.st_ctime_ns
                    name = crc32(entry.name.encode(errors="replace")) if _NAMES_COUNT else 0
                    total += hash((found.st_ino, found.st_size, modified, changed, name))
                    if modified > newest:  # noqa: PLR1730 - max() takes as long as the rest of the loop
                        newest = modified
                    if changed > newest:  # noqa: PLR1730 - likewise
                        newest = changed
        except (FileNotFoundError, NotADirectoryError):
            continue  # a part that is not there, or a file that went while we looked: the next scan will differ
    return Scan(total & _MASK, newest)
