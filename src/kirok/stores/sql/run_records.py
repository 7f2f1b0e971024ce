"""Whole runs, read in a number of statements that does not depend on how many they are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Run, RunData, RunInfo, RunInputs, RunOutputs
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.rules.lifecycle import RUN_NAME_TAG
from kirok.rules.values import restored_value
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.dialect import Dialect

_INFO = (
    "SELECT run_uuid, experiment_id, name, user_id, status, start_time, end_time, artifact_uri, lifecycle_stage "
    "FROM runs WHERE run_uuid "
)


class RunStatements(Struct, frozen=True):
    """What reads runs. Each takes one value: a list of run ids, as the dialect makes it."""

    infos: str
    metrics: str
    params: str
    tags: str
    datasets: str
    dataset_tags: str
    models: str


@cache
def run_statements(dialect: Dialect) -> RunStatements:
    """The statements in the words of one kind of database."""
    among = dialect.among
    # The keys of each run in order. SQLite reads run by run and sorts the few of each; a server sorts all at once.
    by_run = "run_uuid, " if dialect.kind == "sqlite" else ""
    in_order = f"ORDER BY {by_run}{dialect.text_order('key')}"
    edge = f"i.destination_type = 'RUN' AND i.destination_id {among} AND i.source_type = 'DATASET'"
    return RunStatements(
        infos=_INFO + among,
        metrics="SELECT run_uuid, key, value, timestamp, step, is_nan FROM latest_metrics "
        f"WHERE run_uuid {among} {in_order}",
        params=f"SELECT run_uuid, key, value FROM params WHERE run_uuid {among} {in_order}",
        tags=f"SELECT run_uuid, key, value FROM tags WHERE run_uuid {among} {in_order}",
        datasets="SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, "
        "d.dataset_schema, d.dataset_profile FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
        f"WHERE {edge} ORDER BY {dialect.as_inserted('i', 'input_uuid')}",
        dataset_tags="SELECT t.input_uuid, t.name, t.value FROM inputs i "
        f"JOIN input_tags t ON t.input_uuid = i.input_uuid WHERE {edge} ORDER BY {dialect.as_inserted('t', 'name')}",
        models="SELECT source_id, source_type, destination_id, step FROM inputs "
        f"WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id {among} "
        "AND destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT') "
        f"ORDER BY {dialect.as_inserted('inputs', 'input_uuid')}",
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
    ids = (connection.dialect.listed(run_ids),)
    statements = run_statements(connection.dialect)
    metrics: defaultdict[str, list[Metric]] = defaultdict(list)
    for run_id, key, value, timestamp, step, is_nan in connection.execute(statements.metrics, ids):
        metrics[run_id].append(Metric(key, restored_value(value, is_nan), timestamp or 0, step))
    params = _texts(connection.execute(statements.params, ids))
    tags = _texts(connection.execute(statements.tags, ids))
    datasets = dataset_inputs(connection, ids)
    inputs: defaultdict[str, list[LoggedModelInput]] = defaultdict(list)
    outputs: defaultdict[str, list[LoggedModelOutput]] = defaultdict(list)
    for run_id, edge, model_id, step in connection.execute(statements.models, ids):
        if edge == "RUN_INPUT":
            inputs[run_id].append(LoggedModelInput(model_id))
        else:
            outputs[run_id].append(LoggedModelOutput(model_id, step))
    rows = {row[0]: row for row in connection.execute(statements.infos, ids)}
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


def dataset_inputs(connection: Connection, ids: tuple[object]) -> defaultdict[str, list[DatasetInput]]:
    """By run id, the datasets that the runs of a list read; `ids` is that list, as the dialect makes it."""
    statements = run_statements(connection.dialect)
    tags: defaultdict[str, list[InputTag]] = defaultdict(list)
    for input_id, name, value in connection.execute(statements.dataset_tags, ids):
        tags[input_id].append(InputTag(name, value))
    inputs: defaultdict[str, list[DatasetInput]] = defaultdict(list)
    for run_id, input_id, name, digest, source_type, source, schema, profile in connection.execute(
        statements.datasets, ids
    ):
        dataset = Dataset(name, digest, source_type, source, schema, profile)
        inputs[run_id].append(DatasetInput(dataset, tuple(tags[input_id])))
    return inputs
