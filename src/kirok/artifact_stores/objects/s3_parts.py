"""S3's multipart uploads: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.refusals import Act, Answered, Facts, explain, store_errors
from kirok.artifact_stores.objects.s3_requests import S3Requests
from kirok.artifact_stores.objects.spools import Spool, spooled
from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.artifacts import ArtifactPath, Part

if TYPE_CHECKING:
    import urllib3

_SMALLEST_PART_BYTES = 5 << 20


class S3Uploads:
    """Uploads in parts, of which S3 keeps the account."""

    smallest_part_bytes = _SMALLEST_PART_BYTES

    def __init__(
        self,
        place: Place,
        requests: S3Requests,
        headers: Callable[[str], dict[str, str]],
        facts: Callable[[], Facts],
    ) -> None:
        self._place, self._requests, self._headers, self._facts = place, requests, headers, facts

    def begin(self, path: ArtifactPath, part_bytes: int) -> str:  # noqa: ARG002 - S3 does not ask for the size of parts
        """As PartedUploads.begin."""
        with self._told("write", path):
            answer = self._requests.send(
                "POST", self._place.key(path), {"uploads": ""}, headers=self._headers(self._place.key(path))
            )
            return _text(_parsed(answer), "UploadId")

    @contextmanager
    def part(self, path: ArtifactPath, upload_id: str, number: int) -> Iterator[Spool]:
        """As PartedUploads.part. What comes waits in a temporary file: its length and hash go first."""
        with spooled("sha256") as spool:
            yield spool
            self._put(path, upload_id, number, spool.rewound(), spool.size_bytes, spool.digest.hex())

    def send(self, path: ArtifactPath, upload_id: str, number: int, content: bytes) -> Part:
        """As ObjectUploads.send."""
        return self._put(path, upload_id, number, content, len(content), None)

    def parts(self, path: ArtifactPath, upload_id: str) -> Sequence[Part]:
        """As PartedUploads.parts."""
        found: list[Part] = []
        query = {"uploadId": upload_id}
        with self._told("write", path):
            while True:
                page = _parsed(self._requests.send("GET", self._place.key(path), query))
                found += [
                    Part(int(_text(part, "PartNumber")), int(_text(part, "Size")), _text(part, "ETag").strip('"'))
                    for part in page.iter()
                    if _name(part) == "Part"
                ]
                if _text(page, "IsTruncated") != "true":
                    return sorted(found, key=lambda part: part.number)
                query["part-number-marker"] = _text(page, "NextPartNumberMarker")

    def complete(self, path: ArtifactPath, upload_id: str, parts: Sequence[Part]) -> None:
        """As PartedUploads.complete."""
        if not parts:
            raise InvalidParameter(f"The upload of {str(path)!r} has no parts: send one at least.")
        lines = "".join(
            f"<Part><PartNumber>{part.number}</PartNumber><ETag>&quot;{escape(part.tag.strip(chr(34)))}&quot;</ETag></Part>"
            for part in sorted(parts, key=lambda part: part.number)
        )
        body = f"<CompleteMultipartUpload>{lines}</CompleteMultipartUpload>".encode()
        with self._told("write", path):
            # Sent twice, it would find nothing the second time, though the first did its work.
            try:
                answer = self._requests.send(
                    "POST", self._place.key(path), {"uploadId": upload_id}, body, is_repeatable=False
                )
                # S3 begins to answer before it knows: an error may stand in an answer that began well.
                if re.search(rb"<Error\b", answer.data):
                    raise Answered(500, answer.headers, answer.data)
            except Answered as refused:
                if refused.refusal.status == 500:
                    self.parts(path, upload_id)  # Ceph fails where it should say that there is no such upload
                raise

    def abandon(self, path: ArtifactPath, upload_id: str) -> None:
        """As PartedUploads.abandon."""
        with suppress(NotFound), self._told("write", path):
            self._requests.send("DELETE", self._place.key(path), {"uploadId": upload_id})

    def _put(
        self, path: ArtifactPath, upload_id: str, number: int, body: "bytes | BinaryIO", size: int, sha256: str | None
    ) -> Part:
        query = {"partNumber": str(number), "uploadId": upload_id}
        with self._told("write", path):
            answer = self._requests.send(
                "PUT", self._place.key(path), query, body, headers={"Content-Length": str(size)}, sha256=sha256
            )
        return Part(number, size, answer.headers.get("ETag", "").strip('"'))

    @contextmanager
    def _told(self, act: Act, path: ArtifactPath) -> Iterator[None]:
        try:
            yield
        except store_errors() as error:
            raise explain(error, self._facts(), act, repr(str(path))) from error


def _parsed(answer: "urllib3.BaseHTTPResponse") -> ElementTree.Element:
    return ElementTree.fromstring(answer.data)  # noqa: S314 - by the store, which may spoil its own objects anyway


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element, name: str) -> str:
    return next((child.text or "" for child in element.iter() if _name(child) == name), "")
