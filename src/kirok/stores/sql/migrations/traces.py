"""Traces, their tags and metadata, their spans, and what is measured of them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Computed,
    Float,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
)
from sqlalchemy.dialects.mysql import LONGTEXT

from kirok.stores.sql.migrations.changes import Changes


def create_traces(changes: Changes) -> None:
    """867495a8f9d4. Traces, with tags that may change and metadata that may not."""
    changes.create(
        "trace_info",
        Column("request_id", String(50), nullable=False),
        Column("experiment_id", Integer, nullable=False),
        Column("timestamp_ms", BigInteger, nullable=False),
        Column("execution_time_ms", BigInteger),
        Column("status", String(50), nullable=False),
        ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], name="fk_trace_info_experiment_id"),
        PrimaryKeyConstraint("request_id", name="trace_info_pk"),
        indexes={"index_trace_info_experiment_id_timestamp_ms": ["experiment_id", "timestamp_ms"]},
    )
    for table, key in (
        ("trace_tags", "trace_tag_pk"),
        ("trace_request_metadata", "trace_request_metadata_pk"),
    ):
        changes.create(
            table,
            Column("key", String(250), nullable=False),
            Column("value", String(8000)),
            Column("request_id", String(50), nullable=False),
            ForeignKeyConstraint(["request_id"], ["trace_info.request_id"], name=f"fk_{table}_request_id"),
            PrimaryKeyConstraint("key", "request_id", name=key),
            indexes={f"index_{table}_request_id": ["request_id"]},
        )


def delete_tags_with_traces(changes: Changes) -> None:
    """5b0e9adcef9c."""
    for table in ("trace_tags", "trace_request_metadata"):
        with changes.table(table) as found:
            found.foreign_key(f"fk_{table}_request_id", "trace_info", {"request_id": "request_id"}, ondelete="CASCADE")


def add_previews(changes: Changes) -> None:
    """cbc13b556ace. The columns of MLflow 3's traces."""
    with changes.table("trace_info") as traces:
        traces.add(
            Column("client_request_id", String(50)),
            Column("request_preview", String(1000)),
            Column("response_preview", String(1000)),
        )


def create_spans(changes: Changes) -> None:
    """a1b2c3d4e5f6. Spans in the database, where they were files among the artifacts."""
    changes.create(
        "spans",
        Column("trace_id", String(50), nullable=False),
        Column("experiment_id", Integer, nullable=False),
        Column("span_id", String(50), nullable=False),
        Column("parent_span_id", String(50)),
        Column("name", Text),
        Column("type", String(500)),
        Column("status", String(50), nullable=False),
        Column("start_time_unix_nano", BigInteger, nullable=False),
        Column("end_time_unix_nano", BigInteger),
        span_duration(),
        Column("content", Text().with_variant(LONGTEXT(), "mysql"), nullable=False),
        ForeignKeyConstraint(["trace_id"], ["trace_info.request_id"], name="fk_spans_trace_id", ondelete="CASCADE"),
        ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], name="fk_spans_experiment_id"),
        PrimaryKeyConstraint("trace_id", "span_id", name="spans_pk"),
        indexes={
            "index_spans_experiment_id": ["experiment_id"],
            "index_spans_experiment_id_status_type": ["experiment_id", "status", "type"],
            "index_spans_experiment_id_type_status": ["experiment_id", "type", "status"],
            "index_spans_experiment_id_duration": ["experiment_id", "duration_ns"],
        },
    )


def span_duration() -> Column[int]:
    """The column that the database computes of a span's two times."""
    computed = Computed("end_time_unix_nano - start_time_unix_nano", persisted=True)
    return Column("duration_ns", BigInteger, computed)


def create_associations(changes: Changes) -> None:
    """de4033877273. Which traces belong to which runs, and the like."""
    columns = ["source_type", "source_id", "destination_type", "destination_id"]
    changes.create(
        "entity_associations",
        Column("association_id", String(36), nullable=False),
        *(Column(column, String(36), nullable=False) for column in columns),
        Column("created_time", BigInteger),
        PrimaryKeyConstraint(*columns, name="entity_associations_pk"),
        indexes={
            "index_entity_associations_association_id": ["association_id"],
            "index_entity_associations_reverse_lookup": [*columns[2:], *columns[:2]],
        },
    )


def create_trace_metrics(changes: Changes) -> None:
    """b7c8d9e0f1a2. Numbers of a trace, such as the tokens it took."""
    changes.create(
        "trace_metrics",
        Column("request_id", String(50), nullable=False),
        Column("key", String(250), nullable=False),
        Column("value", Float(53)),
        ForeignKeyConstraint(
            ["request_id"], ["trace_info.request_id"], name="fk_trace_metrics_request_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("request_id", "key", name="trace_metrics_pk"),
        indexes={"index_trace_metrics_request_id": ["request_id"]},
    )


def create_span_metrics(changes: Changes) -> None:
    """c8d9e0f1a2b3. Numbers of a span, and by what they can be grouped."""
    changes.create(
        "span_metrics",
        Column("trace_id", String(50), nullable=False),
        Column("span_id", String(50), nullable=False),
        Column("key", String(250), nullable=False),
        Column("value", Float(53)),
        ForeignKeyConstraint(
            ["trace_id", "span_id"],
            ["spans.trace_id", "spans.span_id"],
            name="fk_span_metrics_span",
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("trace_id", "span_id", "key", name="span_metrics_pk"),
        indexes={"index_span_metrics_trace_id_span_id": ["trace_id", "span_id"]},
    )
    with changes.table("spans") as spans:
        spans.add(Column("dimension_attributes", JSON))


def prepare_archival(changes: Changes) -> None:
    """da6fb0208061. How often a trace was rewritten, and where a workspace archives its traces."""
    with changes.table("trace_info") as traces:
        traces.add(Column("db_payload_generation", Integer, nullable=False, server_default="0"))
    with changes.table("workspaces") as workspaces:
        workspaces.add(Column("trace_archival_location", Text), Column("trace_archival_retention", String(32)))


def index_spans_by_start(changes: Changes) -> None:
    """c1d2e3f4a5b6. The index by experiment takes in the start, and serves both."""
    with changes.table("spans") as spans:
        spans.index("index_spans_experiment_id_start_time", "experiment_id", "start_time_unix_nano")
        spans.drop_index("index_spans_experiment_id")


def delete_traces_with_experiments(changes: Changes) -> None:
    """6f8d9c3b2a1e."""
    with changes.table("trace_info") as traces:
        traces.foreign_key(
            "fk_trace_info_experiment_id", "experiments", {"experiment_id": "experiment_id"}, ondelete="CASCADE"
        )


def index_archival_candidates(changes: Changes) -> None:
    """1971f2d9a75b."""
    with changes.table("trace_info") as traces:
        traces.index("index_trace_info_timestamp_ms_request_id", "timestamp_ms", "request_id")
