"""The files of a whole directory on their way out: small ones are read some ahead, several at a time, in order."""

from asyncio import Future, wait
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

from msgspec import Struct

from kirok.artifact_stores.protocols import ArtifactStore
from kirok.artifact_stores.walks import files_below
from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.artifacts import ArtifactPath, FileInfo

# What one thread reads before it hands over, and how many do: at most 4 x (256 KiB + the largest small file) is held.
_GROUP_BYTES = 256 << 10
_GROUP_FILES = 64
_GROUPS_AHEAD = 4


class FoundFile(Struct, frozen=True):
    """A file of the directory; `content` is None for one that is large, which is still to be opened."""

    path: ArtifactPath
    size_bytes: int
    modified_s: float
    content: bytes | None


async def files_ahead(
    store: ArtifactStore, path: ArtifactPath, in_thread: Callable[..., "Future[Any]"], *, small_bytes: int
) -> AsyncGenerator[list[FoundFile], None]:
    """The files below `path`, some at a time, those of up to `small_bytes` with their content.

    Files that are removed meanwhile are left out. Nothing is read long before it is asked for.
    """
    groups = _groups(store, path)
    coming: deque[Future[list[FoundFile]]] = deque()
    more = True
    try:
        while more or coming:
            while more and len(coming) < _GROUPS_AHEAD:
                group = await in_thread(next, groups, None)
                if group is None:
                    more = False
                else:
                    coming.append(in_thread(_read, store, group, small_bytes))
            if coming:
                yield await coming.popleft()
    finally:
        if coming:
            await wait(coming)


def _groups(store: ArtifactStore, path: ArtifactPath) -> Iterator[list[FileInfo]]:
    group: list[FileInfo] = []
    size = 0
    for files in files_below(store, path):
        for info in files:
            group.append(info)
            size += info.file_size or 0
            if size >= _GROUP_BYTES or len(group) >= _GROUP_FILES:
                yield group
                group, size = [], 0
    if group:
        yield group


def _read(store: ArtifactStore, group: list[FileInfo], small_bytes: int) -> list[FoundFile]:
    read = (_read_one(store, ArtifactPath.parse(info.path), small_bytes) for info in group)
    return [found for found in read if found is not None]


def _read_one(store: ArtifactStore, path: ArtifactPath, small_bytes: int) -> FoundFile | None:
    try:
        file = store.open(path)
    except (NotFound, InvalidParameter):
        return None  # removed, or made a directory, since it was listed
    try:
        content = b"".join(file.read()) if file.size_bytes <= small_bytes else None
        return FoundFile(path, file.size_bytes, file.modified_s, content)
    finally:
        file.close()
