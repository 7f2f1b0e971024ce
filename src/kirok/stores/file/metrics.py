"""Series in a folder."""

import os
from collections.abc import Sequence

from kirok.base.errors import NotFound
from kirok.entities.metrics import Metric
from kirok.entities.pages import PagedList
from kirok.rules.paging import (
    MAX_BULK_POINTS,
    MAX_SAMPLED_POINTS,
    check_max_results,
    check_run_ids,
    check_step_range,
)
from kirok.rules.series import Rank
from kirok.stores.file.faults import on_files
from kirok.stores.file.folder import Folder
from kirok.stores.file.layout import METRICS, key_path
from kirok.stores.file.metric_lines import point_at, read_ranks
from kirok.stores.pages import evenly_spaced, page_of


class FileMetricStore:
    """A MetricStore in a folder. Each read opens the series' one file."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.root = folder.layout.root

    @on_files
    def history(
        self, run_id: str, key: str, *, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Metric]:
        """As MetricStore."""
        if max_results is not None:
            check_max_results(max_results)
        page = page_of(self._by_time(run_id, key), max_results, page_token)
        return PagedList([point_at(key, rank) for rank in page], page.token)

    @on_files
    def bulk_history(self, run_ids: Sequence[str], key: str, *, max_results: int = MAX_BULK_POINTS) -> list[Metric]:
        """As MetricStore."""
        check_run_ids(run_ids, "run_id")
        check_max_results(max_results)
        points: list[Metric] = []
        for run_id in sorted(set(run_ids)):
            ranks = self._by_time(run_id, key)[: max_results - len(points)]
            points.extend(point_at(key, rank, run_id) for rank in ranks)
            if len(points) == max_results:
                break
        return points

    @on_files
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
            ranks = self.ranks(run_id, key)
            if start_step is not None and end_step is not None:
                ranks = [rank for rank in ranks if start_step <= rank[0] <= end_step]
            sampled.extend(point_at(key, rank, run_id) for rank in evenly_spaced(ranks, max_results))
        return sampled

    def _by_time(self, run_id: str, key: str) -> list[Rank]:
        return sorted(self.ranks(run_id, key), key=lambda rank: (rank[1], rank[0], *rank[2:]))

    def ranks(self, run_id: str, key: str) -> list[Rank]:
        """The points of a series by (step, timestamp, value), each once; none of an unknown run or key."""
        try:
            place = self._folder.layout.run_place(run_id)
            found, _ = read_ranks(key_path(os.path.join(self._folder.layout.path(place), METRICS), key))
            return sorted(set(found))
        except (NotFound, FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return []
