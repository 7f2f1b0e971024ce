"""What a backup says of itself: the last member of its file."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

import msgspec
from msgspec import Struct

from kirok.base.errors import InvalidParameter

NAME = "manifest.json"
DATABASE = "database.sqlite"
RECORDS = "records/"
ARTIFACTS = "artifacts/"
_FORMAT = 1

Kind = Literal["sqlite", "folder"]


class Member(Struct, frozen=True):
    """One file of a backup. `sha256` in hex."""

    name: str
    size_bytes: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """All that belongs to a backup; what the file holds besides does not count."""

    kind: Kind
    source: str
    """Where the records came from, without password."""
    made_at_ms: int
    kirok_version: str
    schema_revision: str | None = None
    counts: dict[str, int] = {}
    """Rows by table, or things by kind."""
    members: tuple[Member, ...] = ()
    folders: tuple[str, ...] = ()
    """Directories, which may be empty and matter all the same."""
    format: int = _FORMAT

    @property
    def size_bytes(self) -> int:
        """What all members come to, unpacked."""
        return sum(member.size_bytes for member in self.members)

    @property
    def made_at(self) -> str:
        """When it was made, for people."""
        return f"{datetime.fromtimestamp(self.made_at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"

    def of_kind(self, prefix: str) -> list[Member]:
        """The members below `records/` or `artifacts/`."""
        return [member for member in self.members if member.name.startswith(prefix)]


def read(text: bytes) -> Manifest:
    """The manifest written as `text`; InvalidParameter for another format, and for names that lead out of a folder."""
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise InvalidParameter(f"The backup's manifest cannot be read: {error}.") from error
    if manifest.format != _FORMAT:
        raise InvalidParameter(
            f"The backup is of format {manifest.format}, which this version of kirok does not know: use a newer one."
        )
    for name in [*(member.name for member in manifest.members), *manifest.folders]:
        path = PurePosixPath(name)
        stays = not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name
        if not stays or (name != DATABASE and not name.startswith((RECORDS, ARTIFACTS))):
            raise InvalidParameter(f"The backup names a file that could not have come from kirok: {name!r}.")
    return manifest


def write(manifest: Manifest) -> bytes:
    """The manifest as JSON, for people and `read`."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)
