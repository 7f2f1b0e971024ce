"""Where records go when nobody says: MLflow's default, `mlflow.db` in the working directory."""

from pathlib import Path

from kirok.base.errors import InvalidParameter

LOCAL_ARTIFACT_ROOT = "./mlruns"
"""Where artifacts go without a server, as MLflow has it; made absolute when a store is opened."""


def default_tracking_uri(folder: Path) -> str:
    """`sqlite:///<folder>/mlflow.db`.

    InvalidParameter where `folder/mlruns` holds runs of MLflow's older folder format: starting a database
    beside them would make them seem lost.
    """
    if holds_folder_runs(folder / "mlruns"):
        raise InvalidParameter(
            f"{folder / 'mlruns'} holds runs in MLflow's older folder format, which this version of kirok cannot open "
            f"yet (it comes with the file store). Set MLFLOW_TRACKING_URI={database_uri(folder / 'mlflow.db')} to "
            "track into a database beside them; they stay as they are."
        )
    return database_uri(folder / "mlflow.db")


def database_uri(file: Path) -> str:
    """The URI of a SQLite file, which need not exist."""
    return f"sqlite:///{file.absolute().as_posix()}"


def holds_folder_runs(mlruns: Path) -> bool:
    """Whether a folder holds experiments of MLflow's older format: digits for a name, and a `meta.yaml`.

    A folder of artifacts alone, which every database in use makes beside it, has no `meta.yaml`.
    """
    try:
        return any(entry.name.isdecimal() and (entry / "meta.yaml").is_file() for entry in mlruns.iterdir())
    except OSError:
        return False
