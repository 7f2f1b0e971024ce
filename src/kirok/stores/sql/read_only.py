"""A database of a newer MLflow: what is read of it has to stand where it stood, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from kirok.base.errors import PermissionDenied
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.history_pages import SERIES_INDEX

if TYPE_CHECKING:
    from kirok.stores.sql.groups import Job

# The tables that the stores read.
_READ = (
    "experiments",
    "experiment_tags",
    "runs",
    "metrics",
    "latest_metrics",
    "params",
    "tags",
    "datasets",
    "inputs",
    "input_tags",
    "logged_models",
    "logged_model_metrics",
    "logged_model_params",
    "logged_model_tags",
    "registered_models",
    "registered_model_tags",
    "registered_model_aliases",
    "model_versions",
    "model_version_tags",
    "trace_info",
    "trace_tags",
    "trace_request_metadata",
    "spans",
    "assessments",
)


def is_readable(connection: Connection) -> bool:
    """Whether every table, column and index is there that reads rest on. The connection is in no transaction."""
    from kirok.stores.sql.tables import metadata  # SQLAlchemy: for this rare question alone

    by_series = connection.dialect.using_index(SERIES_INDEX)
    probes = [f"SELECT 1 FROM metrics{by_series} WHERE 1 = 0"]
    for table in _READ:
        columns = ", ".join(f"{table}.{column.name}" for column in metadata.tables[table].columns)
        probes.append(f"SELECT {columns} FROM {table} WHERE 1 = 0")
    try:
        for probe in probes:
            connection.execute(probe).fetchall()
    except connection.dialect.errors:
        return False
    return True


class RefusedWrites:
    """What stands in a Writer's place: every write is refused, for one reason."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def run(self, _job: Job[Any], _run_id: str | None = None) -> NoReturn:
        """Raises PermissionDenied."""
        raise PermissionDenied(self._reason)

    def queue(self, _job: Job[Any], _run_id: str | None = None) -> NoReturn:
        """Raises PermissionDenied."""
        raise PermissionDenied(self._reason)

    def close(self) -> None:
        """Nothing waits."""
