"""The rows of the endpoint table under which files travel: of runs, and below the server's artifacts destination."""

from kirok.wire import artifacts, bundles
from kirok.wire.endpoint import Endpoint, Permission, get
from kirok.wire.experiments import Empty as _Empty

_READ, _EDIT = Permission.READ, Permission.EDIT

LIST_ARTIFACTS = get(
    "list_artifacts",
    "/artifacts/list",
    artifacts.ListArtifacts,
    artifacts.ArtifactsPage,
    _READ,
    "The files in one directory of a run's artifacts.",
)
LIST_PROXIED = Endpoint(
    "list_proxied",
    "GET",
    "/artifacts",
    artifacts.ListProxied,
    artifacts.ProxiedFiles,
    _READ,
    "The files in one directory below the server's artifacts destination.",
    base="/mlflow-artifacts",
)
DOWNLOAD_PROXIED = Endpoint(
    "download_proxied",
    "GET",
    "/artifacts/{path}",
    _Empty,
    bytes,
    _READ,
    "The bytes of one file below the server's artifacts destination; ranges are answered.",
    base="/mlflow-artifacts",
)
UPLOAD_PROXIED = Endpoint(
    "upload_proxied",
    "PUT",
    "/artifacts/{path}",
    bytes,
    _Empty,
    _EDIT,
    "Store the request's body as one file below the server's artifacts destination.",
    base="/mlflow-artifacts",
)
DELETE_PROXIED = Endpoint(
    "delete_proxied",
    "DELETE",
    "/artifacts/{path}",
    _Empty,
    _Empty,
    _EDIT,
    "Remove a file or a directory below the server's artifacts destination; nothing there is no error.",
    base="/mlflow-artifacts",
)
GET_ARTIFACT = Endpoint(
    "get_artifact",
    "GET",
    "/get-artifact",
    artifacts.GetArtifact,
    bytes,
    _READ,
    "The bytes of one file of a run, as an attachment.",
    at_root=True,
)
UPLOAD_ARTIFACT = Endpoint(
    "upload_artifact",
    "POST",
    "/upload-artifact",
    bytes,
    _Empty,
    _EDIT,
    "Store the request's body, of at most 10 MiB, as the file of the run that the query names.",
    browser_only=True,
    query=artifacts.UploadArtifact,
)
DELETE_ARTIFACTS = Endpoint(
    "delete_artifacts",
    "POST",
    "/api/kirok/artifacts/delete",
    artifacts.DeleteArtifacts,
    _Empty,
    _EDIT,
    "Remove a file or a directory of a run; nothing there is no error.",
    at_root=True,
)
ZIP_OF_RUN = Endpoint(
    "zip_of_run",
    "GET",
    "/api/kirok/artifacts/zip",
    artifacts.ZipArtifacts,
    bytes,
    _READ,
    "A directory of a run with all in it, as a zip archive.",
    at_root=True,
)
ZIP_OF_PROXIED = Endpoint(
    "zip_of_proxied",
    "GET",
    "/api/kirok/mlflow-artifacts/zip",
    artifacts.ZipProxied,
    bytes,
    _READ,
    "A directory below the server's artifacts destination with all in it, as a zip archive.",
    base="/mlflow-artifacts",
    at_root=True,
)
DOWNLOAD_BUNDLE = Endpoint(
    "download_bundle",
    "GET",
    "/api/kirok/mlflow-artifacts/bundle",
    bundles.Bundle,
    bytes,
    _READ,
    "All files of a directory below the server's artifacts destination, those of up to 256 KiB with their content.",
    base="/mlflow-artifacts",
    at_root=True,
)
UPLOAD_BUNDLE = Endpoint(
    "upload_bundle",
    "POST",
    "/api/kirok/mlflow-artifacts/bundle",
    bytes,
    bundles.BundleStored,
    _EDIT,
    "Store many files of up to 256 KiB in a directory below the server's artifacts destination.",
    base="/mlflow-artifacts",
    at_root=True,
    query=bundles.Bundle,
)

ARTIFACT_ENDPOINTS: tuple[Endpoint, ...] = tuple(row for row in globals().values() if isinstance(row, Endpoint))
"""Every row, in the order above."""
