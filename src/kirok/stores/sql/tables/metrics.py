"""Every point of every series, and the latest of each."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
)

from kirok.stores.sql.tables.metadata import metadata


def _is_a_truth_value() -> CheckConstraint:
    """`is_nan` is 0 or 1, for those who have no booleans."""
    # Several names are taken, though the annotation says one.
    return CheckConstraint("is_nan IN (0, 1)").ddl_if(dialect=("sqlite", "mysql"))  # type: ignore[arg-type]


metrics = Table(
    "metrics",
    metadata,
    Column("key", String(250), nullable=False),
    Column("value", Float(53), nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("run_uuid", String(32), nullable=False),
    Column("step", BigInteger, nullable=False, server_default="0"),
    Column("is_nan", Boolean, nullable=False, server_default="0"),
    PrimaryKeyConstraint("key", "timestamp", "step", "run_uuid", "value", "is_nan", name="metric_pk"),
    ForeignKeyConstraint(["run_uuid"], ["runs.run_uuid"]),
    _is_a_truth_value(),
    Index("index_metrics_run_uuid", "run_uuid"),
    Index("index_metrics_run_uuid_key_step", "run_uuid", "key", "step"),
)

latest_metrics = Table(
    "latest_metrics",
    metadata,
    Column("key", String(250), nullable=False),
    Column("value", Float(53), nullable=False),
    Column("timestamp", BigInteger),
    Column("step", BigInteger, nullable=False),
    Column("is_nan", Boolean, nullable=False),
    Column("run_uuid", String(32), nullable=False),
    PrimaryKeyConstraint("key", "run_uuid", name="latest_metric_pk"),
    ForeignKeyConstraint(["run_uuid"], ["runs.run_uuid"]),
    _is_a_truth_value(),
    Index("index_latest_metrics_run_uuid", "run_uuid"),
)
