"""What people and judges said of traces."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from kirok.stores.sql.tables.metadata import metadata

assessments = Table(
    "assessments",
    metadata,
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
    Column("experiment_id", Integer),
    Column("trace_timestamp_ms", BigInteger),
    Column("aggregate_value", Float(53)),
    Column("is_numeric_value", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("assessment_id", name="assessments_pk"),
    ForeignKeyConstraint(["trace_id"], ["trace_info.request_id"], name="fk_assessments_trace_id", ondelete="CASCADE"),
    Index("idx_assessments_exp_name_valid", "experiment_id", "name", "valid"),
    Index("idx_assessments_exp_trace_ts", "experiment_id", "trace_timestamp_ms"),
    Index("idx_assessments_exp_trace_ts_name", "experiment_id", "trace_timestamp_ms", "name"),
    Index("index_assessments_assessment_type", "assessment_type"),
    Index("index_assessments_last_updated_timestamp", "last_updated_timestamp"),
    Index("index_assessments_run_id_created_timestamp", "run_id", "created_timestamp"),
    Index("index_assessments_trace_id_created_timestamp", "trace_id", "created_timestamp"),
)

issues = Table(
    "issues",
    metadata,
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
    PrimaryKeyConstraint("issue_id", name="issues_pk"),
    ForeignKeyConstraint(
        ["experiment_id"], ["experiments.experiment_id"], name="fk_issues_experiment_id", ondelete="CASCADE"
    ),
    ForeignKeyConstraint(["source_run_id"], ["runs.run_uuid"], name="fk_issues_source_run_id", ondelete="SET NULL"),
    Index("index_issues_experiment_id", "experiment_id"),
    Index("index_issues_source_run_id", "source_run_id"),
    Index("index_issues_status", "status"),
)

label_schemas = Table(
    "label_schemas",
    metadata,
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
    PrimaryKeyConstraint("schema_id", name="label_schemas_pk"),
    ForeignKeyConstraint(
        ["experiment_id"], ["experiments.experiment_id"], name="fk_label_schemas_experiment_id", ondelete="CASCADE"
    ),
    UniqueConstraint("experiment_id", "name", name="uq_label_schemas_exp_name"),
    Index("index_label_schemas_experiment_id", "experiment_id"),
)

review_queues = Table(
    "review_queues",
    metadata,
    Column("queue_id", String(36), nullable=False),
    Column("experiment_id", Integer, nullable=False),
    Column("name", String(250), nullable=False),
    Column("queue_type", String(16), nullable=False),
    Column("created_by", String(255)),
    Column("creation_time_ms", BigInteger, nullable=False),
    Column("last_update_time_ms", BigInteger, nullable=False),
    Column("name_key", String(250), nullable=False),
    PrimaryKeyConstraint("queue_id", name="review_queues_pk"),
    ForeignKeyConstraint(
        ["experiment_id"], ["experiments.experiment_id"], name="fk_review_queues_experiment_id", ondelete="CASCADE"
    ),
    UniqueConstraint("experiment_id", "name_key", name="uq_review_queues_experiment_name_key"),
    Index("index_review_queues_experiment_id", "experiment_id"),
)

review_queue_items = Table(
    "review_queue_items",
    metadata,
    Column("queue_id", String(36), nullable=False),
    Column("item_type", String(16), nullable=False),
    Column("item_id", String(50), nullable=False),
    Column("status", String(16), nullable=False),
    Column("completed_by", String(250)),
    Column("completed_time_ms", BigInteger),
    Column("creation_time_ms", BigInteger, nullable=False),
    Column("last_update_time_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("queue_id", "item_id", name="review_queue_items_pk"),
    ForeignKeyConstraint(
        ["queue_id"], ["review_queues.queue_id"], name="fk_review_queue_items_queue_id", ondelete="CASCADE"
    ),
    Index("index_review_queue_items_item_id", "item_id"),
    Index("index_review_queue_items_queue_id_status", "queue_id", "status"),
)

review_queue_label_schemas = Table(
    "review_queue_label_schemas",
    metadata,
    Column("queue_id", String(36), nullable=False),
    Column("schema_id", String(36), nullable=False),
    PrimaryKeyConstraint("queue_id", "schema_id", name="review_queue_label_schemas_pk"),
    ForeignKeyConstraint(
        ["queue_id"], ["review_queues.queue_id"], name="fk_review_queue_label_schemas_queue_id", ondelete="CASCADE"
    ),
    Index("index_review_queue_label_schemas_schema_id", "schema_id"),
)

review_queue_users = Table(
    "review_queue_users",
    metadata,
    Column("queue_id", String(36), nullable=False),
    Column("user_id", String(250), nullable=False),
    PrimaryKeyConstraint("queue_id", "user_id", name="review_queue_users_pk"),
    ForeignKeyConstraint(
        ["queue_id"], ["review_queues.queue_id"], name="fk_review_queue_users_queue_id", ondelete="CASCADE"
    ),
    Index("index_review_queue_users_user_id", "user_id"),
)
