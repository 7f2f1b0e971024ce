"""Moving rows beside traces and spans into their columns, a page at a time. A row moved twice comes out the same."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, column, select, table, text, tuple_

from kirok.stores.sql.migrations.trace_values import assessed, cost, cut, json_object, model_of_span, token_count

TOKENS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_input_tokens_above_1hr",
)
COSTS = ("input_cost", "output_cost", "total_cost")

_NAME = "mlflow.traceName"
_SESSION, _USAGE, _COST = "mlflow.trace.session", "mlflow.trace.tokenUsage", "mlflow.trace.cost"
_PAGE = 500

_TAGS = table("trace_tags", column("request_id"), column("key"), column("value"))
_METADATA = table("trace_request_metadata", column("request_id"), column("key"), column("value"))
_METRICS = table("trace_metrics", column("request_id"), column("key"), column("value"))
_TRACES = table("trace_info", column("request_id"), column("experiment_id"), column("timestamp_ms"))
_SPANS = table("spans", column("trace_id"), column("span_id"), column("dimension_attributes"))
_SPAN_METRICS = table("span_metrics", column("trace_id"), column("span_id"), column("key"), column("value"))
_ASSESSMENTS = table("assessments", column("assessment_id"), column("trace_id"), column("value"))

_COSTS_OF_GATEWAY = """
UPDATE trace_info
SET total_cost = (SELECT SUM(spans.total_cost) FROM spans WHERE spans.trace_id = trace_info.request_id)
WHERE total_cost IS NULL AND EXISTS (
    SELECT 1 FROM trace_request_metadata AS said
    WHERE said.request_id = trace_info.request_id AND said.{key} = 'mlflow.gateway.endpointId'
)
"""


def fill_traces(connection: Connection) -> None:
    """Names, sessions, tokens and costs of traces."""
    columns = ("trace_name", "session_id", *TOKENS, *COSTS)
    update = _update("trace_info", columns, ("request_id",))
    for page in _pages(connection, _TRACES, "request_id"):
        traces = [row.request_id for row in page]
        names = _values_of(connection, _TAGS, traces, [_NAME])
        metadata = _values_of(connection, _METADATA, traces, [_SESSION, _USAGE, _COST])
        metrics = _values_of(connection, _METRICS, traces, TOKENS)
        connection.execute(update, [_trace(trace, names[trace], metadata[trace], metrics[trace]) for trace in traces])


def fill_spans(connection: Connection) -> None:
    """Costs and models of spans."""
    update = _update("spans", (*COSTS, "model_name", "model_provider"), ("trace_id", "span_id"))
    for page in _pages(connection, _SPANS, "trace_id", "span_id"):
        costs: dict[tuple[str, str], dict[str, float | None]] = defaultdict(dict)
        keys = [(row.trace_id, row.span_id) for row in page]
        found = select(_SPAN_METRICS).where(
            tuple_(_SPAN_METRICS.c.trace_id, _SPAN_METRICS.c.span_id).in_(keys), _SPAN_METRICS.c.key.in_(COSTS)
        )
        for row in connection.execute(found):
            costs[row.trace_id, row.span_id][row.key] = cost(row.value)
        rows = []
        for row, key in zip(page, keys, strict=True):
            model, provider = model_of_span(row.dimension_attributes, key)
            known = {each: costs[key].get(each) for each in COSTS}
            rows.append(known | {"model_name": model, "model_provider": provider, "key_0": key[0], "key_1": key[1]})
        connection.execute(update, rows)


def fill_costs_of_gateway(connection: Connection) -> None:
    """Costs of the traces through the gateway that only their spans know."""
    key = connection.dialect.identifier_preparer.quote("key")
    connection.execute(text(_COSTS_OF_GATEWAY.format(key=key)))


def fill_assessments(connection: Connection) -> None:
    """The experiment and time of an assessment's trace, and what it counts for."""
    columns = ("experiment_id", "trace_timestamp_ms", "aggregate_value", "is_numeric_value")
    update = _update("assessments", columns, ("assessment_id",))
    for page in _pages(connection, _ASSESSMENTS, "assessment_id"):
        traces = {
            row.request_id: row
            for row in connection.execute(
                select(_TRACES).where(_TRACES.c.request_id.in_({row.trace_id for row in page}))
            )
        }
        rows = []
        for row in page:
            aggregate, is_numeric = assessed(row.value)
            trace = traces[row.trace_id]
            values = (trace.experiment_id, trace.timestamp_ms, aggregate, is_numeric)
            rows.append(dict(zip(columns, values, strict=True)) | {"key_0": row.assessment_id})
        connection.execute(update, rows)


def delete_moved_rows(connection: Connection) -> None:
    """What now stands in columns goes from the tables beside them."""
    for found, keys in (
        (_TAGS, [_NAME]),
        (_METADATA, [_SESSION, _USAGE, _COST]),
        (_METRICS, TOKENS),
        (_SPAN_METRICS, COSTS),
    ):
        connection.execute(found.delete().where(found.c.key.in_(keys)))


def _trace(
    trace: str, names: dict[str, Any], metadata: dict[str, Any], metrics: dict[str, Any]
) -> dict[str, str | float | None]:
    usage, costs = json_object(metadata.get(_USAGE)), json_object(metadata.get(_COST))
    return {
        "key_0": trace,
        "trace_name": cut(names.get(_NAME), 4096),
        "session_id": cut(metadata.get(_SESSION), 250),
        **{token: token_count(metrics[token] if token in metrics else usage.get(token)) for token in TOKENS},
        **{each: cost(costs.get(each)) for each in COSTS},
    }


def _values_of(connection: Connection, found: Any, traces: Sequence[str], keys: Sequence[str]) -> Any:
    """trace → key → value."""
    values: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in connection.execute(select(found).where(found.c.request_id.in_(traces), found.c.key.in_(keys))):
        values[row.request_id][row.key] = row.value
    return values


def _pages(connection: Connection, found: Any, *keys: str) -> Iterator[Sequence[Row[Any]]]:
    """All rows in the order of their keys, some hundred at a time: none is read twice, none is held for long."""
    columns = [found.c[key] for key in keys]
    statement = select(found).order_by(*columns).limit(_PAGE)
    page = connection.execute(statement).all()
    while page:
        yield page
        last = tuple(getattr(page[-1], key) for key in keys)
        page = connection.execute(statement.where(tuple_(*columns) > last)).all()


def _update(name: str, columns: Sequence[str], keys: Sequence[str]) -> Any:
    values = ", ".join(f"{each} = :{each}" for each in columns)
    wanted = " AND ".join(f"{key} = :key_{place}" for place, key in enumerate(keys))
    return text(f"UPDATE {name} SET {values} WHERE {wanted}")
