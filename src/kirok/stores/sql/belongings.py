"""Which rows belong to a run or an experiment besides its own, in MLflow's tables and in ours."""

from kirok.stores.sql.connection import Connection

RUN_TABLES = (("latest_metrics", "run_uuid"), ("params", "run_uuid"), ("tags", "run_uuid"))
"""Tables of MLflow whose rows are parts of a run, and the column that names it. Points (`metrics`) are apart: many."""

EXPERIMENT_TABLES = (
    "online_scoring_configs",
    "scorers",
    "datasets",
    "experiment_tags",
    "issues",
    "label_schemas",
    "review_queues",
    "sql_trace_rollup_rebuild_queue",
    "sql_trace_metric_daily_rollups",
    "sql_span_cost_daily_rollups",
    "sql_assessment_daily_rollups",
)
"""Tables of MLflow whose rows are parts of an experiment (`experiment_id`), in an order that foreign keys allow. What
hangs on those rows goes with them, by the database.
"""

TRACE_TABLES = (
    ("assessments", "trace_id"),
    ("trace_tags", "request_id"),
    ("trace_request_metadata", "request_id"),
    ("trace_metrics", "request_id"),
    ("span_metrics", "trace_id"),
    ("spans", "trace_id"),
    ("trace_info", "request_id"),
)
"""Tables of MLflow whose rows are parts of a trace, and the column that names it, in an order foreign keys allow."""

MODEL_TABLES = ("logged_model_metrics", "logged_model_params", "logged_model_tags", "logged_models")
"""Tables of MLflow whose rows are parts of a logged model (`model_id`)."""

EDGES_OF_RUN = (
    "(destination_type = 'RUN' AND destination_id = ?) "
    "OR (source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id = ?)"
)
"""Which rows of `inputs` begin or end at a run; binds its id twice."""

EDGES_OF_MODEL = "destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT') AND destination_id = ?"
"""Which rows of `inputs` end at a logged model; binds its id."""


def own_tables_of_runs(connection: Connection) -> list[str]:
    """The tables of ours that there are whose rows are parts of a run, which their column `run_uuid` names."""
    if connection.dialect.kind == "sqlite":
        statement = (
            "SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c "
            "WHERE t.type = 'table' AND t.name LIKE 'kirok%' AND c.name = 'run_uuid'"
        )
    else:
        schema = "DATABASE()" if connection.dialect.kind == "mysql" else "current_schema()"
        statement = (
            "SELECT table_name FROM information_schema.columns "
            f"WHERE table_schema = {schema} AND table_name LIKE 'kirok%' AND column_name = 'run_uuid'"
        )
    return sorted(name for (name,) in connection.execute(statement))
