"""Large files in parts, and signed requests to an object store, as JSON: kirok's own messages, then MLflow's."""

import re

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.entities import artifacts as entities
from kirok.wire.numbers import Int64

CHECKSUM = "Kirok-CRC32"
"""The header with the CRC-32 of a request's body, as eight hexadecimal digits: a body that has another is refused."""


class BeginUpload(Struct):
    path: str
    part_bytes: Int64


class UploadBegun(Struct):
    upload_id: str


class NamedUpload(Struct):
    path: str
    upload_id: str


class NamedPart(Struct):
    path: str
    upload_id: str
    number: Int64


class KeptPart(Struct):
    number: Int64
    size_bytes: Int64
    tag: str

    @classmethod
    def of(cls, part: entities.Part) -> "KeptPart":
        """The JSON form of a record."""
        return cls(part.number, part.size_bytes, part.tag)

    def record(self) -> entities.Part:
        """The record of a JSON form."""
        return entities.Part(self.number, self.size_bytes, self.tag)


class KeptParts(Struct):
    parts: list[KeptPart]


class CompleteUpload(Struct):
    path: str
    upload_id: str
    parts: list[KeptPart]


class SignParts(Struct):
    path: str
    upload_id: str
    numbers: list[Int64]


class SignedPart(Struct):
    """A PUT of one part."""

    number: Int64
    url: str
    headers: dict[str, str] = {}


class SignedParts(Struct):
    """As many of the parts asked for as the store lets others send."""

    requests: list[SignedPart] = []


class OfLocalFile(Struct, kw_only=True, omit_defaults=True):
    """A request about a file that has `path` on the client's machine, whatever system that runs."""

    path: str

    @property
    def name(self) -> str:
        """What the file is called; InvalidParameter where the path ends in none."""
        name = re.split(r"[/\\]", self.path)[-1]
        if not name:
            raise InvalidParameter("Invalid value for parameter 'path': it must end with the name of a file.")
        return name


class CreateMultipart(OfLocalFile, kw_only=True, omit_defaults=True):
    num_parts: Int64 = 0


class PartCredential(Struct, kw_only=True):
    url: str
    part_number: Int64
    headers: dict[str, str] = {}


class CreatedMultipart(Struct, kw_only=True):
    upload_id: str
    credentials: list[PartCredential] = []


class SentPart(Struct, kw_only=True, omit_defaults=True):
    """`etag` is what the store answered to the part."""

    part_number: Int64
    etag: str | None = None
    url: str | None = None


class CompleteMultipart(OfLocalFile, kw_only=True, omit_defaults=True):
    upload_id: str
    parts: list[SentPart]


class AbortMultipart(OfLocalFile, kw_only=True, omit_defaults=True):
    """Without its id, Ceph would take the end of an upload for the deletion of the file."""

    upload_id: str


class PresignedFile(Struct, kw_only=True, omit_defaults=True):
    """A GET of one file."""

    url: str
    headers: dict[str, str] = {}
    file_size: Int64 | None = None


class CreatePresignedUpload(Struct, kw_only=True, omit_defaults=True):
    """Exactly one of run and logged model is named. `expiration` is in seconds."""

    run_id: str | None = None
    model_id: str | None = None
    path: str
    expiration: Int64 | None = None


class CreatePresignedDownload(Struct, kw_only=True, omit_defaults=True):
    """`expiration` is in seconds."""

    run_id: str
    path: str
    expiration: Int64 | None = None


class PresignedUrl(Struct, kw_only=True, omit_defaults=True):
    presigned_url: str
    headers: dict[str, str] = {}
    file_size: Int64 | None = None
