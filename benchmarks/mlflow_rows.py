"""Fills an mlflow store by writing its rows: over REST the same takes mlflow seven minutes.

mlflow makes the schema itself (`mlflow db upgrade`); the rows are those its REST API would have written,
in the order in which it would have written them, so that its reads find the same pages and indexes.
"""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.dataset import START_MS, SampleRun, point_timestamp, point_value, sample_runs

LONG_RUN_ID = f"{1:032x}"


def write_rows(program: Path, store: Path, runs: int, points: int) -> None:
    """Experiments `searched runs` and `long history` in a new store at `store`."""
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    upgrade = [str(program), "db", "upgrade", f"sqlite:///{store}"]
    subprocess.run(upgrade, env=environment, check=True, capture_output=True)
    connection = sqlite3.connect(store)
    with connection:
        connection.executemany(
            "insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time,"
            " last_update_time) values (?, ?, ?, 'active', ?, ?)",
            [
                (number, name, f"mlflow-artifacts:/{number}", START_MS, START_MS)
                for number, name in enumerate(("Default", "searched runs", "long history"))
            ],
        )
        for run in sample_runs(runs):
            _write_run(connection, run)
        _insert_run(connection, LONG_RUN_ID, "long", 2, START_MS, None)
        connection.executemany(
            "insert into metrics (key, value, timestamp, run_uuid, step, is_nan) values ('loss', ?, ?, ?, ?, 0)",
            _points(points),
        )
        connection.execute(
            "insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values ('loss', ?, ?, ?, 0, ?)",
            (point_value(points - 1), point_timestamp(points - 1), points - 1, LONG_RUN_ID),
        )
    connection.close()


def _write_run(connection: sqlite3.Connection, run: SampleRun) -> None:
    # Scattered ids, as mlflow's random ones: in key order the indexes would be tidier than life.
    run_id = f"{(run.number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}"
    _insert_run(connection, run_id, run.name, 1, run.start_time, run.start_time + 1000)
    connection.executemany(
        "insert into params (key, value, run_uuid) values (?, ?, ?)",
        [(key, value, run_id) for key, value in run.params.items()],
    )
    stamp = run.start_time + 500
    for table in ("metrics", "latest_metrics"):
        connection.executemany(
            f"insert into {table} (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, 0, 0, ?)",
            [(key, value, stamp, run_id) for key, value in run.metrics.items()],
        )
    connection.executemany(
        "insert into tags (key, value, run_uuid) values (?, ?, ?)",
        [(key, value, run_id) for key, value in run.tags.items()],
    )


def _insert_run(
    connection: sqlite3.Connection, run_id: str, name: str, experiment: int, start: int, end: int | None
) -> None:
    connection.execute(
        "insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
        " end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
        " values (?, ?, 'UNKNOWN', '', '', 'bench', ?, ?, ?, '', 'active', ?, ?)",
        (
            run_id,
            name,
            "RUNNING" if end is None else "FINISHED",
            start,
            end,
            f"mlflow-artifacts:/{experiment}/{run_id}/artifacts",
            experiment,
        ),
    )
    connection.execute("insert into tags (key, value, run_uuid) values ('mlflow.runName', ?, ?)", (name, run_id))


def _points(points: int) -> Iterator[tuple[float, int, str, int]]:
    for step in range(points):
        yield point_value(step), point_timestamp(step), LONG_RUN_ID, step
