"""From a location to the store of its files; the one module that knows every kind, each imported on demand."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kirok.base.errors import EndpointNotFound, InvalidParameter, NotFound
from kirok.base.settings import ArtifactSettings
from kirok.rules.aliases import parse_aliases
from kirok.rules.passwords import without_password
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.here import path_here
from kirok.rules.uris.parse import parse, scheme
from kirok.rules.uris.paths import LocalPath
from kirok.rules.uris.proxied import SCHEME, Proxied

if TYPE_CHECKING:
    from kirok.artifact_stores.protocols import ArtifactStore, StreamedArtifactStore
    from kirok.transport import Transport


def open_artifact_store(location: str, settings: ArtifactSettings = ArtifactSettings()) -> "StreamedArtifactStore":
    """The store at a path, a `file:` URI or an object store's URI (credentials come from the environment).

    Nothing is contacted and no folder is made yet. InvalidParameter for a location of another kind, and for a folder
    of another kind of machine.
    """
    place = parse(location)
    if isinstance(place, ObjectLocation):
        from kirok.artifact_stores.objects.open import open_objects

        return open_objects(location, settings)
    if isinstance(place, LocalPath):
        from kirok.artifact_stores.local import LocalArtifacts

        return LocalArtifacts(path_here(place, location), settings)
    raise InvalidParameter(
        f"Artifacts cannot be kept at {without_password(location)!r}: kirok knows folders (a path or file:///path) and "
        f"the object stores {', '.join(f'{name}://' for name in ('s3', 'gs', 'az', 'abfss', 'wasbs'))}, not "
        f"{scheme(location)}:."
    )


def open_run_artifacts(
    location: str, tracking: "Transport | None", settings: ArtifactSettings = ArtifactSettings()
) -> "ArtifactStore":
    """The store that a client finds at a run's artifact root: `open_artifact_store`, or the proxy that `tracking` is.
    This process's own aliases of roots count, since its disks may be mounted elsewhere than the server's.

    InvalidParameter for a proxied root without a server, or with another one: credentials for one server are not sent
    to a host that a row names, unless the server itself sends its clients there.
    """
    location = parse_aliases(settings.root_aliases).resolve(location)
    place = parse(location)
    if not isinstance(place, Proxied):
        return open_artifact_store(location, settings)

    from kirok.artifact_stores.proxy import ProxiedArtifacts

    if tracking is None:
        raise InvalidParameter(
            f"The artifacts at {location!r} are kept by a tracking server. Set MLFLOW_TRACKING_URI to its address."
        )
    if not place.is_kept_by(tracking.uri):
        tracking = _artifact_server(place, tracking, location)
    return ProxiedArtifacts(tracking, place.inner, settings)


def _artifact_server(place: Proxied, tracking: "Transport", location: str) -> "Transport":
    from kirok.wire.artifacts import ServerInfo
    from kirok.wire.endpoints import SERVER_INFO
    from kirok.wire.experiments import Empty

    try:
        info: ServerInfo = tracking.call(SERVER_INFO, Empty())
    except (EndpointNotFound, NotFound):
        info = ServerInfo()
    if place.server not in info.artifact_servers:
        raise InvalidParameter(
            f"The artifacts at {location!r} are kept by the server {place.server}, but MLFLOW_TRACKING_URI names "
            f"{tracking.uri}. Set it to the server that keeps them, or start the tracking server with "
            f"--default-artifact-root={SCHEME}://{place.server}/, by which it sends its clients there."
        )
    return tracking.at(place.server if "://" in place.server else f"{urlsplit(tracking.uri).scheme}://{place.server}")
