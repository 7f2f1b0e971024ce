"""Series in SQL."""

from collections.abc import Sequence

from kirok.entities.metrics import Metric
from kirok.entities.pages import PagedList
from kirok.rules.paging import (
    MAX_BULK_POINTS,
    MAX_SAMPLED_POINTS,
    check_max_results,
    check_run_ids,
    check_step_range,
)
from kirok.rules.values import restored_value
from kirok.stores.sql.charts.samples import sampled_from_chunks
from kirok.stores.sql.charts.sealer import Sealer
from kirok.stores.sql.database import Database
from kirok.stores.sql.history_pages import HistoryPage
from kirok.stores.sql.samples import sampled_rows


class SqlMetricStore:
    """A MetricStore on a SQL database."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def history(
        self, run_id: str, key: str, *, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Metric]:
        """As MetricStore."""
        page = HistoryPage.parse(max_results, page_token)
        with self._database.read() as connection:
            rows, token = page.rows(connection, run_id, key)
        return PagedList(
            [Metric(key, restored_value(value, is_nan), timestamp, step) for timestamp, step, value, is_nan in rows],
            token,
        )

    def bulk_history(self, run_ids: Sequence[str], key: str, *, max_results: int = MAX_BULK_POINTS) -> list[Metric]:
        """As MetricStore."""
        check_run_ids(run_ids, "run_id")
        check_max_results(max_results, MAX_BULK_POINTS)
        points: list[Metric] = []
        with self._database.read() as connection:
            for run_id in sorted(set(run_ids)):
                rows, _ = HistoryPage(max_results - len(points)).rows(connection, run_id, key)
                points += [
                    Metric(key, restored_value(value, is_nan), timestamp, step, run_id=run_id)
                    for timestamp, step, value, is_nan in rows
                ]
                if len(points) >= max_results:
                    break
        return points

    def sampled_history(
        self,
        run_ids: Sequence[str],
        key: str,
        *,
        start_step: int | None = None,
        end_step: int | None = None,
        max_results: int = MAX_SAMPLED_POINTS,
    ) -> list[Metric]:
        """As MetricStore."""
        check_run_ids(run_ids, "run_ids")
        check_max_results(max_results, MAX_SAMPLED_POINTS)
        check_step_range(start_step, end_step)
        points: list[Metric] = []
        with self._database.read() as connection:
            may_be_sealed = self._sealer.has_tables(connection)
            for run_id in run_ids:
                series = self._sealer.points(connection, run_id, key, may_be_sealed=may_be_sealed)
                if series.heads:
                    rows = sampled_from_chunks(series, start_step, end_step, max_results)
                else:
                    rows = sampled_rows(connection, run_id, key, start_step, end_step, max_results)
                points += [
                    Metric(key, restored_value(value, is_nan), timestamp, step, run_id=run_id)
                    for step, timestamp, value, is_nan in rows
                ]
        return points
