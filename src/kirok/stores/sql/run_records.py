"""Whole runs, read in a number of statements that does not depend on how many they are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Run, RunData, RunInfo, RunInputs, RunOutputs
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.rules.lifecycle import RUN_NAME_TAG
from kirok.rules.values import restored_value
from kirok.stores.sql.engine import Connection

# Each takes one value: a JSON list of run ids.
_IDS = "IN (SELECT value FROM json_each(?))"
_INFO = (
    "SELECT run_uuid, experiment_id, name, user_id, status, start_time, end_time, artifact_uri, lifecycle_stage "
    "FROM runs WHERE run_uuid "
)
INFOS = _INFO + _IDS
METRICS = (
    f"SELECT run_uuid, key, value, timestamp, step, is_nan FROM latest_metrics WHERE run_uuid {_IDS} "
    "ORDER BY run_uuid, key"
)
PARAMS = f"SELECT run_uuid, key, value FROM params WHERE run_uuid {_IDS} ORDER BY run_uuid, key"
TAGS = f"SELECT run_uuid, key, value FROM tags WHERE run_uuid {_IDS} ORDER BY run_uuid, key"
_DATASETS = (
    "SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, "
    "d.dataset_schema, d.dataset_profile FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
    f"WHERE i.destination_type = 'RUN' AND i.destination_id {_IDS} AND i.source_type = 'DATASET' ORDER BY i.rowid"
)
_DATASET_TAGS = (
    "SELECT t.input_uuid, t.name, t.value FROM inputs i JOIN input_tags t ON t.input_uuid = i.input_uuid "
    f"WHERE i.destination_type = 'RUN' AND i.destination_id {_IDS} AND i.source_type = 'DATASET' ORDER BY t.rowid"
)
MODELS = (
    "SELECT source_id, source_type, destination_id, step FROM inputs WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') "
    f"AND source_id {_IDS} AND destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT') ORDER BY rowid"
)


def read_info(connection: Connection, run_id: str) -> RunInfo | None:
    """What is known of one run besides its data."""
    row = connection.execute(f"{_INFO} = ?", (run_id,)).fetchone()
    if row is None:
        return None
    named = row[2]
    if named is None:  # runs of MLflow 1.29 and older have their name in the tag alone
        tag = connection.execute(
            "SELECT value FROM tags WHERE key = ? AND run_uuid = ?", (RUN_NAME_TAG, run_id)
        ).fetchone()
        named = tag[0] if tag else ""
    return _info(row, named)


def read_runs(connection: Connection, run_ids: Sequence[str]) -> list[Run]:
    """The runs that exist of these, in the order of the ids."""
    ids = (msgspec.json.encode(run_ids).decode(),)
    metrics: defaultdict[str, list[Metric]] = defaultdict(list)
    for run_id, key, value, timestamp, step, is_nan in connection.execute(METRICS, ids):
        metrics[run_id].append(Metric(key, restored_value(value, is_nan), timestamp or 0, step))
    params = _texts(connection.execute(PARAMS, ids))
    tags = _texts(connection.execute(TAGS, ids))
    datasets = dataset_inputs(connection, ids)
    inputs: defaultdict[str, list[LoggedModelInput]] = defaultdict(list)
    outputs: defaultdict[str, list[LoggedModelOutput]] = defaultdict(list)
    for run_id, edge, model_id, step in connection.execute(MODELS, ids):
        if edge == "RUN_INPUT":
            inputs[run_id].append(LoggedModelInput(model_id))
        else:
            outputs[run_id].append(LoggedModelOutput(model_id, step))
    rows = {row[0]: row for row in connection.execute(INFOS, ids)}
    return [
        Run(
            info=_info(rows[run_id], rows[run_id][2] or tags[run_id].get(RUN_NAME_TAG, "")),
            data=RunData(tuple(metrics[run_id]), params[run_id], tags[run_id]),
            inputs=RunInputs(tuple(datasets[run_id]), tuple(inputs[run_id])),
            outputs=RunOutputs(tuple(outputs[run_id])),
        )
        for run_id in run_ids
        if run_id in rows
    ]


def _info(row: tuple[Any, ...], run_name: str) -> RunInfo:
    return RunInfo(
        run_id=row[0],
        experiment_id=str(row[1]),
        run_name=run_name,
        user_id=row[3] or "",
        status=RunStatus(row[4]),
        start_time=row[5],
        end_time=row[6],
        artifact_uri=row[7] or "",
        lifecycle_stage=LifecycleStage(row[8]),
    )


def _texts(rows: Iterable[tuple[str, str, str | None]]) -> defaultdict[str, dict[str, str]]:
    texts: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for run_id, key, value in rows:
        texts[run_id][key] = value or ""
    return texts


def dataset_inputs(connection: Connection, ids: tuple[str]) -> defaultdict[str, list[DatasetInput]]:
    """By run id, the datasets that the runs of a JSON list read."""
    tags: defaultdict[str, list[InputTag]] = defaultdict(list)
    for input_id, name, value in connection.execute(_DATASET_TAGS, ids):
        tags[input_id].append(InputTag(name, value))
    inputs: defaultdict[str, list[DatasetInput]] = defaultdict(list)
    for run_id, input_id, name, digest, source_type, source, schema, profile in connection.execute(_DATASETS, ids):
        dataset = Dataset(name, digest, source_type, source, schema, profile)
        inputs[run_id].append(DatasetInput(dataset, tuple(tags[input_id])))
    return inputs
