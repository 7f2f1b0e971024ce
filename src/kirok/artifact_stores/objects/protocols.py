"""What each kind of object store gives to the store of artifacts that stands on all of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.refusals import Facts
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.entities.artifacts import ArtifactPath, Part

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class ObjectUploads(PartedUploads, Protocol):
    """Uploads in parts of which the sender has a part in memory."""

    def send(self, path: ArtifactPath, upload_id: str, number: int, content: bytes) -> Part:
        """Keep part `number`. The store checks that it arrived as it was sent."""


class Bucket(Protocol):
    """A bucket (container, on Azure) as it is reached from here. Nothing is contacted before it is used."""

    place: Place

    @property
    def facts(self) -> Facts:
        """What messages about it name."""

    @property
    def store(self) -> "ObjectStore":
        """By obstore; keys are whole, with the location's prefix. Raises KirokError for settings of no use."""

    @property
    def parted(self) -> ObjectUploads | None:
        """As ArtifactStore.parted."""

    @property
    def direct(self) -> DirectAccess | None:
        """As ArtifactStore.direct."""

    def put(self, key: str, content: bytes) -> None:
        """Store a small object in one request."""

    def create(self) -> None:
        """Make the bucket, unless it is there and ours."""

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects. One that is not there is no error."""

    def remove_folder_marker(self, key: str) -> None:
        """Remove the empty object whose name is `key` and a slash, as consoles make to show a folder."""
