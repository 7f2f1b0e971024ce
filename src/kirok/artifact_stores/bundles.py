"""Many small files through a kirok server in one request each way, where MLflow takes one request per file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from kirok.artifact_stores.protocols import ArtifactStore
from kirok.base.errors import EndpointNotFound, InvalidParameter, NotFound, ServerUnreachable
from kirok.entities.artifacts import ArtifactPath
from kirok.transport import Transport
from kirok.wire import bundles as wire
from kirok.wire.artifact_endpoints import DOWNLOAD_BUNDLE, UPLOAD_BUNDLE
from kirok.wire.endpoints import SERVER_INFO
from kirok.wire.experiments import Empty
from kirok.wire.json_quirks import decode_answer

_PIECE_BYTES = 256 << 10


@runtime_checkable
class BundlingStore(ArtifactStore, Protocol):
    """A store that may take and give many small files at once."""

    def bundles(self) -> "Bundles | None":
        """The way to do so; None where the far side has none. Asks it."""


LARGEST_BYTES = wire.MAX_FILE_BYTES
"""The largest file that travels in a bundle."""


class Bundles:
    """Bundles of the files below `root` on a kirok server."""

    def __init__(self, transport: Transport, root: ArtifactPath) -> None:
        self._transport, self._root = transport, root

    @classmethod
    def of_server(cls, transport: Transport, root: ArtifactPath) -> "Bundles | None":
        """None where the server is MLflow's own, or keeps no artifacts."""
        try:
            info = transport.call(SERVER_INFO, Empty())
        except (EndpointNotFound, NotFound):
            return None
        return cls(transport, root) if info.artifact_bundles_enabled else None

    def upload(self, files: Sequence[tuple[Path, ArtifactPath]]) -> list[Path]:
        """Store local files at their paths, each whole or not at all.

        Those that are gone or have grown beyond `LARGEST_BYTES` meanwhile are left out, and returned. Sent again,
        whole, where no answer came: what is stored twice is the same. The error of a refused file names it and says
        how many before it are stored.
        """
        left_out: list[Path] = []

        def body() -> Iterator[bytes]:
            left_out.clear()
            return _framed(files, left_out)

        headers = {"Content-Type": wire.CONTENT_TYPE}
        query = self._query(ArtifactPath(""))
        sent = self._transport.send(
            UPLOAD_BUNDLE.method, UPLOAD_BUNDLE.api_path, query=query, headers=headers, body=body
        )
        answer = decode_answer(sent.read(), wire.BundleStored)
        if answer.files != len(files) - len(left_out):
            raise ServerUnreachable(
                f"The server took {answer.files} of {len(files) - len(left_out)} files. Does something between here "
                "and there change what is sent?"
            )
        return left_out

    def download(self, folder: ArtifactPath) -> Iterator[wire.BundledFile]:
        """The files below a directory, by paths relative to it; large ones without content.

        ServerUnreachable where they break off; what came before is whole.
        """
        reader = wire.BundleReader()
        answer = self._transport.send(DOWNLOAD_BUNDLE.method, DOWNLOAD_BUNDLE.api_path, query=self._query(folder))
        with answer:
            try:
                for piece in answer:
                    yield from reader.feed(piece)
                reader.close()
            except InvalidParameter as error:
                raise ServerUnreachable(f"What the server sent did not arrive as it was: {error.message}") from error

    def _query(self, folder: ArtifactPath) -> list[tuple[str, str]]:
        return [("path", str(ArtifactPath.of(self._root, folder)))]


def _framed(files: Sequence[tuple[Path, ArtifactPath]], left_out: list[Path]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = count = 0
    for file, path in files:
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            left_out.append(file)
            continue
        if len(content) > LARGEST_BYTES:
            left_out.append(file)
            continue
        waiting.append(wire.framed(str(path), content))
        size += len(content)
        count += 1
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join([*waiting, wire.ending(count)])
