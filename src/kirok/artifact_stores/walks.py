"""All files below a directory, found directory by directory."""

from collections.abc import Iterator
from typing import Protocol

from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath, FileInfo


class Lists(Protocol):
    """As much of an ArtifactStore as is needed to look around in it."""

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """As ArtifactStore.list."""


def files_below(store: Lists, path: ArtifactPath) -> Iterator[list[FileInfo]]:
    """The files of each directory from `path` down, one directory at a time, whatever is moved meanwhile.

    InvalidParameter for a listing that names anything but what lies directly in the directory: a far side's word is
    not trusted.
    """
    directories = [path]
    while directories:
        directory = directories.pop()
        files = []
        inner = []
        for info in store.list(directory):
            found = ArtifactPath.parse(info.path)
            if found.parent != directory or not found.name:
                raise InvalidParameter(f"The list of {str(directory)!r} names {info.path!r}, which is not in it.")
            if info.is_dir:
                inner.append(found)
            else:
                files.append(FileInfo(found, is_dir=False, file_size=info.file_size, modified_ms=info.modified_ms))
        directories += reversed(inner)
        yield files
