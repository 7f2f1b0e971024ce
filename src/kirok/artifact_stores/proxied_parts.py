"""Uploads in parts to what lies behind a tracking server: straight to the store where that can be, else through it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from zlib import crc32

from kirok.artifact_stores.names import check_file
from kirok.entities.artifacts import ArtifactPath, Part, SignedRequest
from kirok.transport import Transport
from kirok.wire import upload_endpoints as endpoints
from kirok.wire import uploads as wire


class PartInMemory:
    """A part that is sent once it is whole, and again where it does not arrive."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""
        self._pieces += pieces

    def content(self) -> bytes:
        """All of it; not copied where it came in one piece."""
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


class ProxiedParts:
    """Uploads in parts below `root` on a kirok server. `is_signed` says whether it signs requests to the store."""

    def __init__(self, transport: Transport, root: ArtifactPath, *, smallest_part_bytes: int, is_signed: bool) -> None:
        self._transport, self._root, self._is_signed = transport, root, is_signed
        self.smallest_part_bytes = smallest_part_bytes

    def begin(self, path: ArtifactPath, part_bytes: int) -> str:
        """As PartedUploads."""
        check_file(path)
        begun: wire.UploadBegun = self._transport.call(
            endpoints.BEGIN_UPLOAD, wire.BeginUpload(self._whole(path), part_bytes)
        )
        return begun.upload_id

    @contextmanager
    def part(self, path: ArtifactPath, upload_id: str, number: int) -> Iterator[PartInMemory]:
        """As PartedUploads; held in memory until it is sent."""
        part = PartInMemory()
        yield part
        content = part.content()
        if self._is_signed and self._sent_directly(path, upload_id, number, content):
            return
        self._transport.send(
            endpoints.UPLOAD_PART.method,
            endpoints.UPLOAD_PART.api_path,
            query=[("path", self._whole(path)), ("upload_id", upload_id), ("number", str(number))],
            headers={"Content-Type": "application/octet-stream", wire.CHECKSUM: f"{crc32(content):08x}"},
            body=content,
        ).read()

    def parts(self, path: ArtifactPath, upload_id: str) -> Sequence[Part]:
        """As PartedUploads."""
        kept: wire.KeptParts = self._transport.call(
            endpoints.LIST_PARTS, wire.NamedUpload(self._whole(path), upload_id)
        )
        return [part.record() for part in kept.parts]

    def complete(self, path: ArtifactPath, upload_id: str, parts: Sequence[Part]) -> None:
        """As PartedUploads."""
        named = [wire.KeptPart.of(part) for part in parts]
        self._transport.call(endpoints.COMPLETE_UPLOAD, wire.CompleteUpload(self._whole(path), upload_id, named))

    def abandon(self, path: ArtifactPath, upload_id: str) -> None:
        """As PartedUploads."""
        self._transport.call(endpoints.ABANDON_UPLOAD, wire.NamedUpload(self._whole(path), upload_id))

    def _sent_directly(self, path: ArtifactPath, upload_id: str, number: int, content: bytes) -> bool:
        # Signed one by one, each is as fresh as can be when it is used.
        signed: wire.SignedParts = self._transport.call(
            endpoints.SIGN_PARTS, wire.SignParts(self._whole(path), upload_id, [number])
        )
        for it in signed.requests:
            answer = self._transport.elsewhere.send("PUT", SignedRequest(it.url, it.headers), body=content)
            if answer is not None:
                answer.read()
                return True
        return False

    def _whole(self, path: ArtifactPath) -> str:
        return str(ArtifactPath.of(self._root, path))
