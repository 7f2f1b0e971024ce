"""Logged models, as far as this version knows them: whether there are any, and points that belong to one."""

from collections.abc import Sequence

from kirok.entities.metrics import Metric
from kirok.rules.keys import experiment_number
from kirok.rules.values import stored_value
from kirok.stores.sql.database import Database
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.transaction import Transaction

_MODEL_METRICS = Insert(
    "logged_model_metrics",
    "model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id, dataset_name, "
    "dataset_digest",
    "text text int8 int8 float8 int4 text text text",
    key="model_id, metric_name, metric_timestamp_ms, metric_step, run_id",
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
    connection.insert(_MODEL_METRICS, values)


class SqlLoggedModelStore:
    """A LoggedModelStore on a SQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_logged_model(self, experiment_ids: Sequence[str], name: str | None = None) -> bool:
        """As LoggedModelStore."""
        sql = "SELECT 1 FROM logged_models WHERE experiment_id = ? AND lifecycle_stage = 'active'"
        named = () if name is None else (name,)
        if named:
            sql += " AND name = ?"
        numbers = [experiment_number(experiment_id) for experiment_id in experiment_ids]
        with self._database.read() as reader:
            return any(reader.execute(f"{sql} LIMIT 1", (number, *named)).fetchone() for number in numbers)
