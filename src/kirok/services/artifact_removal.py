"""Deleting the artifacts of a run or logged model, and nothing else, whatever its row says where they lie."""

from urllib.parse import unquote

from msgspec import Struct

from kirok.artifact_stores.open import open_artifact_store, open_run_artifacts
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath
from kirok.rules.uris.proxied import Proxied
from kirok.rules.uris.segments import split_name
from kirok.services.artifact_places import ArtifactPlaces
from kirok.transport import Transport

_ROOT = "artifacts"


class Footprint(Struct, frozen=True):
    """How much lies somewhere."""

    files: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Footprint") -> "Footprint":
        """Both together."""
        return Footprint(self.files + other.files, self.size_bytes + other.size_bytes)


class ArtifactRemoval:
    """Finds artifact roots, where they are now, and empties them.

    Proxied roots (`mlflow-artifacts:`) lie below `destination` where that is given, else behind the server `tracking`.
    """

    def __init__(
        self, places: ArtifactPlaces, tracking: Transport | None = None, destination: str | None = None
    ) -> None:
        self._places = places
        self._tracking = tracking
        self._destination = destination

    def measure(self, owner_id: str, artifact_uri: str) -> Footprint:
        """What the listing of an artifact root comes to. Raises as `remove`."""
        return _measured(*self.locate(owner_id, artifact_uri))

    def remove(self, owner_id: str, artifact_uri: str) -> Footprint:
        """Delete everything below an artifact root, and the root; what its listing came to.

        InvalidParameter where the URI is not the root of this run's or model's own artifacts, or cannot be resolved.
        Raises as the artifact store does where that refuses or is away; what was deleted by then is gone.
        """
        store, path = self.locate(owner_id, artifact_uri)
        found = _measured(store, path)
        store.delete(path)
        return found

    def locate(self, owner_id: str, artifact_uri: str) -> tuple[ArtifactStore, ArtifactPath]:
        """The store that holds an artifact root, opened two levels above it, and the root's path therein.

        A row's URI is whatever its writer put there. Only one that ends with the owner's id and `artifacts` is taken:
        such a folder belongs to nobody else. And the store refuses a path that a link leads out of it.
        """
        artifact_uri = self._places.of_files(artifact_uri)
        place, path = parse(artifact_uri), ArtifactPath.of(owner_id, _ROOT)
        owned, last = split_name(place)
        above, owner = split_name(owned)
        if not isinstance(place, LocalPath | ObjectLocation | Proxied):
            return open_run_artifacts(artifact_uri, self._tracking), path  # which says what it cannot open
        if f"{owner}/{last}" != path or ".." in unquote(artifact_uri).split("/"):
            raise InvalidParameter(
                f"The artifact root {artifact_uri!r} does not end with /{owner_id}/{_ROOT}: it may hold other things."
            )
        if isinstance(place, Proxied) and self._destination is not None:
            return open_artifact_store(self._destination), place.inner
        if isinstance(place, Proxied) and self._tracking is None:
            raise InvalidParameter(
                f"The artifacts at {artifact_uri!r} are kept by a server: name its folder or bucket by "
                "--artifacts-destination, or its address by --tracking-uri."
            )
        return open_run_artifacts(above.uri, self._tracking), path


def _measured(store: ArtifactStore, path: ArtifactPath) -> Footprint:
    total = Footprint()
    for info in store.list(path):
        inner = ArtifactPath.parse(info.path)
        total += _measured(store, inner) if info.is_dir else Footprint(1, info.file_size or 0)
    return total
