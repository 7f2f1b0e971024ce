"""Traces and their spans."""

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.mysql import LONGTEXT

from kirok.stores.sql.tables.metadata import metadata

_COSTS_AND_MODEL = ["input_cost", "output_cost", "total_cost", "model_name", "model_provider"]
_HAS_COST = "input_cost IS NOT NULL OR output_cost IS NOT NULL OR total_cost IS NOT NULL"

trace_info = Table(
    "trace_info",
    metadata,
    Column("request_id", String(50), nullable=False),
    Column("experiment_id", Integer, nullable=False),
    Column("timestamp_ms", BigInteger, nullable=False),
    Column("execution_time_ms", BigInteger),
    Column("status", String(50), nullable=False),
    Column("client_request_id", String(50)),
    Column("request_preview", String(1000)),
    Column("response_preview", String(1000)),
    Column("db_payload_generation", Integer, nullable=False, server_default="0"),
    Column("trace_name", String(4096)),
    Column("session_id", String(250)),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("total_tokens", BigInteger),
    Column("cache_read_input_tokens", BigInteger),
    Column("cache_creation_input_tokens", BigInteger),
    Column("cache_creation_input_tokens_above_1hr", BigInteger),
    Column("input_cost", Float(53)),
    Column("output_cost", Float(53)),
    Column("total_cost", Float(53)),
    PrimaryKeyConstraint("request_id", name="trace_info_pk"),
    ForeignKeyConstraint(
        ["experiment_id"], ["experiments.experiment_id"], name="fk_trace_info_experiment_id", ondelete="CASCADE"
    ),
    Index("index_trace_info_experiment_id_session_id", "experiment_id", "session_id"),
    Index("index_trace_info_experiment_id_timestamp_ms", "experiment_id", "timestamp_ms"),
    Index("index_trace_info_timestamp_ms_request_id", "timestamp_ms", "request_id"),
)

trace_tags = Table(
    "trace_tags",
    metadata,
    Column("key", String(250), nullable=False),
    Column("value", String(8000)),
    Column("request_id", String(50), nullable=False),
    PrimaryKeyConstraint("key", "request_id", name="trace_tag_pk"),
    ForeignKeyConstraint(
        ["request_id"], ["trace_info.request_id"], name="fk_trace_tags_request_id", ondelete="CASCADE"
    ),
    Index("index_trace_tags_request_id", "request_id"),
)

trace_request_metadata = Table(
    "trace_request_metadata",
    metadata,
    Column("key", String(250), nullable=False),
    Column("value", String(8000)),
    Column("request_id", String(50), nullable=False),
    PrimaryKeyConstraint("key", "request_id", name="trace_request_metadata_pk"),
    ForeignKeyConstraint(
        ["request_id"], ["trace_info.request_id"], name="fk_trace_request_metadata_request_id", ondelete="CASCADE"
    ),
    Index("index_trace_request_metadata_request_id", "request_id"),
)

trace_metrics = Table(
    "trace_metrics",
    metadata,
    Column("request_id", String(50), nullable=False),
    Column("key", String(250), nullable=False),
    Column("value", Float(53)),
    PrimaryKeyConstraint("request_id", "key", name="trace_metrics_pk"),
    ForeignKeyConstraint(
        ["request_id"], ["trace_info.request_id"], name="fk_trace_metrics_request_id", ondelete="CASCADE"
    ),
    Index("index_trace_metrics_request_id", "request_id"),
)

spans = Table(
    "spans",
    metadata,
    Column("trace_id", String(50), nullable=False),
    Column("experiment_id", Integer, nullable=False),
    Column("span_id", String(50), nullable=False),
    Column("parent_span_id", String(50)),
    Column("name", Text),
    Column("type", String(500)),
    Column("status", String(50), nullable=False),
    Column("start_time_unix_nano", BigInteger, nullable=False),
    Column("end_time_unix_nano", BigInteger),
    Column("duration_ns", BigInteger, Computed("end_time_unix_nano - start_time_unix_nano", persisted=True)),
    Column("content", Text().with_variant(LONGTEXT, "mysql"), nullable=False),
    Column("input_cost", Float(53)),
    Column("output_cost", Float(53)),
    Column("total_cost", Float(53)),
    Column("model_name", String(500)),
    Column("model_provider", String(500)),
    PrimaryKeyConstraint("trace_id", "span_id", name="spans_pk"),
    ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], name="fk_spans_experiment_id"),
    ForeignKeyConstraint(["trace_id"], ["trace_info.request_id"], name="fk_spans_trace_id", ondelete="CASCADE"),
    Index(
        "idx_spans_cost_exp_time_cover",
        "experiment_id",
        "start_time_unix_nano",
        postgresql_include=_COSTS_AND_MODEL,
        postgresql_where=text(_HAS_COST),
    ),
    Index(
        "idx_spans_cost_trace_time_cover",
        "trace_id",
        "start_time_unix_nano",
        postgresql_include=_COSTS_AND_MODEL,
        postgresql_where=text(_HAS_COST),
    ),
    Index("index_spans_experiment_id_duration", "experiment_id", "duration_ns"),
    Index("index_spans_experiment_id_start_time", "experiment_id", "start_time_unix_nano"),
    Index("index_spans_experiment_id_status_type", "experiment_id", "status", "type"),
    Index("index_spans_experiment_id_type_status", "experiment_id", "type", "status"),
)

span_metrics = Table(
    "span_metrics",
    metadata,
    Column("trace_id", String(50), nullable=False),
    Column("span_id", String(50), nullable=False),
    Column("key", String(250), nullable=False),
    Column("value", Float(53)),
    PrimaryKeyConstraint("trace_id", "span_id", "key", name="span_metrics_pk"),
    ForeignKeyConstraint(
        ["trace_id", "span_id"], ["spans.trace_id", "spans.span_id"], name="fk_span_metrics_span", ondelete="CASCADE"
    ),
    Index("index_span_metrics_trace_id_span_id", "trace_id", "span_id"),
)

entity_associations = Table(
    "entity_associations",
    metadata,
    Column("association_id", String(36), nullable=False),
    Column("source_type", String(36), nullable=False),
    Column("source_id", String(36), nullable=False),
    Column("destination_type", String(36), nullable=False),
    Column("destination_id", String(36), nullable=False),
    Column("created_time", BigInteger),
    PrimaryKeyConstraint(
        "source_type", "source_id", "destination_type", "destination_id", name="entity_associations_pk"
    ),
    Index("index_entity_associations_association_id", "association_id"),
    Index("index_entity_associations_reverse_lookup", "destination_type", "destination_id", "source_type", "source_id"),
)
