"""From a location to the store of its files; the one module that knows every kind, each imported on demand."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kirok.artifact_stores.locations import local_folder, scheme
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings
from kirok.rules.aliases import parse_aliases

if TYPE_CHECKING:
    from kirok.artifact_stores.protocols import ArtifactStore, StreamedArtifactStore
    from kirok.transport import Transport

REMOTE_SCHEMES = ("s3", "gs", "az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs")


def open_artifact_store(location: str, settings: ArtifactSettings = ArtifactSettings()) -> "StreamedArtifactStore":
    """The store at a path, a `file:` URI or an object store's URI (credentials come from the environment).

    Nothing is contacted and no folder is made yet. InvalidParameter for a location of another kind.
    """
    kind = scheme(location)
    if kind in REMOTE_SCHEMES:
        from kirok.artifact_stores.remote import RemoteArtifacts

        return RemoteArtifacts(location, settings)
    folder = local_folder(location)
    if folder is not None:
        from kirok.artifact_stores.local import LocalArtifacts

        return LocalArtifacts(folder, settings)
    raise InvalidParameter(
        f"Artifacts cannot be kept at {location!r}: kirok knows folders (a path or file:///path) and the object stores "
        f"{', '.join(f'{name}://' for name in ('s3', 'gs', 'az', 'abfss', 'wasbs'))}, not {kind}:."
    )


def open_run_artifacts(
    location: str, tracking: "Transport | None", settings: ArtifactSettings = ArtifactSettings()
) -> "ArtifactStore":
    """The store that a client finds at a run's artifact root: `open_artifact_store`, or the proxy that `tracking` is.
    This process's own aliases of roots count, since its disks may be mounted elsewhere than the server's.

    InvalidParameter for a proxied root without a server, or with another one: credentials for one server are not sent
    to a host that a row names.
    """
    location = parse_aliases(settings.root_aliases).resolve(location)
    is_proxied = scheme(location) == "mlflow-artifacts"
    root = location if is_proxied else _path_at_server(location, tracking)
    if root is None:
        return open_artifact_store(location, settings)

    from kirok.artifact_stores.proxy import ProxiedArtifacts, proxied_path

    if tracking is None:
        raise InvalidParameter(
            f"The artifacts at {location!r} are kept by a tracking server. Set MLFLOW_TRACKING_URI to its address."
        )
    host = urlsplit(location).netloc if is_proxied else ""
    if host and host != urlsplit(tracking.uri).netloc:
        raise InvalidParameter(
            f"The artifacts at {location!r} are kept by the server {host}, but MLFLOW_TRACKING_URI names "
            f"{tracking.uri}. Set it to the server that keeps them."
        )
    return ProxiedArtifacts(tracking, proxied_path(root), settings)


def _path_at_server(location: str, tracking: "Transport | None") -> str | None:
    """What lies behind the proxy's own URL, as older experiments name it: None for any other location."""
    if tracking is None or not location.startswith(("http:", "https:")):
        return None
    for base in ("/api/2.0/mlflow-artifacts/artifacts", "/ajax-api/2.0/mlflow-artifacts/artifacts"):
        if location.startswith(tracking.uri + base):
            return "mlflow-artifacts:" + location[len(tracking.uri + base) :]
    return None
