"""The tables of MLflow 0.9, which had a database before it had revisions. Every chain begins here."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)

from kirok.stores.sql.migrations.changes import Changes


def create_first_tables(changes: Changes) -> None:
    """Experiments, runs, tags, metrics and params, where they are not there already."""
    changes.create(
        "experiments",
        Column("experiment_id", Integer, autoincrement=True),
        Column("name", String(256), nullable=False),
        Column("artifact_location", String(256)),
        Column("lifecycle_stage", String(32)),
        CheckConstraint("lifecycle_stage IN ('active', 'deleted')", name="experiments_lifecycle_stage"),
        PrimaryKeyConstraint("experiment_id", name="experiment_pk"),
        UniqueConstraint("name"),
    )
    changes.create(
        "runs",
        Column("run_uuid", String(32), nullable=False),
        Column("name", String(250)),
        Column("source_type", String(20)),
        Column("source_name", String(500)),
        Column("entry_point_name", String(50)),
        Column("user_id", String(256)),
        Column("status", String(20)),
        Column("start_time", BigInteger),
        Column("end_time", BigInteger),
        Column("source_version", String(50)),
        Column("lifecycle_stage", String(20)),
        Column("artifact_uri", String(200)),
        Column("experiment_id", Integer, ForeignKey("experiments.experiment_id")),
        CheckConstraint("source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')", name="source_type"),
        CheckConstraint("status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING')", name="status"),
        CheckConstraint("lifecycle_stage IN ('active', 'deleted')", name="runs_lifecycle_stage"),
        PrimaryKeyConstraint("run_uuid", name="run_pk"),
    )
    for table, name in (("tags", "tag_pk"), ("params", "param_pk")):
        changes.create(
            table,
            Column("key", String(250), nullable=False),
            Column("value", String(250), nullable=table == "tags"),
            Column("run_uuid", String(32), ForeignKey("runs.run_uuid"), nullable=False),
            PrimaryKeyConstraint("key", "run_uuid", name=name),
        )
    changes.create(
        "metrics",
        Column("key", String(250), nullable=False),
        Column("value", Float, nullable=False),
        Column("timestamp", BigInteger, nullable=False),
        Column("run_uuid", String(32), ForeignKey("runs.run_uuid"), nullable=False),
        PrimaryKeyConstraint("key", "timestamp", "run_uuid", name="metric_pk"),
    )
