"""Runs as searches answer them in JSON, straight from rows.

It says what `wire.runs.Run.of` says of the records of `read_runs`, in a third of the time.
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from kirok.rules.lifecycle import RUN_NAME_TAG
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.run_records import dataset_inputs, run_statements
from kirok.stores.sql.wire_values import wire_value
from kirok.wire import runs as wire
from kirok.wire.experiments import KeyValue
from kirok.wire.metrics import Metric

_encode = msgspec.json.Encoder().encode


def run_json(connection: Connection, run_ids: Sequence[str]) -> dict[str, bytes]:
    """By id, the JSON of the runs that exist of these, without model inputs."""
    ids = (connection.dialect.listed(run_ids),)
    statements = run_statements(connection.dialect)
    metrics: defaultdict[str, list[Metric]] = defaultdict(list)
    for run_id, key, value, timestamp, step, is_nan in connection.execute(statements.metrics, ids):
        metrics[run_id].append(Metric(key, wire_value(value, is_nan), timestamp or 0, step))
    params: defaultdict[str, list[KeyValue]] = defaultdict(list)
    for run_id, key, text in connection.execute(statements.params, ids):
        params[run_id].append(KeyValue(key, text))
    tags: defaultdict[str, list[KeyValue]] = defaultdict(list)
    for run_id, key, text in connection.execute(statements.tags, ids):
        tags[run_id].append(KeyValue(key, text or ""))
    datasets = dataset_inputs(connection, ids)
    outputs: defaultdict[str, list[wire.ModelOutput]] = defaultdict(list)
    for run_id, edge, model_id, step in connection.execute(statements.models, ids):
        if edge == "RUN_OUTPUT":
            outputs[run_id].append(wire.ModelOutput(model_id, step))
    return {
        row[0]: _encode(
            wire.Run(
                wire.RunInfo(
                    run_uuid=row[0],
                    run_id=row[0],
                    experiment_id=str(row[1]),
                    run_name=row[2] or _name_in(tags[row[0]]),
                    user_id=row[3] or "",
                    status=row[4],
                    start_time=row[5],
                    end_time=row[6],
                    artifact_uri=row[7] or "",
                    lifecycle_stage=row[8],
                ),
                wire.RunData(metrics[row[0]], params[row[0]], tags[row[0]]),
                wire.RunInputs([wire.DatasetInput.of(given) for given in datasets[row[0]]]),
                wire.RunOutputs(outputs[row[0]]),
            )
        )
        for row in connection.execute(statements.infos, ids)
    }


def found_as_json(connection: Connection, run_ids: Sequence[str]) -> list[bytes]:
    """The JSON of those runs that exist of these, in their order."""
    found = run_json(connection, run_ids)
    return [found[run_id] for run_id in run_ids if run_id in found]


def _name_in(tags: list[KeyValue]) -> str:
    return next((tag.text for tag in tags if tag.key == RUN_NAME_TAG), "")
