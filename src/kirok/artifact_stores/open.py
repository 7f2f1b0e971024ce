"""From a location to the store of its files; the one module that knows every kind, each imported on demand."""

from typing import TYPE_CHECKING

from kirok.artifact_stores.locations import local_folder, scheme
from kirok.base.errors import InvalidParameter

if TYPE_CHECKING:
    from kirok.artifact_stores.protocols import StreamedArtifactStore

REMOTE_SCHEMES = ("s3", "gs", "az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs")


def open_artifact_store(location: str) -> "StreamedArtifactStore":
    """The store at a path, a `file:` URI or an object store's URI (credentials come from the environment).

    Nothing is contacted and no folder is made yet. InvalidParameter for a location of another kind.
    """
    kind = scheme(location)
    if kind in REMOTE_SCHEMES:
        from kirok.artifact_stores.remote import RemoteArtifacts

        return RemoteArtifacts(location)
    folder = local_folder(location)
    if folder is not None:
        from kirok.artifact_stores.local import LocalArtifacts

        return LocalArtifacts(folder)
    raise InvalidParameter(
        f"Artifacts cannot be kept at {location!r}: kirok knows folders (a path or file:///path) and the object stores "
        f"{', '.join(f'{name}://' for name in ('s3', 'gs', 'az', 'abfss', 'wasbs'))}, not {kind}:."
    )
