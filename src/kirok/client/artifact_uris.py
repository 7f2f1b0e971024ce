"""Files by URI: `runs:/<run id>/<path>`, `mlflow-artifacts:/…`, a path, or an object store's."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kirok.artifact_stores.open import open_run_artifacts
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.base.errors import BadRequest, InvalidParameter, NotSupported
from kirok.client.artifact_trees import download
from kirok.client.mlflow_client import MlflowClient
from kirok.client.session import SESSION
from kirok.entities.artifacts import ArtifactPath, FileInfo
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.here import in_full
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath
from kirok.rules.uris.proxied import Proxied
from kirok.rules.uris.records import LoggedModelFiles, ModelFiles, RunFiles
from kirok.rules.uris.segments import split_name

if TYPE_CHECKING:
    import PIL.Image


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,  # noqa: ARG001 - MLflow's signature; needed for models:/ URIs, not here yet
) -> str:
    """Copy a file or a directory with all in it, and return its absolute local path.

    By `artifact_uri`, or by `run_id` with an `artifact_path` inside the run (all of it unless given). It goes below
    `dst_path`, which is made where it is absent; without one, what already lies on this machine is returned where it
    is. InvalidParameter unless exactly one of URI and run is given; NotFound where nothing is.
    """
    store, path = place_of(artifact_uri, run_id, artifact_path, tracking_uri)
    return download(store, path, dst_path, SESSION.connect(tracking_uri or SESSION.tracking_uri()).settings.artifacts)


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """What lies directly in a directory; nothing for a file or where nothing is. Arguments as `download_artifacts`."""
    store, path = place_of(artifact_uri, run_id, artifact_path, tracking_uri)
    return store.list(path)


def load_text(artifact_uri: str) -> str:
    """The text of a UTF-8 file. BadRequest for another encoding."""
    with tempfile.TemporaryDirectory(prefix="kirok-") as folder:
        content = Path(download_artifacts(artifact_uri, dst_path=folder)).read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as reason:
        raise BadRequest(
            f"Artifact {artifact_uri!r} is not valid UTF-8. Fetch it with kirok.artifacts.download_artifacts and open "
            "it with the right encoding."
        ) from reason


def load_dict(artifact_uri: str) -> dict[str, Any]:
    """What a JSON file holds. BadRequest where it is no JSON."""
    try:
        content: dict[str, Any] = json.loads(load_text(artifact_uri))
    except json.JSONDecodeError as reason:
        raise BadRequest(f"Unable to form a JSON object from file content: {artifact_uri!r}: {reason}") from reason
    return content


def load_image(artifact_uri: str) -> "PIL.Image.Image":
    """The image in a file. BadRequest where it is none; ImportError without Pillow."""
    try:
        from PIL import Image
    except ImportError as missing:
        raise ImportError("`load_image` requires Pillow. Please install it via: pip install Pillow") from missing
    with tempfile.TemporaryDirectory(prefix="kirok-") as folder:
        file = download_artifacts(artifact_uri, dst_path=folder)
        try:
            image = Image.open(file)
            image.load()
        except OSError as reason:
            raise BadRequest(f"Unable to form a PIL Image object from file content: {artifact_uri!r}") from reason
    return image


def place_of(
    artifact_uri: str | None, run_id: str | None, artifact_path: str | None, tracking_uri: str | None
) -> tuple[ArtifactStore, ArtifactPath]:
    """The store that holds what is asked for, and its path there; nothing is looked up but the run.

    By `artifact_uri`, or by `run_id` with an `artifact_path` inside the run. InvalidParameter unless exactly one of
    URI and run is given, and for a URI that names no file or directory.
    """
    if (artifact_uri is None) == (run_id is None):
        raise InvalidParameter("Exactly one of `run_id` or `artifact_uri` must be specified")
    if artifact_uri is not None and artifact_path is not None:
        raise InvalidParameter("`artifact_path` cannot be specified if `artifact_uri` is specified")
    if run_id is not None:
        return MlflowClient(tracking_uri).artifacts_of(run_id), ArtifactPath.parse(artifact_path)
    uri = artifact_uri or ""
    place = parse(uri)
    if isinstance(place, RunFiles):
        return MlflowClient(tracking_uri).artifacts_of(place.run_id), ArtifactPath.parse(place.path)
    if isinstance(place, ModelFiles | LoggedModelFiles):
        raise NotSupported(f"{uri!r}: this version of kirok does not have MLflow's model registry yet.")
    if isinstance(place, LocalPath) and place.is_relative:
        place = parse(in_full(uri))
    root, name = split_name(place)
    if not name and isinstance(place, LocalPath | ObjectLocation | Proxied):
        raise InvalidParameter(f"{uri!r} names no file or directory.")
    connection = SESSION.connect(tracking_uri or SESSION.tracking_uri())
    return open_run_artifacts(root.uri, connection.server, connection.settings.artifacts), ArtifactPath.parse(name)
