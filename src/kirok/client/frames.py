"""Runs as a pandas DataFrame. pandas is optional and imported here, when asked for."""

import importlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kirok.entities.runs import Run

if TYPE_CHECKING:
    import pandas as pd


def pandas_module(wanted_by: str, otherwise: str = "") -> Any:
    """pandas; an ImportError that says how to get it, or how to do without, where it is absent."""
    try:
        return importlib.import_module("pandas")
    except ImportError as missing:
        raise ImportError(
            f"{wanted_by} needs pandas, which is not installed. Run `pip install kirok[pandas]`{otherwise}."
        ) from missing


def runs_frame(runs: Sequence[Run]) -> "pd.DataFrame":
    """One row per run: `run_id`, `experiment_id`, `status`, `artifact_uri`, `start_time` and `end_time` (UTC), then
    `metrics.…`, `params.…` and `tags.…` in the order of first appearance; NaN or None where a run has no value.
    """
    pandas = pandas_module("search_runs()", ', or pass output_format="list"')
    columns: dict[str, list[Any]] = {
        "run_id": [run.info.run_id for run in runs],
        "experiment_id": [run.info.experiment_id for run in runs],
        "status": [str(run.info.status) for run in runs],
        "artifact_uri": [run.info.artifact_uri for run in runs],
        "start_time": [pandas.to_datetime(run.info.start_time, unit="ms", utc=True) for run in runs],
        "end_time": [pandas.to_datetime(run.info.end_time, unit="ms", utc=True) for run in runs],
    }
    columns |= _spread("metrics", [run.data.metrics for run in runs], math.nan)
    columns |= _spread("params", [run.data.params for run in runs], None)
    columns |= _spread("tags", [run.data.tags for run in runs], None)
    frame: pd.DataFrame = pandas.DataFrame(columns)
    return frame


def _spread(prefix: str, rows: Sequence[dict[str, Any]], absent: Any) -> dict[str, list[Any]]:
    keys = dict.fromkeys(key for row in rows for key in row)
    return {f"{prefix}.{key}": [row.get(key, absent) for row in rows] for key in keys}
