"""Where records go when nobody says: as MLflow has it, the folder `mlruns` in the working directory where there are
runs in it, a new `mlflow.db` otherwise.
"""

from pathlib import Path

from kirok.rules.uris.databases import sqlite_uri


def default_tracking_uri(folder: Path) -> str:
    """`folder/mlruns` as a `file:///` URI where it holds runs, else `sqlite:///<folder>/mlflow.db`."""
    if holds_folder_runs(folder / "mlruns"):
        return (folder / "mlruns").absolute().as_uri()
    return database_uri(folder / "mlflow.db")


def database_uri(file: Path) -> str:
    """The URI of a SQLite file, which need not exist."""
    return sqlite_uri(file.absolute().as_posix())


def holds_folder_runs(mlruns: Path) -> bool:
    """Whether a folder holds experiments: folders with digits for a name, and a `meta.yaml` in it.

    A folder of artifacts alone, which every database in use makes beside it, has no `meta.yaml`.
    """
    try:
        return any(entry.name.isdecimal() and (entry / "meta.yaml").is_file() for entry in mlruns.iterdir())
    except OSError:
        return False
