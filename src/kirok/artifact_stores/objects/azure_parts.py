"""Uploads in parts to Azure: blocks that nobody sees until a list of them makes a blob.

https://learn.microsoft.com/rest/api/storageservices/put-block. Blocks belong to a blob rather than to an upload, so
an upload's id begins the id of each of its blocks, and block 0 says that it was begun. Azure has no request that
drops blocks: it clears them a week after the last, and all that a blob has when a list makes it anew. Of two uploads to
one name the first that is completed ends the other.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO
from xml.etree import ElementTree

from kirok.artifact_stores.objects.azure_requests import AzureRequests
from kirok.artifact_stores.objects.content_types import content_type
from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.refusals import Act, Facts, explain, store_errors
from kirok.artifact_stores.objects.spools import Spool, spooled
from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.artifacts import ArtifactPath, Part

_ID_BYTES = 16
# What block 0 holds, which is never part of the blob: an upload that goes on, or one that was given up.
_GOES_ON, _GIVEN_UP = b"1", b"00"
_MOST_PARTS = 50_000


class AzureUploads:
    """Uploads in parts, of which Azure keeps the account."""

    smallest_part_bytes = 1

    def __init__(self, place: Place, requests: AzureRequests, facts: Callable[[], Facts]) -> None:
        self._place, self._requests, self._facts = place, requests, facts

    def begin(self, path: ArtifactPath, part_bytes: int) -> str:  # noqa: ARG002 - blocks may have any size
        """As PartedUploads.begin."""
        upload_id = secrets.token_hex(_ID_BYTES)
        self._put(path, block_id(upload_id, 0), _GOES_ON, len(_GOES_ON), _md5(_GOES_ON))
        return upload_id

    @contextmanager
    def part(self, path: ArtifactPath, upload_id: str, number: int) -> Iterator[Spool]:
        """As PartedUploads.part. What comes waits in a temporary file: its length and hash go first."""
        self._check(number)
        self.parts(path, upload_id)
        with spooled("md5") as spool:
            yield spool
            self._put(path, block_id(upload_id, number), spool.rewound(), spool.size_bytes, spool.digest)

    def send(self, path: ArtifactPath, upload_id: str, number: int, content: bytes) -> Part:
        """As ObjectUploads.send."""
        self._check(number)
        name = block_id(upload_id, number)
        self._put(path, name, content, len(content), _md5(content))
        return Part(number, len(content), name)

    def parts(self, path: ArtifactPath, upload_id: str) -> Sequence[Part]:
        """As PartedUploads.parts."""
        try:
            with self._told("read", path):
                query = {"comp": "blocklist", "blocklisttype": "uncommitted"}
                answer = self._requests.send("GET", self._place.key(path), query)
        except NotFound:
            raise _unknown(path) from None
        found: dict[int, Part] = {}
        for block in ElementTree.fromstring(answer.data).iter("Block"):  # noqa: S314 - Azure's own, over TLS
            name, size = block.findtext("Name", ""), int(block.findtext("Size", "0"))
            plain = base64.b64decode(name).decode("ascii", "replace")
            if plain.startswith(upload_id) and len(plain) == len(upload_id) + 6:
                number = int(plain[-5:])
                found[number] = Part(number, size, name)
        marker = found.pop(0, None)
        if marker is None or marker.size_bytes != len(_GOES_ON):
            raise _unknown(path)
        return [found[number] for number in sorted(found)]

    def complete(self, path: ArtifactPath, upload_id: str, parts: Sequence[Part]) -> None:
        """As PartedUploads.complete. A part without a tag is taken as it is: Azure gives those who send one none."""
        kept = {part.number for part in self.parts(path, upload_id)}
        names = []
        for part in sorted(parts, key=lambda part: part.number):
            name = block_id(upload_id, part.number)
            if part.number not in kept or part.tag not in ("", name):
                raise InvalidParameter(
                    f"Part {part.number} of {str(path)!r} is not there as it was sent: send it again."
                )
            names.append(f"<Latest>{name}</Latest>")
        if not names:
            raise InvalidParameter(f"The upload of {str(path)!r} has no parts: send one at least.")
        key = self._place.key(path)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{"".join(names)}</BlockList>'.encode()
        with self._told("write", path):
            self._requests.send("PUT", key, {"comp": "blocklist"}, body, {"x-ms-blob-content-type": content_type(key)})

    def abandon(self, path: ArtifactPath, upload_id: str) -> None:
        """As PartedUploads.abandon; the blocks take no part in anything, and go after a week."""
        with suppress(NotFound):
            self.parts(path, upload_id)
            self._put(path, block_id(upload_id, 0), _GIVEN_UP, len(_GIVEN_UP), _md5(_GIVEN_UP))

    def _put(self, path: ArtifactPath, name: str, body: "bytes | BinaryIO", size: int, md5: bytes) -> None:
        headers = {"Content-Length": str(size), "Content-MD5": base64.b64encode(md5).decode()}
        with self._told("write", path):
            self._requests.send("PUT", self._place.key(path), {"comp": "block", "blockid": name}, body, headers)

    @staticmethod
    def _check(number: int) -> None:
        if not 1 <= number <= _MOST_PARTS:
            raise InvalidParameter(f"Part number {number} is out of range: Azure takes 1 to {_MOST_PARTS}.")

    @contextmanager
    def _told(self, act: Act, path: ArtifactPath) -> Iterator[None]:
        try:
            yield
        except store_errors() as error:
            raise explain(error, self._facts(), act, repr(str(path))) from error


def block_id(upload_id: str, number: int) -> str:
    """A block's name; all of a blob's must have one length."""
    return base64.b64encode(f"{upload_id}-{number:05}".encode()).decode()


def _unknown(path: ArtifactPath) -> NotFound:
    return NotFound(f"No such upload of {str(path)!r}: it was completed, given up, or never begun.")


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()
