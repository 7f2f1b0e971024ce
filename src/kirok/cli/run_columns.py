"""Runs as CSV, with the columns of MLflow's `search_runs`."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TextIO

from kirok.cli.printing import printable
from kirok.entities.runs import Run

_INFO = ("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time")


def write_runs(out: TextIO, runs: Sequence[Run], *, escape: bool = False) -> None:
    """Write one line per run. A cell is empty where a run lacks the key; a metric that is no number is `NaN`.

    `escape`: cells are made `printable`, for a terminal; files and pipes get them as they are.
    """
    metrics = _keys(run.data.metrics for run in runs)
    params = _keys(run.data.params for run in runs)
    tags = _keys(run.data.tags for run in runs)
    writer = csv.writer(out, lineterminator="\n")
    header = [*_INFO, *(f"metrics.{key}" for key in metrics), *(f"params.{key}" for key in params)]
    rows = [[*header, *(f"tags.{key}" for key in tags)]]
    for run in runs:
        info, data, values = run.info, run.data, run.data.metrics
        rows.append(
            [
                info.run_id,
                info.experiment_id,
                info.status,
                info.artifact_uri,
                _moment(info.start_time),
                _moment(info.end_time),
                *(_number(values.get(key)) for key in metrics),
                *(data.params.get(key, "") for key in params),
                *(data.tags.get(key, "") for key in tags),
            ]
        )
    writer.writerows([[printable(cell) for cell in row] for row in rows] if escape else rows)


def _keys(records: Iterable[Iterable[str]]) -> list[str]:
    """Every key once, in the order of first appearance."""
    return list(dict.fromkeys(key for record in records for key in record))


def _moment(time_ms: int | None) -> str:
    """A time as pandas writes it: UTC, with milliseconds."""
    if time_ms is None:
        return ""
    seconds, ms = divmod(time_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{ms:03d}+00:00"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return "NaN" if value != value else repr(float(value))
