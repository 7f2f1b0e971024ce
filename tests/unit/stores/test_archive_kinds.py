"""The kinds that can be copied are MLflow's tables, to the column."""

import pytest

from kirok.stores.archive_kinds import KINDS, NOUNS, Kind
from kirok.stores.sql.tables import metadata

# Left out with a reason that the module gives.
_ELSEWHERE = {
    "of the moment": {"jobs", "job_locks", "scheduler_leases"},
    "derived": {
        "latest_metrics",
        "sql_assessment_daily_rollups",
        "sql_span_cost_daily_rollups",
        "sql_trace_metric_daily_rollups",
        "sql_trace_rollup_rebuild_queue",
    },
    "of one installation": {
        *("alembic_version", "workspaces", "secrets", "model_definitions", "endpoints", "endpoint_bindings"),
        *("endpoint_model_mappings", "endpoint_tags", "guardrails", "guardrail_configs", "budget_policies"),
        *("mcp_servers", "mcp_server_aliases", "mcp_server_tags", "mcp_server_versions"),
        *("mcp_server_version_tags", "mcp_access_endpoints"),
    },
}
_OURS_TO_FILL = {"workspace", "duration_ns", "db_payload_generation"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_has_the_columns_and_the_key_of_its_table(kind: Kind) -> None:
    table = metadata.tables[kind.stored_in]
    assert set(kind.columns) == {column.name for column in table.columns} - _OURS_TO_FILL
    assert set(kind.key) == {column.name for column in table.primary_key} - _OURS_TO_FILL
    assert set(kind.fixed) <= set(kind.columns)
    typed = {column.name: type(column.type).__name__ for column in table.columns}
    assert set(kind.booleans) == {name for name, called in typed.items() if called == "Boolean"}
    assert {name for name, called in typed.items() if called == "JSON"} <= set(kind.documents)


def test_every_table_is_copied_or_left_out_on_purpose() -> None:
    copied = {kind.stored_in for kind in KINDS.values()}
    left_out = set[str]().union(*_ELSEWHERE.values())
    assert copied | left_out == set(metadata.tables)
    assert not copied & left_out


def test_nothing_refers_to_what_is_copied_later() -> None:
    order = [kind.stored_in for noun in NOUNS for kind in noun.kinds]
    for name in order:
        for key in metadata.tables[name].foreign_keys:
            assert order.index(key.column.table.name) <= order.index(name)
