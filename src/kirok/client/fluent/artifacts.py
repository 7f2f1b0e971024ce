"""Files of the active run. Where no run is active, one is started.

An `artifact_path` or `artifact_file` is relative to the run and uses forward slashes.
"""

from typing import TYPE_CHECKING, Any, BinaryIO

from kirok.client.active_experiment import current_experiment_id
from kirok.client.active_run import running, target
from kirok.client.mlflow_client import MlflowClient
from kirok.entities.artifacts import ArtifactPath
from kirok.rules.locations import below

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import PIL.Image

    from kirok.client.images import Image


def log_artifact(local_path: str, artifact_path: str | None = None, run_id: str | None = None) -> None:
    """Store a file, or a folder under its own name, in directory `artifact_path`."""
    target_id, client = target(run_id)
    client.log_artifact(target_id, local_path, artifact_path)


def log_artifacts(local_dir: str, artifact_path: str | None = None, run_id: str | None = None) -> None:
    """Store all that is in a folder in directory `artifact_path`."""
    target_id, client = target(run_id)
    client.log_artifacts(target_id, local_dir, artifact_path)


def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Store text as a UTF-8 file."""
    target_id, client = target(run_id)
    client.log_text(target_id, text, artifact_file)


def log_dict(dictionary: dict[str, Any], artifact_file: str, run_id: str | None = None) -> None:
    """Store a dictionary: as YAML where the name ends in `.yml` or `.yaml`, else as JSON."""
    target_id, client = target(run_id)
    client.log_dict(target_id, dictionary, artifact_file)


def log_stream(stream: BinaryIO, artifact_file: str, run_id: str | None = None) -> None:
    """Store what a binary stream yields, in constant memory."""
    target_id, client = target(run_id)
    client.log_stream(target_id, stream, artifact_file)


def log_figure(figure: Any, artifact_file: str, *, save_kwargs: dict[str, Any] | None = None) -> None:
    """Store a matplotlib or plotly figure in the format its file name asks for."""
    active_id, client = target()
    client.log_figure(active_id, figure, artifact_file, save_kwargs=save_kwargs)


def log_image(
    image: "np.ndarray[Any, Any] | PIL.Image.Image | Image",
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> None:
    """Store an image as `artifact_file`, or under `key` as one of a series that run pages show by step."""
    active_id, client = target()
    client.log_image(active_id, image, artifact_file, key, step, timestamp, synchronous)


def log_table(data: "dict[str, Any] | pd.DataFrame", artifact_file: str, run_id: str | None = None) -> None:
    """Append rows to a table, kept as `.json` or `.parquet`, which begins with the first call."""
    target_id, client = target(run_id)
    client.log_table(target_id, data, artifact_file)


def load_table(
    artifact_file: str, run_ids: list[str] | None = None, extra_columns: list[str] | None = None
) -> "pd.DataFrame":
    """The rows of that table over the runs of the active experiment, or of those given, one below the other."""
    client = MlflowClient()
    return client.load_table(current_experiment_id(client), artifact_file, run_ids, extra_columns)


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """Where the active run's artifacts are, or one of them."""
    run = running().run
    path = ArtifactPath.parse(artifact_path)
    return below(run.info.artifact_uri, path) if path else run.info.artifact_uri
