"""Experiments in memory."""

from collections.abc import Iterable, Sequence

from kirok.base.errors import AlreadyExists, InvalidState, NotFound
from kirok.entities.datasets import DatasetSummary
from kirok.entities.experiments import Experiment, ExperimentTag
from kirok.entities.pages import PagedList
from kirok.entities.views import LifecycleStage, ViewType
from kirok.rules.keys import check_experiment_name, check_key, experiment_number
from kirok.rules.lifecycle import require_active_experiment
from kirok.rules.locations import checked_location
from kirok.rules.paging import (
    MAX_DATASET_EXPERIMENTS,
    MAX_DATASET_SUMMARIES,
    MAX_EXPERIMENTS_PAGE,
    check_max_results,
    check_run_ids,
)
from kirok.rules.values import check_experiment_tag_value
from kirok.search.match import experiment_matcher
from kirok.search.order import experiment_sort_key, parse_experiment_order
from kirok.search.parse import parse_experiment_filter
from kirok.stores.memory.records import Records, whole
from kirok.stores.pages import page_of

CONTEXT_TAG = "mlflow.data.context"


class MemoryExperimentStore:
    """An ExperimentStore in this process's memory."""

    def __init__(self, records: Records) -> None:
        self.records = records

    @whole
    def create_experiment(
        self, name: str, *, artifact_location: str | None = None, tags: Sequence[ExperimentTag] = ()
    ) -> str:
        """As ExperimentStore."""
        check_experiment_name(name)
        if artifact_location:
            artifact_location = checked_location(artifact_location)
        for tag in tags:
            _check_tag(tag)
        self._check_name_is_free(name)
        texts = {tag.key: tag.value for tag in tags}
        return self.records.add_experiment(name, artifact_location, dict(sorted(texts.items())))

    @whole
    def get_experiment(self, experiment_id: str) -> Experiment:
        """As ExperimentStore."""
        return self.records.experiment(experiment_id)

    @whole
    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """As ExperimentStore."""
        return next((each for each in self.records.experiments.values() if each.name == name), None)

    @whole
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
        check_max_results(max_results, MAX_EXPERIMENTS_PAGE)
        matches = experiment_matcher(parse_experiment_filter(filter_string))
        sort_key = experiment_sort_key(parse_experiment_order(order_by))
        in_view = [each for each in self.records.experiments.values() if each.lifecycle_stage in view_type.stages]
        return page_of(sorted(filter(matches, in_view), key=sort_key), max_results, page_token)

    @whole
    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """As ExperimentStore."""
        check_experiment_name(new_name)
        experiment = self.records.experiment(experiment_id)
        if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
            raise InvalidState(f"Cannot rename a non-active experiment. Restore experiment {experiment_id} first.")
        if new_name != experiment.name:
            self._check_name_is_free(new_name)
        self.records.change_experiment(experiment, name=new_name, last_update_time=self.records.clock())

    @whole
    def delete_experiment(self, experiment_id: str) -> None:
        """As ExperimentStore."""
        self._move(experiment_id, LifecycleStage.ACTIVE, LifecycleStage.DELETED)

    @whole
    def restore_experiment(self, experiment_id: str) -> None:
        """As ExperimentStore."""
        self._move(experiment_id, LifecycleStage.DELETED, LifecycleStage.ACTIVE)

    @whole
    def set_experiment_tag(self, experiment_id: str, tag: ExperimentTag) -> None:
        """As ExperimentStore."""
        _check_tag(tag)
        experiment = self._active(experiment_id)
        self.records.change_experiment(experiment, tags=dict(sorted({**experiment.tags, tag.key: tag.value}.items())))

    @whole
    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """As ExperimentStore."""
        experiment = self._active(experiment_id)
        if key not in experiment.tags:
            raise NotFound(f"No tag with name: {key} in experiment with id {experiment_id}")
        kept = {name: value for name, value in experiment.tags.items() if name != key}
        self.records.change_experiment(experiment, tags=kept)

    @whole
    def search_datasets(self, experiment_ids: Sequence[str]) -> list[DatasetSummary]:
        """As ExperimentStore."""
        check_run_ids(experiment_ids, "experiment_ids", MAX_DATASET_EXPERIMENTS)
        wanted = {experiment_number(experiment_id) for experiment_id in experiment_ids}
        return list(dict.fromkeys(self._dataset_uses(wanted)))[:MAX_DATASET_SUMMARIES]

    def _dataset_uses(self, experiments: set[int]) -> Iterable[DatasetSummary]:
        for record in self.records.runs.values():
            if int(record.info.experiment_id) in experiments:
                for (name, digest), tags in record.datasets.items():
                    context = next((tag.value for tag in tags if tag.key == CONTEXT_TAG), None)
                    yield DatasetSummary(record.info.experiment_id, name, digest, context)

    def _move(self, experiment_id: str, source: LifecycleStage, target: LifecycleStage) -> None:
        experiment = self.records.experiment(experiment_id, source)
        self.records.change_experiment(experiment, lifecycle_stage=target, last_update_time=self.records.clock())
        for record in self.records.runs.values():
            if record.info.experiment_id == experiment.experiment_id:
                record.change(lifecycle_stage=target)

    def _active(self, experiment_id: str) -> Experiment:
        experiment = self.records.experiment(experiment_id)
        require_active_experiment(experiment_id, experiment.lifecycle_stage)
        return experiment

    def _check_name_is_free(self, name: str) -> None:
        if self.get_experiment_by_name(name):
            raise AlreadyExists(
                f"Experiment(name={name}) already exists. It may be deleted: restore it, or choose another name."
            )


def _check_tag(tag: ExperimentTag) -> None:
    check_key(tag.key, "key")
    check_experiment_tag_value(tag.value)
