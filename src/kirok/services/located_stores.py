"""Stores that answer where artifacts are now, over stores that answer what their rows say.

Rows stay as they are: whoever copies, backs up or empties the bin works on the stores below and reads them as written.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from kirok.entities.experiments import Experiment
from kirok.entities.pages import PagedList
from kirok.entities.runs import Run, RunInfo, RunTag
from kirok.entities.views import RunStatus, ViewType
from kirok.services.artifact_places import ArtifactPlaces
from kirok.stores.protocols import EncodedReads, ExperimentStore, QueuedWrites, RunStore, Stores

if TYPE_CHECKING:
    from asyncio import Future

_EXPERIMENTS = 50_000

Given = TypeVar("Given")
Made = TypeVar("Made")


def located(stores: Stores, places: ArtifactPlaces) -> Stores:
    """The stores, answering by `places`; they themselves where nothing can differ."""
    if not places.may_differ:
        return stores
    runs = LocatedRuns(stores.runs, places)
    return msgspec.structs.replace(
        stores,
        experiments=LocatedExperiments(stores.experiments, places),
        runs=runs,
        queued=None if stores.queued is None else LocatedWrites(stores.queued, runs),
        encoded=None if stores.encoded is None else LocatedReads(stores.encoded, stores.experiments, places),
    )


class LocatedExperiments:
    """An ExperimentStore over another one."""

    def __init__(self, experiments: ExperimentStore, places: ArtifactPlaces) -> None:
        self._experiments, self._places = experiments, places
        self.create_experiment = experiments.create_experiment
        self.rename_experiment = experiments.rename_experiment
        self.delete_experiment = experiments.delete_experiment
        self.restore_experiment = experiments.restore_experiment
        self.set_experiment_tag = experiments.set_experiment_tag
        self.delete_experiment_tag = experiments.delete_experiment_tag
        self.search_datasets = experiments.search_datasets

    def get_experiment(self, experiment_id: str) -> Experiment:
        """As ExperimentStore."""
        return self._located(self._experiments.get_experiment(experiment_id))

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """As ExperimentStore."""
        found = self._experiments.get_experiment_by_name(name)
        return None if found is None else self._located(found)

    def search_experiments(
        self,
        *,
        view_type: ViewType = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        filter_string: str | None = None,
        order_by: Sequence[str] = (),
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """As ExperimentStore."""
        page = self._experiments.search_experiments(
            view_type=view_type,
            max_results=max_results,
            filter_string=filter_string,
            order_by=order_by,
            page_token=page_token,
        )
        return PagedList(map(self._located, page), page.token)

    def _located(self, experiment: Experiment) -> Experiment:
        location = self._places.of_experiment(experiment.artifact_location)
        return msgspec.structs.replace(experiment, artifact_location=location)


class LocatedRuns:
    """A RunStore over another one. Filters compare what the rows say."""

    def __init__(self, runs: RunStore, places: ArtifactPlaces) -> None:
        self._runs, self._places = runs, places
        self.delete_run, self.restore_run = runs.delete_run, runs.restore_run
        self.log_batch, self.delete_tag = runs.log_batch, runs.delete_tag
        self.log_inputs, self.log_outputs = runs.log_inputs, runs.log_outputs
        self.log_model_record = runs.log_model_record

    def create_run(
        self,
        experiment_id: str,
        *,
        user_id: str = "",
        run_name: str | None = None,
        start_time: int | None = None,
        tags: Sequence[RunTag] = (),
    ) -> Run:
        """As RunStore."""
        return self.located(
            self._runs.create_run(experiment_id, user_id=user_id, run_name=run_name, start_time=start_time, tags=tags)
        )

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> RunInfo:
        """As RunStore."""
        return self.located_info(self._runs.update_run(run_id, status=status, end_time=end_time, run_name=run_name))

    def get_run(self, run_id: str) -> Run:
        """As RunStore."""
        return self.located(self._runs.get_run(run_id))

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        *,
        filter_string: str | None = None,
        view_type: ViewType = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: Sequence[str] = (),
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """As RunStore."""
        page = self._runs.search_runs(
            experiment_ids,
            filter_string=filter_string,
            view_type=view_type,
            max_results=max_results,
            order_by=order_by,
            page_token=page_token,
        )
        return PagedList(map(self.located, page), page.token)

    def located(self, run: Run) -> Run:
        """The run, with the place of its artifacts."""
        return msgspec.structs.replace(run, info=self.located_info(run.info))

    def located_info(self, info: RunInfo) -> RunInfo:
        """As `located`, of what is known of a run besides its data."""
        return msgspec.structs.replace(info, artifact_uri=self._places.of_files(info.artifact_uri))


class LocatedWrites:
    """Queued writes over others."""

    def __init__(self, writes: QueuedWrites, runs: LocatedRuns) -> None:
        self._writes, self._runs = writes, runs
        self.log_batch = writes.log_batch

    def create_run(
        self,
        experiment_id: str,
        *,
        user_id: str = "",
        run_name: str | None = None,
        start_time: int | None = None,
        tags: Sequence[RunTag] = (),
    ) -> "Future[Run]":
        """As QueuedWrites."""
        writing = self._writes.create_run(
            experiment_id, user_id=user_id, run_name=run_name, start_time=start_time, tags=tags
        )
        return _then(writing, self._runs.located)

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> "Future[RunInfo]":
        """As QueuedWrites."""
        writing = self._writes.update_run(run_id, status=status, end_time=end_time, run_name=run_name)
        return _then(writing, self._runs.located_info)


def _then(writing: "Future[Given]", change: Callable[[Given], Made]) -> "Future[Made]":
    from asyncio import ensure_future  # 50 ms to import, and a client never runs it

    async def changed() -> Made:
        return change(await writing)

    return ensure_future(changed())


class _EncodedRun(Struct, omit_defaults=True):
    """A run of an encoded page, of which one value is of interest."""

    info: dict[str, Any]
    data: Raw | UnsetType = UNSET
    inputs: Raw | UnsetType = UNSET
    outputs: Raw | UnsetType = UNSET


class _EncodedPage(Struct, omit_defaults=True):
    """A page of them."""

    runs: list[_EncodedRun] = []
    next_page_token: str | UnsetType = UNSET


_decode = msgspec.json.Decoder(_EncodedPage).decode
_encode = msgspec.json.Encoder().encode


class LocatedReads:
    """Encoded reads over others; what a page says besides places passes as it is, and the page as a whole where no
    experiment has moved: taking it apart may cost more than making it.
    """

    def __init__(self, reads: EncodedReads, experiments: ExperimentStore, places: ArtifactPlaces) -> None:
        self._reads, self._experiments, self._places = reads, experiments, places
        self._differs: bool | None = None
        self.history = reads.history

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
        encoded = self._reads.search_runs(
            experiment_ids,
            filter_string=filter_string,
            view_type=view_type,
            max_results=max_results,
            order_by=order_by,
            page_token=page_token,
        )
        if self._differs is None:
            self._differs = self._places.has_aliases or self._has_moved()
        if not self._differs:
            return encoded
        page = _decode(encoded)
        for run in page.runs:
            uri = run.info.get("artifact_uri")
            if uri:
                run.info["artifact_uri"] = self._places.of_files(uri)
        return _encode(page)

    def _has_moved(self) -> bool:
        locations = (
            experiment.artifact_location
            for experiment in self._experiments.search_experiments(view_type=ViewType.ALL, max_results=_EXPERIMENTS)
        )
        return any(self._places.of_experiment(location) != location for location in locations)
