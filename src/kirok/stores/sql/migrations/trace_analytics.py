"""What was rows beside traces and spans becomes columns of theirs: names, sessions, tokens, costs, models."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Identity,
    Integer,
    PrimaryKeyConstraint,
    String,
    false,
    text,
)

from kirok.base.errors import InvalidState
from kirok.stores.sql.migrations.changes import Changes
from kirok.stores.sql.migrations.trace_moves import (
    COSTS,
    TOKENS,
    delete_moved_rows,
    fill_assessments,
    fill_costs_of_gateway,
    fill_spans,
    fill_traces,
)
from kirok.stores.sql.migrations.traces import span_duration

_COSTS_KNOWN = "input_cost IS NOT NULL OR output_cost IS NOT NULL OR total_cost IS NOT NULL"


def move_analytics(changes: Changes) -> None:
    """75868b020152. Columns, filled from the rows; then the rows go, and tables for daily sums come.

    The rows go last. On MySQL they then go together with the new revision: a step that is begun anew finds them.
    """
    _refuse_orphans(changes)
    _add_columns(changes)
    fill_traces(changes.connection)
    if "dimension_attributes" in _columns_of(changes, "spans"):
        fill_spans(changes.connection)
    fill_costs_of_gateway(changes.connection)
    fill_assessments(changes.connection)
    with changes.table("assessments") as assessments:
        assessments.alter("is_numeric_value", existing_type=Boolean(), nullable=False, existing_server_default=false())
    _create_rollups(changes)
    _drop_dimensions(changes)
    _create_indexes(changes)
    delete_moved_rows(changes.connection)


def _refuse_orphans(changes: Changes) -> None:
    for table in ("spans", "assessments"):
        orphans = f"FROM {table} WHERE trace_id NOT IN (SELECT request_id FROM trace_info)"
        count = changes.connection.execute(text(f"SELECT COUNT(*) {orphans}")).scalar_one()
        if count:
            raise InvalidState(
                f"{count} rows of the table {table} belong to traces that are not there, and MLflow's schema has no "
                f"place for them any more. Look at them, delete them (DELETE {orphans}), and upgrade again."
            )


def _columns_of(changes: Changes, table: str) -> set[str]:
    return {column["name"] for column in changes.inspector.get_columns(table)}


def _add_columns(changes: Changes) -> None:
    with changes.table("trace_info") as traces:
        traces.add(
            Column("trace_name", String(4096)),
            Column("session_id", String(250)),
            *(Column(token, BigInteger) for token in TOKENS),
            *(Column(cost, Float(53)) for cost in COSTS),
        )
    with changes.table("assessments") as assessments:
        assessments.add(
            Column("experiment_id", Integer),
            Column("trace_timestamp_ms", BigInteger),
            Column("aggregate_value", Float(53)),
        )
    if "is_numeric_value" not in _columns_of(changes, "assessments"):
        # Outside of a batch, as its default is an expression: SQLite would rebuild the table, here and again below.
        column = Column("is_numeric_value", Boolean, server_default=false())
        changes.operations.add_column("assessments", column)
    with changes.table("spans") as spans:
        spans.add(
            *(Column(cost, Float(53)) for cost in COSTS),
            Column("model_name", String(500)),
            Column("model_provider", String(500)),
        )


def _create_rollups(changes: Changes) -> None:
    extremes = ("sum_value", "min_value", "max_value")
    for table, groups, values in (
        ("trace_metric", [Column("trace_status", String(50))], (*extremes, "p50_value", "p90_value", "p99_value")),
        ("span_cost", [Column("model_name", String(500)), Column("model_provider", String(500))], extremes),
        ("assessment", [], extremes),
    ):
        columns: list[Column[Any]] = groups
        name = f"sql_{table}_daily_rollups"
        changes.create(
            name,
            Column(
                "id",
                BigInteger().with_variant(Integer(), "sqlite"),
                Identity(always=False),
                autoincrement=True,
                nullable=False,
            ),
            Column("experiment_id", Integer, nullable=False),
            Column("rollup_day", Date, nullable=False),
            Column("metric_name", String(250), nullable=False),
            Column("grouping_set", String(50), nullable=False),
            *columns,
            Column("sample_count", BigInteger, nullable=False),
            *(Column(value, Float(53)) for value in values),
            PrimaryKeyConstraint("id", name=f"{name}_pk"),
        )
    changes.create(
        "sql_trace_rollup_rebuild_queue",
        Column("experiment_id", Integer, nullable=False),
        Column("rollup_day", Date, nullable=False),
        Column("rollup_family", String(50), nullable=False),
        PrimaryKeyConstraint("experiment_id", "rollup_day", "rollup_family", name="sql_trace_rollup_rebuild_queue_pk"),
    )


def _drop_dimensions(changes: Changes) -> None:
    with changes.table("spans") as spans:
        spans.drop("dimension_attributes")
        if changes.kind == "sqlite":
            # A rebuild copies every column, and SQLite takes no value for one that it computes: it is made anew.
            spans.drop("duration_ns")
            spans.add_before(span_duration(), "content")


def _create_indexes(changes: Changes) -> None:
    with changes.table("trace_info") as traces:
        traces.index("index_trace_info_experiment_id_session_id", "experiment_id", "session_id")
    looked_up = ["experiment_id", "rollup_day", "metric_name", "grouping_set"]
    changes.index("idx_trace_rollups_lookup", "sql_trace_metric_daily_rollups", [*looked_up, "trace_status"])
    changes.index(
        "idx_span_cost_rollups_lookup",
        "sql_span_cost_daily_rollups",
        [*looked_up, "model_name", "model_provider"],
        mysql_length={"model_name": 64, "model_provider": 64},  # keys of MySQL end at 3072 bytes
    )
    changes.index("idx_assessment_rollups_lookup", "sql_assessment_daily_rollups", looked_up)
    covering = {
        "postgresql_include": [*COSTS, "model_name", "model_provider"],
        "postgresql_where": text(_COSTS_KNOWN),
    }
    changes.index("idx_spans_cost_trace_time_cover", "spans", ["trace_id", "start_time_unix_nano"], **covering)
    changes.index("idx_spans_cost_exp_time_cover", "spans", ["experiment_id", "start_time_unix_nano"], **covering)
    with changes.table("assessments") as assessments:
        assessments.index("idx_assessments_exp_trace_ts", "experiment_id", "trace_timestamp_ms")
        assessments.index("idx_assessments_exp_trace_ts_name", "experiment_id", "trace_timestamp_ms", "name")
        assessments.index("idx_assessments_exp_name_valid", "experiment_id", "name", "valid")
