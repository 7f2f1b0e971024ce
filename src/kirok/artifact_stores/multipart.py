"""A large file to the store behind MLflow's own server, in parts by URLs that the server signs."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from kirok.artifact_stores.parallel import run_all
from kirok.base.errors import InvalidParameter, KirokError
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, SignedRequest
from kirok.transport import Transport
from kirok.wire import upload_endpoints as endpoints
from kirok.wire import uploads as wire
from kirok.wire.endpoint import Endpoint
from kirok.wire.experiments import Empty
from kirok.wire.json_quirks import decode_answer, encode

Answer = TypeVar("Answer", bound=Struct)

_MOST_PARTS = 10_000
_MIB = 1 << 20


class MultipartUpload:
    """One file on its way to `path` below the server's destination."""

    def __init__(self, transport: Transport, path: ArtifactPath, settings: ArtifactSettings) -> None:
        self._transport, self._path, self._settings = transport, path, settings

    def send(self, local: Path) -> bool:
        """Whether it could go this way; if not, nothing of it is left. Such an upload cannot be gone on with."""
        size = local.stat().st_size
        part_bytes = self._settings.part_bytes
        if size > part_bytes * _MOST_PARTS:
            part_bytes = -(-size // (_MOST_PARTS * _MIB)) * _MIB
        count = -(-size // part_bytes)
        try:
            begun = self._call(
                endpoints.CREATE_MULTIPART,
                wire.CreateMultipart(path=self._path.name, num_parts=count),
                wire.CreatedMultipart,
            )
        except KirokError:
            return False
        try:
            sent: list[wire.SentPart] = []
            run_all(
                (partial(self._send_part, local, part_bytes, part, sent) for part in begun.credentials),
                self._settings.at_once,
            )
            if len(sent) == count:
                parts = sorted(sent, key=lambda part: part.part_number)
                complete = wire.CompleteMultipart(path=self._path.name, upload_id=begun.upload_id, parts=parts)
                self._call(endpoints.COMPLETE_MULTIPART, complete, Empty)
                return True
        except BaseException:
            self._abort(begun.upload_id)
            raise
        self._abort(begun.upload_id)
        return False

    def _send_part(self, local: Path, part_bytes: int, part: wire.PartCredential, sent: list[wire.SentPart]) -> None:
        with local.open("rb", buffering=0) as file:
            file.seek((part.part_number - 1) * part_bytes)
            content = file.read(part_bytes)
        if not content:
            raise InvalidParameter(f"{str(local)!r} was cut short while it was being uploaded. Upload it again.")
        answer = self._transport.elsewhere.send("PUT", SignedRequest(part.url, part.headers), body=content)
        if answer is not None:
            answer.read()
            etag = answer.headers.get("etag", "")
            sent.append(wire.SentPart(part_number=part.part_number, etag=etag, url=part.url))

    def _abort(self, upload_id: str) -> None:
        with suppress(KirokError):  # the store drops it in time
            self._call(endpoints.ABORT_MULTIPART, wire.AbortMultipart(path=self._path.name, upload_id=upload_id), Empty)

    def _call(self, endpoint: Endpoint, message: Struct, answer: type[Answer]) -> Answer:
        place = endpoint.api_path.removesuffix("{path}") + str(self._path.parent)
        headers = {"Content-Type": "application/json"}
        response = self._transport.send(endpoint.method, place, headers=headers, body=encode(message))
        return decode_answer(response.read(), answer)
