"""Runs, and the texts they log."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from kirok.stores.sql.tables.metadata import metadata

runs = Table(
    "runs",
    metadata,
    Column("run_uuid", String(32), nullable=False),
    Column("name", String(250)),
    Column("source_type", String(20)),
    Column("source_name", String(500)),
    Column("entry_point_name", String(50)),
    Column("user_id", String(256)),
    Column("status", String(9)),
    Column("start_time", BigInteger),
    Column("end_time", BigInteger),
    Column("source_version", String(50)),
    Column("lifecycle_stage", String(20)),
    Column("artifact_uri", String(200)),
    Column("experiment_id", Integer),
    Column("deleted_time", BigInteger),
    PrimaryKeyConstraint("run_uuid", name="run_pk"),
    CheckConstraint("source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')", name="source_type"),
    CheckConstraint("lifecycle_stage IN ('active', 'deleted')", name="runs_lifecycle_stage"),
    ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"]),
    CheckConstraint("status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED')"),
)

params = Table(
    "params",
    metadata,
    Column("key", String(250), nullable=False),
    Column("value", String(8000), nullable=False),
    Column("run_uuid", String(32), nullable=False),
    PrimaryKeyConstraint("key", "run_uuid", name="param_pk"),
    ForeignKeyConstraint(["run_uuid"], ["runs.run_uuid"]),
    Index("index_params_run_uuid", "run_uuid"),
)

tags = Table(
    "tags",
    metadata,
    Column("key", String(250), nullable=False),
    Column("value", String(8000)),
    Column("run_uuid", String(32), nullable=False),
    PrimaryKeyConstraint("key", "run_uuid", name="tag_pk"),
    ForeignKeyConstraint(["run_uuid"], ["runs.run_uuid"]),
    Index("index_tags_run_uuid", "run_uuid"),
)
