"""Statistics of series in memory."""

from collections.abc import Sequence

from kirok.entities.experiments import Experiment
from kirok.entities.series import SeriesStatistics
from kirok.rules.paging import check_statistics_request
from kirok.rules.series import Columns, statistics_of
from kirok.stores.memory.records import Records, whole


class MemorySeriesStore:
    """A SeriesStore in this process's memory, which keeps none and computes them from the points."""

    def __init__(self, records: Records) -> None:
        self.records = records

    @whole
    def statistics(
        self, run_ids: Sequence[str], keys: Sequence[str] | None = None
    ) -> dict[tuple[str, str], SeriesStatistics]:
        """As SeriesStore."""
        check_statistics_request(run_ids, keys)
        return {
            (run_id, key): statistics_of(Columns.of(ranks))
            for run_id in run_ids
            if run_id in self.records.runs
            for key, ranks in self.records.runs[run_id].series.items()
            if keys is None or key in keys
        }


class MemoryFacts:
    """What a filter may ask beside the runs themselves; for whoever holds the records' lock."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def statistics(self, run_id: str, key: str) -> SeriesStatistics | None:
        """As Facts."""
        ranks = self._records.runs[run_id].series.get(key)
        return None if ranks is None else statistics_of(Columns.of(ranks))

    def experiment(self, experiment_id: str) -> Experiment:
        """As Facts."""
        return self._records.experiment(experiment_id)
