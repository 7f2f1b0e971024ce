"""Statistics of series in a folder. They are kept in the index, file by file: `kirok.stores.file.series_records`."""

from collections.abc import Sequence

from kirok.base.errors import NotFound
from kirok.entities.experiments import Experiment
from kirok.entities.series import SeriesStatistics
from kirok.rules.paging import check_statistics_request
from kirok.stores.file.faults import on_files
from kirok.stores.file.folder import Folder
from kirok.stores.file.run_records import RunRecord


class FileSeriesStore:
    """A SeriesStore in a folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.root = folder.layout.root

    @on_files
    def statistics(
        self, run_ids: Sequence[str], keys: Sequence[str] | None = None
    ) -> dict[tuple[str, str], SeriesStatistics]:
        """As SeriesStore."""
        check_statistics_request(run_ids, keys)
        wanted = None if keys is None else frozenset(keys)
        found = {}
        for run_id in dict.fromkeys(run_ids):
            try:
                _, record = self._folder.run(run_id)
            except NotFound:
                continue
            for key, series in record.series.items():
                if wanted is None or key in wanted:
                    found[run_id, key] = series.statistics
        return found


class FolderFacts:
    """What a filter may ask beside the runs themselves, of records that are at hand."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._records: dict[str, RunRecord] = {}
        self._experiments: dict[str, Experiment] = {}

    def learn(self, records: Sequence[RunRecord]) -> None:
        """Runs that will be asked about."""
        self._records |= {record.info.run_id: record for record in records}

    def statistics(self, run_id: str, key: str) -> SeriesStatistics | None:
        """As Facts."""
        series = self._records[run_id].series.get(key)
        return None if series is None else series.statistics

    def experiment(self, experiment_id: str) -> Experiment:
        """As Facts."""
        if experiment_id not in self._experiments:
            self._experiments[experiment_id] = self._folder.experiment(experiment_id)[1]
        return self._experiments[experiment_id]
