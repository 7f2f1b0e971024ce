"""The rows of the endpoint table under which files travel: of runs, and below the server's artifacts destination."""

from kirok.wire import artifacts
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

ARTIFACT_ENDPOINTS: tuple[Endpoint, ...] = tuple(row for row in globals().values() if isinstance(row, Endpoint))
"""Every row, in the order above."""
