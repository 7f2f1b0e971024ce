"""Points that belong to a logged model as well as to a run."""

from collections.abc import Sequence

from kirok.entities.metrics import Metric
from kirok.rules.values import stored_value
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.transaction import Transaction

_MODEL_METRICS = Insert(
    "logged_model_metrics",
    "model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id, dataset_name, "
    "dataset_digest",
    "DO NOTHING",
)


def add_model_metrics(transaction: Transaction, run_id: str, experiment_id: int, points: Sequence[Metric]) -> None:
    """Keep the points with those models that exist; a client may name one that was deleted meanwhile."""
    connection = transaction.connection
    models = {point.model_id for point in points}
    known = {
        model_id
        for model_id in models
        if connection.execute("SELECT 1 FROM logged_models WHERE model_id = ?", (model_id,)).fetchone()
    }
    values: list[object] = []
    for point in points:
        if point.model_id in known:
            value, _ = stored_value(point.value)
            values += (point.model_id, point.key, point.timestamp, point.step, value, experiment_id, run_id)
            values += (point.dataset_name, point.dataset_digest)
    _MODEL_METRICS.run(connection, values)
