"""Artifacts through a tracking server, which keeps them wherever it was told to."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from zlib import crc32

from kirok.artifact_stores.bundles import Bundles
from kirok.artifact_stores.in_transit import Ask, FileInTransit
from kirok.artifact_stores.multipart import MultipartUpload
from kirok.artifact_stores.names import check_file
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.artifact_stores.proxied_parts import ProxiedParts
from kirok.base.errors import BadRequest, EndpointNotFound, InvalidParameter, KirokError, NotFound
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, FileInfo, SignedRequest
from kirok.rules.uris.proxied import SCHEME
from kirok.transport import HttpResponse, Transport
from kirok.wire import artifacts as wire
from kirok.wire.artifact_endpoints import LIST_PROXIED
from kirok.wire.endpoints import SERVER_INFO
from kirok.wire.experiments import Empty
from kirok.wire.json_quirks import decode_answer
from kirok.wire.upload_endpoints import PRESIGNED_DOWNLOAD
from kirok.wire.uploads import CHECKSUM, PresignedFile

_PIECE_BYTES = 1 << 20
_ATTEMPTS = 3


class ProxiedArtifacts:
    """The files below `root` on a tracking server."""

    def __init__(
        self, transport: Transport, root: ArtifactPath, settings: ArtifactSettings = ArtifactSettings()
    ) -> None:
        self._transport, self._root, self._settings = transport, root, settings
        self.uri = f"{SCHEME}:/{root}"
        self.direct: DirectAccess | None = None

    @property
    def parted(self) -> PartedUploads | None:
        """Uploads in parts, where the server is kirok's and has them. Asks it."""
        info = self._server_info()
        if info.smallest_part_bytes is None:
            return None
        return ProxiedParts(
            self._transport,
            self._root,
            smallest_part_bytes=info.smallest_part_bytes,
            is_signed=info.multipart_uploads_enabled and self._settings.presigned,
        )

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly in a directory, by path."""
        page = self._transport.call(LIST_PROXIED, wire.ListProxied(path=str(self._whole(path)) or None))
        files = [info.record() for info in page.files]
        before = f"{path}/" if path else ""
        # The server answers with bare names.
        found = [FileInfo(before + info.path, info.is_dir, info.file_size, info.modified_ms) for info in files]
        return sorted(found, key=lambda info: info.path)

    def open(self, path: ArtifactPath) -> FileInTransit:
        """The file at `path`, on its way. Ranges of a large one come straight from the store where that can be."""
        check_file(path)
        place = self._place(path)

        def ask(headers: dict[str, str]) -> HttpResponse:
            # Compressed on the way, a file would have another length than the header says.
            return self._transport.send("GET", place, headers={"Accept-Encoding": "identity", **headers})

        first = ask({})
        try:
            length = first.headers.get("content-length")
            # MLflow's server does not tell the length of what it fetches from an object store itself.
            size = self._listed_size(path) if length is None else int(length)
            is_large = size >= self._settings.parted_from_bytes
            is_signed = is_large and self._settings.presigned and self._server_info().multipart_downloads_enabled
        except BaseException:
            first.close()
            raise
        return FileInTransit(first, partial(self._directly, path, ask) if is_signed else ask, size)

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a copy of a local file, in constant memory: in one piece, which the server compares with its checksum.

        A large one goes straight to the store, in parts, where the server is MLflow's and signs requests to it.
        """
        check_file(path)
        if local.stat().st_size >= self._settings.parted_from_bytes and self._settings.presigned:
            info = self._server_info()
            if info.smallest_part_bytes is None and info.multipart_uploads_enabled:
                multipart = MultipartUpload(self._transport, self._whole(path), self._settings)
                if multipart.send(local):
                    return
        for attempt in range(_ATTEMPTS):
            try:
                self._put(local, path)
            except BadRequest:  # it arrived changed, or it was being written to
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return

    def _put(self, local: Path, path: ArtifactPath) -> None:
        size = local.stat().st_size
        checksum = 0
        for piece in _pieces(local, size):
            checksum = crc32(piece, checksum)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            CHECKSUM: f"{checksum:08x}",
        }
        self._transport.send("PUT", self._place(path), headers=headers, body=lambda: _pieces(local, size)).read()

    def delete(self, path: ArtifactPath) -> None:
        """Remove a file, or a directory with all in it."""
        self._transport.send("DELETE", self._place(path)).read()

    def bundles(self) -> Bundles | None:
        """As BundlingStore.bundles."""
        return Bundles.of_server(self._transport, self._root)

    def _listed_size(self, path: ArtifactPath) -> int:
        for info in self.list(path.parent):
            if info.path == path and not info.is_dir:
                return info.file_size or 0
        raise NotFound(f"No such artifact: {str(path)!r}")

    def _directly(self, path: ArtifactPath, ask: Ask, headers: dict[str, str]) -> HttpResponse:
        """The answer of the store to a request that the server signed, else the server's own."""
        place = f"{PRESIGNED_DOWNLOAD.api_path.removesuffix('{path}')}{self._whole(path)}"
        try:
            signed = decode_answer(self._transport.send("GET", place).read(), PresignedFile)
        except KirokError:
            return ask(headers)
        request = SignedRequest(signed.url, signed.headers)
        answer = self._transport.elsewhere.send("GET", request, {"Accept-Encoding": "identity", **headers})
        return ask(headers) if answer is None else answer

    def _server_info(self) -> wire.ServerInfo:
        """What the server says it can do; nothing, where it is too old to say."""
        try:
            info: wire.ServerInfo = self._transport.call(SERVER_INFO, Empty())
        except (EndpointNotFound, NotFound):
            return wire.ServerInfo()
        return info

    def _place(self, path: ArtifactPath) -> str:
        whole = self._whole(path)
        if not whole:
            raise InvalidParameter("Invalid path: ''. Name a file or folder.")
        return f"{LIST_PROXIED.api_path}/{whole}"

    def _whole(self, path: ArtifactPath) -> ArtifactPath:
        return ArtifactPath.of(self._root, path)


def _pieces(local: Path, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a file, which may be growing."""
    with local.open("rb", buffering=0) as file:
        while size:
            piece = file.read(min(_PIECE_BYTES, size))
            if not piece:
                raise InvalidParameter(f"{str(local)!r} was cut short while it was being uploaded. Upload it again.")
            size -= len(piece)
            yield piece
