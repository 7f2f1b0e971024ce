"""A PostgreSQL as it comes, for servers that keep their runs in one."""

import os
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg

from databases import PostgresqlServer

_TABLES = {
    "experiments": "experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time",
    "runs": "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, "
    "source_version, lifecycle_stage, artifact_uri, experiment_id",
    "params": "key, value, run_uuid",
    "tags": "key, value, run_uuid",
    "metrics": "key, value, timestamp, run_uuid, step, is_nan",
    "latest_metrics": "key, value, timestamp, step, is_nan, run_uuid",
}


class DurablePostgresql(PostgresqlServer):
    """With the settings it comes with: what it acknowledges survives a loss of power."""

    def command(self) -> Sequence[str | Path]:
        """But for the address."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 200,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self._programs / "postgres", "-D", self.folder / "data", *options]


def write_rows(mlflow: Path, source: Path, uri: str) -> None:
    """MLflow's schema in the empty database at `uri`, with the runs of the SQLite store `source`."""
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    named = uri.replace("postgresql://", "postgresql+psycopg://")
    subprocess.run([str(mlflow), "db", "upgrade", named], env=environment, check=True, capture_output=True)
    with closing(sqlite3.connect(source)) as rows, psycopg.connect(uri) as connection, connection.cursor() as cursor:
        for table, columns in _TABLES.items():
            is_nan = columns.split(", ").index("is_nan") if "is_nan" in columns else None
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                for row in rows.execute(f"SELECT {columns} FROM {table} ORDER BY rowid"):
                    copy.write_row([bool(cell) if at == is_nan else cell for at, cell in enumerate(row)])
        cursor.execute("SELECT setval('experiments_experiment_id_seq', (SELECT max(experiment_id) FROM experiments))")
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
