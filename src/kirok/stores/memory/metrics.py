"""Series in memory."""

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
from kirok.stores.memory.records import Rank, Records, point, whole
from kirok.stores.pages import evenly_spaced, page_of


class MemoryMetricStore:
    """A MetricStore in this process's memory."""

    def __init__(self, records: Records) -> None:
        self.records = records

    @whole
    def history(
        self, run_id: str, key: str, *, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Metric]:
        """As MetricStore."""
        if max_results is not None:
            check_max_results(max_results)
        points = [point(key, rank) for rank in self._by_time(run_id, key)]
        return page_of(points, max_results, page_token)

    @whole
    def bulk_history(self, run_ids: Sequence[str], key: str, *, max_results: int = MAX_BULK_POINTS) -> list[Metric]:
        """As MetricStore."""
        check_run_ids(run_ids, "run_id")
        check_max_results(max_results)
        points = [point(key, rank, run_id) for run_id in sorted(set(run_ids)) for rank in self._by_time(run_id, key)]
        return points[:max_results]

    @whole
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
        sampled: list[Metric] = []
        for run_id in run_ids:
            ranks = sorted(
                rank
                for rank in self._series(run_id, key)
                if start_step is None or end_step is None or start_step <= rank[0] <= end_step
            )
            sampled.extend(point(key, rank, run_id) for rank in evenly_spaced(ranks, max_results))
        return sampled

    def _series(self, run_id: str, key: str) -> set[Rank]:
        record = self.records.runs.get(run_id)
        return record.series.get(key, set()) if record else set()

    def _by_time(self, run_id: str, key: str) -> list[Rank]:
        return sorted(self._series(run_id, key), key=lambda rank: (rank[1], rank[0], *rank[2:]))
