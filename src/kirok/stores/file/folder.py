"""A folder of runs, open: what lies in it, as records."""

import os
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from kirok.base.clock import Clock
from kirok.base.errors import InvalidState, NotFound
from kirok.entities.datasets import Dataset
from kirok.entities.experiments import Experiment
from kirok.entities.runs import Run, RunInfo
from kirok.rules.keys import experiment_number
from kirok.stores.file.experiment_records import read_experiment
from kirok.stores.file.index import Index, IndexFile
from kirok.stores.file.layout import DATASETS, META, METRICS, PARAMS, RUN_PARTS, TAGS, Layout
from kirok.stores.file.meta import Unreadable, Warnings, read_meta
from kirok.stores.file.run_edges import read_dataset
from kirok.stores.file.run_records import RunRecord, read_run, run_info
from kirok.stores.file.scans import Scan, scan


class FolderSettings(Struct, frozen=True):
    """How a folder is used."""

    artifact_root: str
    """What the artifact locations of new experiments begin with."""
    durable: bool
    """Whether a write is on the disk when it returns, or with the operating system."""
    truncate_long_values: bool
    clock: Clock


class Folder:
    """The records of a folder; each read sees what any process wrote before it."""

    def __init__(self, layout: Layout, settings: FolderSettings, index: IndexFile) -> None:
        self.layout = layout
        self.settings = settings
        self.warnings = Warnings()
        path = layout.path
        self._index = index
        self._experiments = Index[Experiment](
            index, Experiment, lambda place, _known, _at: read_experiment(path(place)), self.warnings
        )
        self._runs = Index[RunRecord](
            index, RunRecord, lambda place, known, at: read_run(path(place), known, at, self.warnings), self.warnings
        )
        self._datasets = Index[Dataset](
            index, Dataset, lambda place, _known, _at: read_dataset(path(place)), self.warnings
        )

    def experiments(self) -> dict[str, Experiment]:
        """Every experiment by its place."""
        found = ((place, self._scan(place, (TAGS,))) for place in self.layout.experiment_places())
        scans = {}
        for place, seen in found:
            if seen is not None:
                scans[place] = seen
            elif any(os.path.isfile(self.layout.path(run, META)) for run in self.layout.run_places(place)):
                self.warnings.skip(place, None, f"{self.layout.path(place, META)} is missing, though there are runs")
        return self._experiments.all("", scans)

    def experiment(self, experiment_id: str) -> tuple[str, Experiment]:
        """(place, experiment); NotFound for an unknown id, InvalidParameter for what is none, InvalidState where its
        record is damaged.
        """
        number = experiment_number(experiment_id)
        place = self.layout.experiment_place(number)
        try:
            if place is not None:
                return place, read_experiment(self.layout.path(place))
        except Unreadable as error:
            raise InvalidState(
                f"{error}. Mend the file, or restore it from a backup; the runs are not affected."
            ) from None
        except FileNotFoundError:
            pass  # moved or deleted meanwhile
        raise NotFound(f"No Experiment with id={number} exists")

    def run(self, run_id: str) -> tuple[str, RunRecord]:
        """(place, record) of a run; NotFound for an unknown id, InvalidState for a damaged record."""
        place = self.layout.run_place(run_id)
        seen = self._scan(place, RUN_PARTS)
        if seen is None:
            return self.run(run_id)  # moved meanwhile, into the bin or out of it
        record = self._runs.one(os.path.dirname(place), place, seen)
        if record is None:
            raise InvalidState(
                f"The run {run_id} cannot be read: {self.layout.path(place, META)} is damaged or about another run. "
                "Mend the file, or restore it from a backup; the run's values are as they were."
            )
        return place, record

    def run_info(self, run_id: str) -> RunInfo:
        """What is known of a run besides its data; raises as `run`."""
        path = self.layout.path(self.layout.run_place(run_id))
        try:
            return run_info(path, read_meta(os.path.join(path, META)))
        except Unreadable as error:
            raise InvalidState(f"{error}. Mend the file, or restore it from a backup.") from None

    def records(self, experiment_place: str) -> dict[str, RunRecord]:
        """Every run of an experiment by its place."""
        scans: dict[str, Scan] = {}
        for place in self.layout.run_places(experiment_place):
            seen = self._scan(place, RUN_PARTS)
            if seen is not None:
                scans[place] = seen
            elif any(os.path.isdir(self.layout.path(place, part)) for part in (METRICS, PARAMS)):
                self.warnings.skip(place, None, f"{self.layout.path(place, META)} is missing")
        return self._runs.all(experiment_place, scans)

    def whole(self, experiment_place: str, records: Iterable[RunRecord]) -> list[Run]:
        """Runs of one experiment with the datasets they used."""
        records = list(records)
        datasets = self.datasets(experiment_place, {one.dataset_id for each in records for one in each.dataset_uses})
        return [record.run(datasets) for record in records]

    def datasets(self, experiment_place: str, ids: Iterable[str]) -> dict[str, Dataset]:
        """Those of an experiment's datasets that there are, by id."""
        parent = f"{experiment_place}/{DATASETS}"
        found = {}
        for dataset_id in sorted(ids):
            place = f"{parent}/{dataset_id}"
            seen = self._scan(place, ())
            dataset = self._datasets.one(parent, place, seen) if seen else None
            if dataset is not None:
                found[dataset_id] = dataset
        return found

    def places_of(self, experiment_ids: Sequence[str]) -> Iterator[str]:
        """Where those of the experiments stand that there are."""
        for number in dict.fromkeys(map(experiment_number, experiment_ids)):
            place = self.layout.experiment_place(number)
            if place is not None:
                yield place

    def close(self) -> None:
        """Let go of the index."""
        self._index.close()

    def _scan(self, place: str, parts: Sequence[str]) -> Scan | None:
        return scan(self.layout.path(place), META, parts)
