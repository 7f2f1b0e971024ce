"""Logged models: what runs make of their training."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
)

from kirok.stores.sql.migrations.changes import Changes


def create_logged_models(changes: Changes) -> None:
    """400f98739977. Models, their metrics, params and tags."""
    changes.create(
        "logged_models",
        Column("model_id", String(36), nullable=False),
        Column("experiment_id", Integer, nullable=False),
        Column("name", String(500), nullable=False),
        Column("artifact_location", String(1000), nullable=False),
        Column("creation_timestamp_ms", BigInteger, nullable=False),
        Column("last_updated_timestamp_ms", BigInteger, nullable=False),
        Column("status", Integer, nullable=False),
        Column("lifecycle_stage", String(32)),
        Column("model_type", String(500)),
        Column("source_run_id", String(32)),
        Column("status_message", String(1000)),
        CheckConstraint("lifecycle_stage IN ('active', 'deleted')", name="logged_models_lifecycle_stage_check"),
        _of_experiment("logged_models", ondelete="CASCADE"),
        PrimaryKeyConstraint("model_id", name="logged_models_pk"),
    )
    changes.create(
        "logged_model_metrics",
        Column("model_id", String(36), nullable=False),
        Column("metric_name", String(500), nullable=False),
        Column("metric_timestamp_ms", BigInteger, nullable=False),
        Column("metric_step", BigInteger, nullable=False),
        Column("metric_value", Float(53)),
        Column("experiment_id", Integer, nullable=False),
        Column("run_id", String(32), nullable=False),
        Column("dataset_uuid", String(36)),
        Column("dataset_name", String(500)),
        Column("dataset_digest", String(36)),
        _of_experiment("logged_model_metrics"),
        _of_model("logged_model_metrics"),
        ForeignKeyConstraint(["run_id"], ["runs.run_uuid"], name="fk_logged_model_metrics_run_id", ondelete="CASCADE"),
        PrimaryKeyConstraint(
            "model_id", "metric_name", "metric_timestamp_ms", "metric_step", "run_id", name="logged_model_metrics_pk"
        ),
        indexes={"index_logged_model_metrics_model_id": ["model_id"]},
    )
    for table, kind in (("logged_model_params", "param"), ("logged_model_tags", "tag")):
        changes.create(
            table,
            Column("model_id", String(36), nullable=False),
            Column("experiment_id", Integer, nullable=False),
            Column(f"{kind}_key", String(255), nullable=False),
            Column(f"{kind}_value", Text, nullable=False),
            _of_experiment(table),
            _of_model(table),
            PrimaryKeyConstraint("model_id", f"{kind}_key", name=f"{table}_pk"),
        )


def _of_experiment(table: str, ondelete: str | None = None) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["experiment_id"], ["experiments.experiment_id"], name=f"fk_{table}_experiment_id", ondelete=ondelete
    )


def _of_model(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["model_id"], ["logged_models.model_id"], name=f"fk_{table}_model_id", ondelete="CASCADE"
    )
