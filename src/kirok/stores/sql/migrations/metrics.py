"""Metrics: their step, not-a-number, the latest of each key, and the indexes they are read by."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, PrimaryKeyConstraint, String, text

from kirok.stores.sql.migrations.changes import Changes

# A point is the latest by its step, then its time, then its value, as MLflow's stores judge each point they take.
_FILL_LATEST = """
INSERT INTO latest_metrics ({key}, value, timestamp, step, is_nan, run_uuid)
SELECT ranked.{key}, ranked.value, ranked.timestamp, ranked.step, ranked.is_nan, ranked.run_uuid
FROM (
    SELECT {key}, value, timestamp, step, is_nan, run_uuid, ROW_NUMBER() OVER (
        PARTITION BY run_uuid, {key} ORDER BY step DESC, timestamp DESC, value DESC, is_nan
    ) AS place
    FROM metrics
) AS ranked
WHERE ranked.place = 1
"""


def add_step(changes: Changes) -> None:
    """451aebb31d03. Points logged so far are of step 0; the key of a point takes in its step and value."""
    with changes.table("metrics") as metrics:
        metrics.add(Column("step", BigInteger, nullable=False, server_default="0"))
    with changes.table("metrics") as metrics:
        metrics.primary_key("metric_pk", "key", "timestamp", "step", "run_uuid", "value")


def add_is_nan(changes: Changes) -> None:
    """181f10493468. Not-a-number gets a column, and values their full precision."""
    with changes.table("metrics") as metrics:
        metrics.alter("value", type_=Float(53), nullable=False)
        metrics.add(Column("is_nan", Boolean(create_constraint=False), nullable=False, server_default="0"))
        metrics.primary_key("metric_pk", "key", "timestamp", "step", "run_uuid", "value", "is_nan")


def create_latest(changes: Changes) -> None:
    """89d4b8295536. The latest point of each run and key, in a table that runs are read from."""
    changes.create(
        "latest_metrics",
        Column("key", String(250)),
        Column("value", Float(53), nullable=False),
        Column("timestamp", BigInteger),
        Column("step", BigInteger, nullable=False),
        Column("is_nan", Boolean, nullable=False),
        Column("run_uuid", String(32), ForeignKey("runs.run_uuid"), nullable=False),
        PrimaryKeyConstraint("key", "run_uuid", name="latest_metric_pk"),
    )
    connection = changes.connection
    connection.execute(text("DELETE FROM latest_metrics"))  # what an interrupted fill may have left
    key = connection.dialect.identifier_preparer.quote("key")
    connection.execute(text(_FILL_LATEST.format(key=key)))


def check_is_nan(changes: Changes) -> None:
    """39d1c3be5f05. Whether a value is a number is 0 or 1, where a database has no booleans of its own."""
    for table in ("latest_metrics", "metrics"):
        with changes.table(table) as found:
            found.alter("is_nan", type_=Boolean(create_constraint=True), nullable=False)


def restore_is_nan_default(changes: Changes) -> None:
    """c48cb773bb87. On MySQL the step before took the column's default away."""
    if changes.kind == "mysql":
        with changes.table("metrics") as metrics:
            metrics.alter("is_nan", type_=Boolean(create_constraint=True), nullable=False, server_default="0")


def index_runs(changes: Changes) -> None:
    """bd07f7e963c5. What belongs to a run is found by the run."""
    for table in ("params", "metrics", "latest_metrics", "tags"):
        with changes.table(table) as found:
            found.index(f"index_{table}_run_uuid", "run_uuid")


def index_histories(changes: Changes) -> None:
    """a5b4c3d2e1f0. The history of one metric is found by run, key and step."""
    with changes.table("metrics") as metrics:
        metrics.index("index_metrics_run_uuid_key_step", "run_uuid", "key", "step")
