"""Stores that lie where people look for one, so that nobody takes an empty store for lost runs."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

_DATABASE, _FOLDER, _ARTIFACTS = "mlflow.db", "mlruns", "mlartifacts"


def neighbours(store: Path | None, folder: Path) -> Iterator[Path]:
    """Databases and folders of runs, other than `store`, that hold somebody's work: in `folder`, and beside `store`.

    Known by the names that MLflow and kirok give them. Looks at each for a moment only, and changes nothing.
    """
    looked_at = {store.resolve()} if store is not None else set()
    for place in _places(folder, store):
        here = place.resolve()
        if here not in looked_at and (_holds_runs(here) if place.name == _DATABASE else _holds_experiments(here)):
            yield place
        looked_at.add(here)


def newest_run(place: Path) -> str | None:
    """The id of the run that was started last in one of `neighbours`; None where there is none, or nobody can tell."""
    if place.is_dir():
        records = [meta for experiment in place.iterdir() for meta in experiment.glob("*/meta.yaml")]
        return max(records, key=lambda meta: meta.stat().st_mtime).parent.name if records else None
    return _asked(place, "SELECT run_uuid FROM runs ORDER BY start_time DESC LIMIT 1")


def artifacts_beside(store: Path, destination: Path) -> Path | None:
    """The folder of artifacts that a server left beside `store`, where `destination` is another one without any."""
    beside = store.parent / _ARTIFACTS
    is_other = beside.resolve() != destination.resolve()
    return beside if is_other and _holds_anything(beside) and not _holds_anything(destination) else None


def _holds_anything(folder: Path) -> bool:
    try:
        return any(not entry.name.startswith(".") for entry in folder.iterdir())
    except OSError:
        return False


def _places(folder: Path, store: Path | None) -> Iterable[Path]:
    parents = [folder] if store is None else [folder, store.parent]
    return [parent / name for parent in parents for name in (_DATABASE, _FOLDER)]


def _holds_runs(database: Path) -> bool:
    return database.is_file() and _asked(database, "SELECT run_uuid FROM runs LIMIT 1") is not None


def _asked(database: Path, question: str) -> str | None:
    """The one value that is the answer; None where there is none."""
    from kirok.stores.sql.sqlite.snapshot import open_to_read

    try:
        with closing(open_to_read(database)) as connection:
            row = connection.execute(question).fetchone()
    except sqlite3.Error:  # no database, or none of MLflow's
        return None
    return None if row is None else str(row[0])


def _holds_experiments(folder: Path) -> bool:
    """Whether anything was tracked there: every folder of runs is made with an empty experiment 0.

    A folder of artifacts alone, which every database in use makes beside it, has no `meta.yaml`.
    """
    try:
        return any(
            (entry / "meta.yaml").is_file() and (entry.name != "0" or any(entry.glob("*/meta.yaml")))
            for entry in folder.iterdir()
            if entry.name.isdecimal()
        )
    except OSError:
        return False
