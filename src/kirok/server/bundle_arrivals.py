"""A bundle of files on its way into a store: some are stored while others come."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from typing import Any

from kirok.artifact_stores.names import check_file
from kirok.artifact_stores.protocols import StreamedArtifactStore, SyncingStore
from kirok.base.errors import InvalidParameter, KirokError
from kirok.entities.artifacts import ArtifactPath
from kirok.server.messages import ClientGone, Exchange
from kirok.wire.bundles import BundledFile, BundleReader

# What is handed to a thread at once, and how many store at a time: syncs to a disk, and requests to an object store,
# take less time beside each other. At most 4 x (256 KiB + one file) of a bundle is held.
_GROUP_BYTES = 256 << 10
_GROUP_FILES = 64
_GROUPS_AT_ONCE = 4

_Group = list[tuple[ArtifactPath, bytes]]


async def receive_bundle(
    exchange: Exchange, store: StreamedArtifactStore, folder: ArtifactPath, in_thread: Callable[..., Any]
) -> int:
    """Store the files of the request's body below `folder`, each whole or not at all; how many.

    The first file that is refused stops the rest; its error says how many before it are stored. Raises ClientGone,
    and what the bundle or the store refuses.
    """
    storing, body = _Storing(store, in_thread), _Body(exchange)
    error: KirokError | None = None
    try:
        async for group in _groups(body, folder):
            await storing.add(group)
    except KirokError as refused:
        error = refused
    finally:
        await storing.finish()
    error = storing.error or error
    if error is None:
        return storing.stored
    await body.drain()
    raise type(error)(
        f"{error.message} Of the files in this bundle the first {storing.stored} are stored; later ones may be."
    ) from error


class _Storing:
    """Groups of files that are being stored."""

    def __init__(self, store: StreamedArtifactStore, in_thread: Callable[..., Any]) -> None:
        self._store, self._in_thread = store, in_thread
        self._groups: deque[asyncio.Future[tuple[int, KirokError | None]]] = deque()
        self.stored = 0
        """How many files are stored, from the first on without a gap."""
        self.error: KirokError | None = None
        """What the first file was refused with that was refused."""

    async def add(self, group: _Group) -> None:
        """Have a group stored, once there is room; raises the error of an earlier one."""
        while len(self._groups) >= _GROUPS_AT_ONCE:
            await self._settle()
        if self.error is not None:
            raise self.error
        self._groups.append(self._in_thread(_store, self._store, group))

    async def finish(self) -> None:
        """Wait until nothing is being stored any more."""
        while self._groups:
            await self._settle()

    async def _settle(self) -> None:
        stored, error = await self._groups.popleft()
        if self.error is None:
            self.stored += stored
            self.error = error


def _store(store: StreamedArtifactStore, group: Sequence[tuple[ArtifactPath, bytes]]) -> tuple[int, KirokError | None]:
    try:
        with store.together() if isinstance(store, SyncingStore) else nullcontext(store) as place:
            return _store_each(place, group)
    except KirokError as error:  # of the sync: none is known to be on the disk
        return 0, error


def _store_each(
    store: StreamedArtifactStore, group: Sequence[tuple[ArtifactPath, bytes]]
) -> tuple[int, KirokError | None]:
    for stored, (path, content) in enumerate(group):
        try:
            with store.writer(path) as upload:
                upload.write([content])
        except KirokError as error:
            return stored, error
    return len(group), None


class _Body:
    """The request's body as it comes."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.is_over = False

    async def piece(self) -> bytes:
        """What comes next. Raises ClientGone."""
        message = await self._exchange.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        self.is_over = not message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        return piece

    async def drain(self) -> None:
        """Take what still comes: a client that is still sending would see a broken connection, not the answer."""
        while not self.is_over:
            await self.piece()


async def _groups(body: _Body, folder: ArtifactPath) -> AsyncIterator[_Group]:
    """The files as they come; those before a refused one are still given."""
    reader = BundleReader()
    group: _Group = []
    size = 0
    try:
        while not body.is_over:
            for file in reader.feed(await body.piece()):
                group.append((_place(folder, file.path), _content(file)))
                size += file.size_bytes
            if size >= _GROUP_BYTES or len(group) >= _GROUP_FILES:
                yield group
                group, size = [], 0
        reader.close()
    except KirokError:
        yield group
        raise
    yield group


def _content(file: BundledFile) -> bytes:
    if file.content is None:
        raise InvalidParameter(f"The bundle mentions {file.path!r} without its content. Send such files on their own.")
    return file.content


def _place(folder: ArtifactPath, name: str) -> ArtifactPath:
    path = ArtifactPath.of(folder, ArtifactPath.parse(name))
    check_file(path)
    return path
