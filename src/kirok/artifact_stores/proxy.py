"""Artifacts through a tracking server, which keeps them wherever it was told to."""

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

from kirok.artifact_stores.bundles import Bundles
from kirok.artifact_stores.names import check_file
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, FileInfo
from kirok.rules.uris.proxied import SCHEME, proxied
from kirok.transport import HttpResponse, Transport
from kirok.wire import artifacts as wire
from kirok.wire.artifact_endpoints import LIST_PROXIED

_PIECE_BYTES = 1 << 20


def proxied_path(uri: str) -> ArtifactPath:
    """The path that a `mlflow-artifacts:` URI names below the server's destination, whatever host it mentions."""
    return proxied(uri).inner


class FileInTransit:
    """A file whose bytes are already coming; a part of it is asked for anew."""

    def __init__(self, response: HttpResponse, ask: Callable[[dict[str, str]], HttpResponse]) -> None:
        self._response, self._ask = response, ask
        self.size_bytes = int(response.headers.get("content-length", 0))
        self.etag = response.headers.get("etag", "").removeprefix("W/").strip('"')
        date = response.headers.get("last-modified")
        self.modified_s = parsedate_to_datetime(date).timestamp() if date else 0.0

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on; the whole file can be read once."""
        if start == 0 and length is None:
            yield from self._response
        elif start < self.size_bytes and length != 0:
            last = "" if length is None else start + length - 1
            with self._ask({"Range": f"bytes={start}-{last}"}) as part:
                yield from part

    def close(self) -> None:
        """Give the connection back."""
        self._response.close()


class ProxiedArtifacts:
    """The files below `root` on a tracking server."""

    def __init__(
        self, transport: Transport, root: ArtifactPath, settings: ArtifactSettings = ArtifactSettings()
    ) -> None:
        self._transport, self._root, self._settings = transport, root, settings
        self.uri = f"{SCHEME}:/{root}"

    parted: PartedUploads | None = None
    direct: DirectAccess | None = None

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly in a directory, by path."""
        page = self._transport.call(LIST_PROXIED, wire.ListProxied(path=str(self._whole(path)) or None))
        files = [info.record() for info in page.files]
        before = f"{path}/" if path else ""
        # The server answers with bare names.
        found = [FileInfo(before + info.path, info.is_dir, info.file_size, info.modified_ms) for info in files]
        return sorted(found, key=lambda info: info.path)

    def open(self, path: ArtifactPath) -> FileInTransit:
        """The file at `path`, on its way."""
        check_file(path)
        place = self._place(path)

        def ask(headers: dict[str, str]) -> HttpResponse:
            # Compressed on the way, a file would have another length than the header says.
            return self._transport.send("GET", place, headers={"Accept-Encoding": "identity", **headers})

        return FileInTransit(ask({}), ask)

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a copy of a local file, sent in one piece and in constant memory."""
        check_file(path)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(local.stat().st_size)}
        self._transport.send("PUT", self._place(path), headers=headers, body=lambda: _pieces(local)).read()

    def delete(self, path: ArtifactPath) -> None:
        """Remove a file, or a directory with all in it."""
        self._transport.send("DELETE", self._place(path)).read()

    def bundles(self) -> Bundles | None:
        """As BundlingStore.bundles."""
        return Bundles.of_server(self._transport, self._root)

    def _place(self, path: ArtifactPath) -> str:
        whole = self._whole(path)
        if not whole:
            raise InvalidParameter("Invalid path: ''. Name a file or folder.")
        return f"{LIST_PROXIED.api_path}/{whole}"

    def _whole(self, path: ArtifactPath) -> ArtifactPath:
        return ArtifactPath.of(self._root, path)


def _pieces(local: Path) -> Iterator[bytes]:
    with local.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
