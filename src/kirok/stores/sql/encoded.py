"""Reads answered as the wire's JSON, without records in between."""

from collections.abc import Sequence
from typing import Any

import msgspec

from kirok.entities.views import ViewType
from kirok.stores.sql.database import Database
from kirok.stores.sql.history_pages import HistoryPage
from kirok.stores.sql.run_pages import RunSearch
from kirok.stores.sql.wire_values import wire_value
from kirok.wire.metrics import Metric, MetricsPage

_encode = msgspec.json.Encoder().encode


class SqlEncodedReads:
    """EncodedReads on a SQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        *,
        filter_string: str | None = None,
        view_type: ViewType = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: Sequence[str] = (),
        page_token: str | None = None,
    ) -> bytes:
        """As EncodedReads."""
        search = RunSearch.parse(experiment_ids, filter_string, view_type, max_results, order_by, page_token)
        with self._database.read() as connection:
            as_json = self._database.runs_as_json(connection)
            run_ids, token = search.page(connection)
            runs = as_json(run_ids)
        page: dict[str, Any] = {}
        if runs:
            page["runs"] = [msgspec.Raw(run) for run in runs]
        if token:
            page["next_page_token"] = token
        return _encode(page)

    def history(self, run_id: str, key: str, *, max_results: int | None = None, page_token: str | None = None) -> bytes:
        """As EncodedReads."""
        page = HistoryPage.parse(max_results, page_token)
        with self._database.read() as connection:
            rows, token = page.rows(connection, run_id, key)
        points = [Metric(key, wire_value(value, is_nan), timestamp, step) for timestamp, step, value, is_nan in rows]
        return _encode(MetricsPage(points, token))
