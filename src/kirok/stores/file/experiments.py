"""Experiments in a folder."""

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from secrets import randbelow

from kirok.base.errors import AlreadyExists, InvalidState, NotFound
from kirok.entities.datasets import DatasetSummary
from kirok.entities.experiments import Experiment, ExperimentTag
from kirok.entities.pages import PagedList
from kirok.entities.views import LifecycleStage, ViewType
from kirok.rules.keys import check_experiment_name, check_key
from kirok.rules.lifecycle import require_active_experiment
from kirok.rules.locations import below, checked_location
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
from kirok.stores.file.experiment_records import changed_experiment_meta, new_experiment_meta
from kirok.stores.file.faults import on_files
from kirok.stores.file.folder import Folder
from kirok.stores.file.layout import META, TAGS, TRASH, key_path
from kirok.stores.file.locks import locked
from kirok.stores.file.meta import Unreadable, read_meta
from kirok.stores.file.run_records import change_run
from kirok.stores.file.writing import Changes, remove_file, sync_folder
from kirok.stores.pages import page_of

_CONTEXT_TAG = "mlflow.data.context"


class FileExperimentStore:
    """An ExperimentStore in a folder. What changes an experiment is done under the lock of the root, one at a time."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.root = folder.layout.root

    @on_files
    def create_experiment(
        self, name: str, *, artifact_location: str | None = None, tags: Sequence[ExperimentTag] = ()
    ) -> str:
        """As ExperimentStore."""
        check_experiment_name(name)
        if artifact_location:
            artifact_location = checked_location(artifact_location)
        for tag in tags:
            _check_tag(tag)
        with locked(self.root):
            self._check_name_is_free(name)
            return self._make(name, self._free_id(), artifact_location, tags)

    def make_default(self) -> None:
        """MLflow's experiment `Default`, number 0, where there is no experiment yet."""
        if self._folder.experiments():
            return
        with locked(self.root):
            if not self._folder.experiments():
                self._make("Default", "0", None, ())

    @on_files
    def get_experiment(self, experiment_id: str) -> Experiment:
        """As ExperimentStore."""
        return self._folder.experiment(experiment_id)[1]

    @on_files
    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """As ExperimentStore."""
        return next((each for each in self._folder.experiments().values() if each.name == name), None)

    @on_files
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
        in_view = [each for each in self._folder.experiments().values() if each.lifecycle_stage in view_type.stages]
        return page_of(sorted(filter(matches, in_view), key=sort_key), max_results, page_token)

    @on_files
    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """As ExperimentStore."""
        check_experiment_name(new_name)
        with locked(self.root):
            place, experiment = self._folder.experiment(experiment_id)
            if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
                raise InvalidState(f"Cannot rename a non-active experiment. Restore experiment {experiment_id} first.")
            if new_name != experiment.name:
                self._check_name_is_free(new_name)
            self._change_meta(place, name=new_name)

    @on_files
    def delete_experiment(self, experiment_id: str) -> None:
        """As ExperimentStore."""
        with locked(self.root):
            place, experiment = self._folder.experiment(experiment_id)
            if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
                raise NotFound(f"No Experiment with id={experiment.experiment_id} exists")
            with locked(self._folder.layout.path(place)):  # no run begins meanwhile
                self._move_runs(place, LifecycleStage.DELETED)
                self._change_meta(place, lifecycle_stage=LifecycleStage.DELETED.value)
            if not place.startswith(TRASH):
                self._move_folder(place, f"{TRASH}/{place}")

    @on_files
    def restore_experiment(self, experiment_id: str) -> None:
        """As ExperimentStore."""
        with locked(self.root):
            place, experiment = self._folder.experiment(experiment_id)
            name = experiment.experiment_id
            if experiment.lifecycle_stage != LifecycleStage.DELETED:
                if os.path.isfile(self._folder.layout.path(TRASH, name, META)):
                    raise AlreadyExists(
                        f"Cannot restore experiment with ID {name}: one of the same ID is in use. Rename a folder, and "
                        f"the experiment_id in its {META}, to have both."
                    )
                raise NotFound(f"No Experiment with id={name} exists")
            self._move_runs(place, LifecycleStage.ACTIVE)
            self._change_meta(place, lifecycle_stage=LifecycleStage.ACTIVE.value)
            if place != name:
                self._move_folder(place, name)

    @on_files
    def set_experiment_tag(self, experiment_id: str, tag: ExperimentTag) -> None:
        """As ExperimentStore."""
        _check_tag(tag)
        with locked(self.root):
            path = self._active(experiment_id)
            changes = self._changes(self.root)
            changes.replace(key_path(os.path.join(path, TAGS), tag.key), tag.value.encode())
            changes.commit()

    @on_files
    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """As ExperimentStore."""
        with locked(self.root):
            tags = os.path.join(self._active(experiment_id), TAGS)
            try:
                remove_file(key_path(tags, key), tags, durable=self._folder.settings.durable)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise NotFound(f"No tag with name: {key} in experiment with id {experiment_id}") from None

    @on_files
    def search_datasets(self, experiment_ids: Sequence[str]) -> list[DatasetSummary]:
        """As ExperimentStore."""
        check_run_ids(experiment_ids, "experiment_ids", MAX_DATASET_EXPERIMENTS)
        found: dict[DatasetSummary, None] = {}
        for place in self._folder.places_of(experiment_ids):
            for run in self._folder.whole(place, self._folder.records(place).values()):
                for used in run.inputs.dataset_inputs:
                    context = next((tag.value for tag in used.tags if tag.key == _CONTEXT_TAG), None)
                    dataset = used.dataset
                    found[DatasetSummary(run.info.experiment_id, dataset.name, dataset.digest, context)] = None
        return list(found)[:MAX_DATASET_SUMMARIES]

    def _make(self, name: str, experiment_id: str, location: str | None, tags: Sequence[ExperimentTag]) -> str:
        settings = self._folder.settings
        now = settings.clock()
        experiment = Experiment(
            experiment_id=experiment_id,
            name=name,
            artifact_location=location or below(settings.artifact_root, experiment_id),
            lifecycle_stage=LifecycleStage.ACTIVE,
            creation_time=now,
            last_update_time=now,
        )
        path = self._folder.layout.path(experiment_id)
        existed = os.path.isdir(path)  # artifacts may lie in it, from a database beside it
        os.makedirs(path, exist_ok=True)
        changes = self._changes(self.root)
        try:
            for tag in tags:
                changes.replace(key_path(os.path.join(path, TAGS), tag.key), tag.value.encode())
            changes.replace(os.path.join(path, META), new_experiment_meta(experiment))  # last: now it is an experiment
            changes.commit()
            if settings.durable:
                sync_folder(self.root)
        except BaseException:
            if not existed:
                shutil.rmtree(path, ignore_errors=True)
            raise
        return experiment_id

    def _free_id(self) -> str:
        """An id of 18 digits, as MLflow's, but in the order of time: microseconds and two digits of chance."""
        while True:
            experiment_id = str(time.time_ns() // 1_000 * 100 + randbelow(100))
            if not os.path.exists(self._folder.layout.path(experiment_id)):
                return experiment_id

    def _check_name_is_free(self, name: str) -> None:
        if any(each.name == name for each in self._folder.experiments().values()):
            raise AlreadyExists(
                f"Experiment(name={name}) already exists. It may be deleted: restore it, or choose another name."
            )

    def _active(self, experiment_id: str) -> str:
        """The path of an experiment that is in use."""
        place, experiment = self._folder.experiment(experiment_id)
        require_active_experiment(experiment_id, experiment.lifecycle_stage)
        return self._folder.layout.path(place)

    def _changes(self, workplace: str) -> Changes:
        return Changes(workplace, durable=self._folder.settings.durable)

    def _change_meta(self, place: str, **changed: object) -> None:
        path = self._folder.layout.path(place)
        meta = read_meta(os.path.join(path, META))
        content = changed_experiment_meta(meta, last_update_time=self._folder.settings.clock(), **changed)
        changes = self._changes(self.root)
        changes.replace(os.path.join(path, META), content)
        changes.commit()

    def _move_runs(self, experiment_place: str, stage: LifecycleStage) -> None:
        """Delete or restore every run, each under its lock. Broken off, it may be done again."""
        deleted_time = self._folder.settings.clock() if stage is LifecycleStage.DELETED else None
        for place, record in self._folder.records(experiment_place).items():
            if record.info.lifecycle_stage != stage:
                path = self._folder.layout.path(place)
                with suppress(FileNotFoundError, Unreadable), locked(path):
                    changes = self._changes(path)
                    change_run(changes, path, deleted_time=deleted_time, lifecycle_stage=stage)
                    changes.commit()

    def _move_folder(self, source: str, target: str) -> None:
        layout = self._folder.layout
        os.makedirs(os.path.dirname(layout.path(target)), exist_ok=True)
        os.rename(layout.path(source), layout.path(target))
        if self._folder.settings.durable:
            sync_folder(os.path.dirname(layout.path(source)))
            sync_folder(os.path.dirname(layout.path(target)))


def _check_tag(tag: ExperimentTag) -> None:
    check_key(tag.key, "key")
    check_experiment_tag_value(tag.value)
