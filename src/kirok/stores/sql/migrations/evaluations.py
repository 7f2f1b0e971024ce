"""What judges traces: assessments, scorers, datasets to evaluate on, issues, labels, reviews, guardrails."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    false,
)

from kirok.stores.sql.migrations.changes import Changes
from kirok.stores.sql.migrations.workspaces import workspace


def create_assessments(changes: Changes) -> None:
    """770bee3ae1dd."""
    changes.create(
        "assessments",
        Column("assessment_id", String(50), nullable=False),
        Column("trace_id", String(50), nullable=False),
        Column("name", String(250), nullable=False),
        Column("assessment_type", String(20), nullable=False),
        Column("value", Text, nullable=False),
        Column("error", Text),
        Column("created_timestamp", BigInteger, nullable=False),
        Column("last_updated_timestamp", BigInteger, nullable=False),
        Column("source_type", String(50), nullable=False),
        Column("source_id", String(250)),
        Column("run_id", String(32)),
        Column("span_id", String(50)),
        Column("rationale", Text),
        Column("overrides", String(50)),
        Column("valid", Boolean, nullable=False),
        Column("assessment_metadata", Text),
        ForeignKeyConstraint(
            ["trace_id"], ["trace_info.request_id"], name="fk_assessments_trace_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("assessment_id", name="assessments_pk"),
        indexes={
            "index_assessments_trace_id_created_timestamp": ["trace_id", "created_timestamp"],
            "index_assessments_run_id_created_timestamp": ["run_id", "created_timestamp"],
            "index_assessments_last_updated_timestamp": ["last_updated_timestamp"],
            "index_assessments_assessment_type": ["assessment_type"],
        },
    )


def create_scorers(changes: Changes) -> None:
    """534353b11cbc. Scorers and their versions."""
    changes.create(
        "scorers",
        Column("experiment_id", Integer, nullable=False),
        Column("scorer_name", String(256), nullable=False),
        Column("scorer_id", String(36), nullable=False),
        _of_experiment("scorers", ondelete="CASCADE"),
        PrimaryKeyConstraint("scorer_id", name="scorer_pk"),
    )
    changes.create(
        "scorer_versions",
        Column("scorer_id", String(36), nullable=False),
        Column("scorer_version", Integer, nullable=False),
        Column("serialized_scorer", Text, nullable=False),
        Column("creation_time", BigInteger),
        ForeignKeyConstraint(
            ["scorer_id"], ["scorers.scorer_id"], name="fk_scorer_versions_scorer_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("scorer_id", "scorer_version", name="scorer_version_pk"),
        indexes={"index_scorer_versions_scorer_id": ["scorer_id"]},
    )
    with changes.table("scorers") as scorers:
        scorers.index("index_scorers_experiment_id_scorer_name", "experiment_id", "scorer_name", unique=True)


def create_datasets(changes: Changes) -> None:
    """71994744cf8e. Datasets to evaluate on, their tags and records."""
    changes.create(
        "evaluation_datasets",
        Column("dataset_id", String(36), nullable=False),
        Column("name", String(255), nullable=False),
        Column("schema", Text),
        Column("profile", Text),
        Column("digest", String(64)),
        *_times_and_people(),
        PrimaryKeyConstraint("dataset_id", name="evaluation_datasets_pk"),
        indexes={
            "index_evaluation_datasets_name": ["name"],
            "index_evaluation_datasets_created_time": ["created_time"],
        },
    )
    changes.create(
        "evaluation_dataset_tags",
        Column("dataset_id", String(36), nullable=False),
        Column("key", String(255), nullable=False),
        Column("value", String(5000)),
        _of_dataset("evaluation_dataset_tags"),
        PrimaryKeyConstraint("dataset_id", "key", name="evaluation_dataset_tags_pk"),
        indexes={"index_evaluation_dataset_tags_dataset_id": ["dataset_id"]},
    )
    changes.create(
        "evaluation_dataset_records",
        Column("dataset_record_id", String(36), nullable=False),
        Column("dataset_id", String(36), nullable=False),
        Column("inputs", JSON, nullable=False),
        Column("expectations", JSON),
        Column("tags", JSON),
        Column("source", JSON),
        Column("source_id", String(36)),
        Column("source_type", String(255)),
        *_times_and_people(),
        Column("input_hash", String(64), nullable=False),
        _of_dataset("evaluation_dataset_records"),
        PrimaryKeyConstraint("dataset_record_id", name="evaluation_dataset_records_pk"),
        UniqueConstraint("dataset_id", "input_hash", name="unique_dataset_input"),
        indexes={"index_evaluation_dataset_records_dataset_id": ["dataset_id"]},
    )


def add_outputs(changes: Changes) -> None:
    """3da73c924c2f. A record may hold what was answered."""
    with changes.table("evaluation_dataset_records") as records:
        records.add(Column("outputs", JSON))


def create_online_scoring(changes: Changes) -> None:
    """2c33131f4dae. Which traces a scorer is run on as they arrive."""
    changes.create(
        "online_scoring_configs",
        Column("online_scoring_config_id", String(36), nullable=False),
        Column("scorer_id", String(36), nullable=False),
        Column("sample_rate", Float(53), nullable=False),
        Column("experiment_id", Integer, nullable=False),
        Column("filter_string", Text),
        ForeignKeyConstraint(
            ["scorer_id"], ["scorers.scorer_id"], name="fk_online_scoring_configs_scorer_id", ondelete="CASCADE"
        ),
        _of_experiment("online_scoring_configs"),
        PrimaryKeyConstraint("online_scoring_config_id", name="online_scoring_config_pk"),
    )


def create_issues(changes: Changes) -> None:
    """76601a5f987d."""
    changes.create(
        "issues",
        Column("issue_id", String(36), nullable=False),
        Column("experiment_id", Integer, nullable=False),
        Column("name", String(250), nullable=False),
        Column("description", Text, nullable=False),
        Column("status", String(50), nullable=False),
        Column("severity", String(50)),
        Column("root_causes", Text),
        Column("source_run_id", String(32)),
        Column("categories", Text),
        Column("created_timestamp", BigInteger, nullable=False),
        Column("last_updated_timestamp", BigInteger, nullable=False),
        Column("created_by", String(255)),
        _of_experiment("issues", ondelete="CASCADE"),
        ForeignKeyConstraint(["source_run_id"], ["runs.run_uuid"], name="fk_issues_source_run_id", ondelete="SET NULL"),
        PrimaryKeyConstraint("issue_id", name="issues_pk"),
        indexes={
            "index_issues_experiment_id": ["experiment_id"],
            "index_issues_source_run_id": ["source_run_id"],
            "index_issues_status": ["status"],
        },
    )


def create_guardrails(changes: Changes) -> None:
    """ae8bbe7743c9. Scorers that stand before or behind an endpoint."""
    changes.create(
        "guardrails",
        Column("guardrail_id", String(36), nullable=False),
        Column("name", String(255), nullable=False),
        Column("scorer_id", String(36), nullable=False),
        Column("scorer_version", Integer, nullable=False),
        Column("stage", String(32), nullable=False),
        Column("action", String(32), nullable=False),
        Column("action_endpoint_id", String(36)),
        Column("created_by", String(255)),
        Column("created_at", BigInteger, nullable=False),
        Column("last_updated_by", String(255)),
        Column("last_updated_at", BigInteger, nullable=False),
        workspace(),
        ForeignKeyConstraint(
            ["scorer_id", "scorer_version"],
            ["scorer_versions.scorer_id", "scorer_versions.scorer_version"],
            name="fk_guardrails_scorer_version",
        ),
        ForeignKeyConstraint(
            ["action_endpoint_id"],
            ["endpoints.endpoint_id"],
            name="fk_guardrails_action_endpoint_id",
            ondelete="SET NULL",
        ),
        PrimaryKeyConstraint("guardrail_id", name="guardrails_pk"),
        indexes={
            "idx_guardrails_workspace": ["workspace"],
            "idx_guardrails_scorer": ["scorer_id", "scorer_version"],
        },
    )
    changes.create(
        "guardrail_configs",
        Column("endpoint_id", String(36), nullable=False),
        Column("guardrail_id", String(36), nullable=False),
        Column("execution_order", Integer),
        Column("created_by", String(255)),
        Column("created_at", BigInteger, nullable=False),
        workspace(),
        ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.endpoint_id"], name="fk_guardrail_configs_endpoint_id", ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["guardrail_id"],
            ["guardrails.guardrail_id"],
            name="fk_guardrail_configs_guardrail_id",
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("endpoint_id", "guardrail_id", name="guardrail_configs_pk"),
        indexes={
            "idx_guardrail_configs_endpoint_id": ["endpoint_id"],
            "idx_guardrail_configs_guardrail_id": ["guardrail_id"],
        },
    )


def create_label_schemas(changes: Changes) -> None:
    """89d3d66ed43f. What a reviewer is asked."""
    changes.create(
        "label_schemas",
        Column("schema_id", String(36), nullable=False),
        Column("experiment_id", Integer, nullable=False),
        Column("name", String(250), nullable=False),
        Column("type", String(16), nullable=False),
        Column("instruction", Text),
        Column("enable_comment", Boolean, nullable=False, server_default="0"),
        Column("input_type", String(32), nullable=False),
        Column("input_config", Text, nullable=False),
        Column("created_by", String(255)),
        Column("created_time", BigInteger, nullable=False),
        Column("last_update_time", BigInteger, nullable=False),
        Column("is_default", Boolean, nullable=False, server_default=false()),
        _of_experiment("label_schemas", ondelete="CASCADE"),
        PrimaryKeyConstraint("schema_id", name="label_schemas_pk"),
        UniqueConstraint("experiment_id", "name", name="uq_label_schemas_exp_name"),
        indexes={"index_label_schemas_experiment_id": ["experiment_id"]},
    )


def create_review_queues(changes: Changes) -> None:
    """b7e4c1a90f23. Traces that wait for a reviewer, and who may review them."""
    changes.create(
        "review_queues",
        Column("queue_id", String(36), nullable=False),
        Column("experiment_id", Integer, nullable=False),
        Column("name", String(250), nullable=False),
        Column("queue_type", String(16), nullable=False),
        Column("created_by", String(255)),
        Column("creation_time_ms", BigInteger, nullable=False),
        Column("last_update_time_ms", BigInteger, nullable=False),
        Column("name_key", String(250), nullable=False),
        _of_experiment("review_queues", ondelete="CASCADE"),
        PrimaryKeyConstraint("queue_id", name="review_queues_pk"),
        UniqueConstraint("experiment_id", "name_key", name="uq_review_queues_experiment_name_key"),
        indexes={"index_review_queues_experiment_id": ["experiment_id"]},
    )
    changes.create(
        "review_queue_users",
        Column("queue_id", String(36), nullable=False),
        Column("user_id", String(250), nullable=False),
        _of_queue("review_queue_users"),
        PrimaryKeyConstraint("queue_id", "user_id", name="review_queue_users_pk"),
        indexes={"index_review_queue_users_user_id": ["user_id"]},
    )
    changes.create(
        "review_queue_items",
        Column("queue_id", String(36), nullable=False),
        Column("item_type", String(16), nullable=False),
        Column("item_id", String(50), nullable=False),
        Column("status", String(16), nullable=False),
        Column("completed_by", String(250)),
        Column("completed_time_ms", BigInteger),
        Column("creation_time_ms", BigInteger, nullable=False),
        Column("last_update_time_ms", BigInteger, nullable=False),
        _of_queue("review_queue_items"),
        PrimaryKeyConstraint("queue_id", "item_id", name="review_queue_items_pk"),
        indexes={
            "index_review_queue_items_queue_id_status": ["queue_id", "status"],
            "index_review_queue_items_item_id": ["item_id"],
        },
    )
    changes.create(
        "review_queue_label_schemas",
        Column("queue_id", String(36), nullable=False),
        Column("schema_id", String(36), nullable=False),
        _of_queue("review_queue_label_schemas"),
        PrimaryKeyConstraint("queue_id", "schema_id", name="review_queue_label_schemas_pk"),
        indexes={"index_review_queue_label_schemas_schema_id": ["schema_id"]},
    )


def _times_and_people() -> tuple[Column[int], Column[int], Column[str], Column[str]]:
    return (
        Column("created_time", BigInteger),
        Column("last_update_time", BigInteger),
        Column("created_by", String(255)),
        Column("last_updated_by", String(255)),
    )


def _of_experiment(table: str, ondelete: str | None = None) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["experiment_id"], ["experiments.experiment_id"], name=f"fk_{table}_experiment_id", ondelete=ondelete
    )


def _of_dataset(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["dataset_id"], ["evaluation_datasets.dataset_id"], name=f"fk_{table}_dataset_id", ondelete="CASCADE"
    )


def _of_queue(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["queue_id"], ["review_queues.queue_id"], name=f"fk_{table}_queue_id", ondelete="CASCADE"
    )
