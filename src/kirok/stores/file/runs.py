"""Runs in a folder."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from kirok.base.errors import NotFound
from kirok.base.ids import new_id, new_run_name
from kirok.entities.datasets import DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.pages import PagedList
from kirok.entities.runs import Param, Run, RunData, RunInfo, RunInputs, RunTag
from kirok.entities.views import LifecycleStage, RunStatus, ViewType
from kirok.rules.batches import check_batch, check_dataset_inputs
from kirok.rules.keys import check_key, check_run_id
from kirok.rules.lifecycle import (
    LOGGED_MODELS_TAG,
    RUN_NAME_TAG,
    agreed_run_name,
    model_record_fields,
    require_active_experiment,
    require_active_run,
)
from kirok.rules.locations import run_artifact_uri
from kirok.rules.paging import MAX_RUNS_PAGE, check_max_results
from kirok.rules.values import fitted_params, fitted_tags
from kirok.search.goals import check_goals
from kirok.search.match import run_matcher
from kirok.search.order import parse_run_order, run_sort_key
from kirok.search.parse import parse_run_filter
from kirok.stores.file.batches import Batch
from kirok.stores.file.faults import on_files
from kirok.stores.file.folder import Folder
from kirok.stores.file.layout import ARTIFACTS, META, METRICS, PARAMS, TAGS, key_path
from kirok.stores.file.locks import locked
from kirok.stores.file.run_records import new_run_meta
from kirok.stores.file.series import FolderFacts
from kirok.stores.file.writing import Changes, remove_file, sync_folder
from kirok.stores.pages import page_of


class FileRunStore:
    """A RunStore in a folder. What changes a run is done under the run's lock."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.root = folder.layout.root

    @on_files
    def create_run(
        self,
        experiment_id: str,
        *,
        user_id: str = "",
        run_name: str | None = None,
        start_time: int | None = None,
        tags: Sequence[RunTag] = (),
    ) -> Run:
        """As RunStore. First tags are held to the rules for keys, as in MLflow's folders: a key names a file here."""
        settings = self._folder.settings
        for tag in tags:
            check_key(tag.key, "key")
        fitted = fitted_tags(tags, truncate=settings.truncate_long_values)
        place, _ = self._folder.experiment(experiment_id)
        with locked(self._folder.layout.path(place)):  # lest the experiment be deleted meanwhile
            place, experiment = self._folder.experiment(experiment_id)
            require_active_experiment(experiment_id, experiment.lifecycle_stage)
            name = agreed_run_name(run_name, list(fitted)) or new_run_name()
            run_id = new_id()
            info = RunInfo(
                run_id=run_id,
                experiment_id=experiment.experiment_id,
                run_name=name,
                user_id=user_id,
                status=RunStatus.RUNNING,
                start_time=settings.clock() if start_time is None else start_time,
                end_time=None,
                artifact_uri=run_artifact_uri(experiment.artifact_location, run_id),
                lifecycle_stage=LifecycleStage.ACTIVE,
            )
            values = {tag.key: tag.value for tag in fitted} | {RUN_NAME_TAG: name}
            self._make(self._folder.layout.path(place, run_id), info, values)
        return Run(info, RunData(tags=dict(sorted(values.items()))))

    @on_files
    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> RunInfo:
        """As RunStore."""
        with self._active(run_id) as (path, info):
            batch = self._batch(path, info)
            batch.update(status=status, end_time=end_time, run_name=run_name)
            return batch.commit()

    @on_files
    def get_run(self, run_id: str) -> Run:
        """As RunStore."""
        place, record = self._folder.run(run_id)
        return self._folder.whole(os.path.dirname(place), [record])[0]

    @on_files
    def delete_run(self, run_id: str) -> None:
        """As RunStore."""
        self._move(run_id, LifecycleStage.DELETED)

    @on_files
    def restore_run(self, run_id: str) -> None:
        """As RunStore."""
        self._move(run_id, LifecycleStage.ACTIVE)

    @on_files
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
        check_max_results(max_results, MAX_RUNS_PAGE)
        facts = FolderFacts(self._folder)
        expression, order = parse_run_filter(filter_string), parse_run_order(order_by)
        matches, sort_key = run_matcher(expression, facts), run_sort_key(order, facts)
        places = list(self._folder.places_of(experiment_ids))
        if experiment_ids:
            check_goals(expression, order, (facts.experiment(os.path.basename(place)) for place in places))
        runs: list[Run] = []
        for place in places:
            records = self._folder.records(place).values()
            in_view = [record for record in records if record.info.lifecycle_stage in view_type.stages]
            facts.learn(in_view)
            runs.extend(filter(matches, self._folder.whole(place, in_view)))
        page = page_of(sorted(runs, key=sort_key), max_results, page_token)
        return PagedList([_without_model_inputs(run) for run in page], page.token)

    @on_files
    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        """As RunStore."""
        check_run_id(run_id)
        check_batch(metrics, params, tags)
        truncate = self._folder.settings.truncate_long_values
        params, tags = fitted_params(params, truncate=truncate), fitted_tags(tags, truncate=truncate)
        with self._active(run_id) as (path, info):
            batch = self._batch(path, info)
            batch.add_params(params)
            batch.add_tags(tags)
            batch.add_metrics(metrics)
            batch.commit()

    @on_files
    def delete_tag(self, run_id: str, key: str) -> None:
        """As RunStore."""
        with self._active(run_id) as (path, _):
            tags = os.path.join(path, TAGS)
            try:
                check_key(key, "key")
                remove_file(key_path(tags, key), tags, durable=self._folder.settings.durable)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise NotFound(f"No tag with name: {key} in run with id {run_id}") from None

    @on_files
    def log_inputs(
        self, run_id: str, *, datasets: Sequence[DatasetInput] = (), models: Sequence[LoggedModelInput] = ()
    ) -> None:
        """As RunStore."""
        check_run_id(run_id)
        check_dataset_inputs(datasets)
        with self._active(run_id) as (path, info):
            batch = self._batch(path, info)
            batch.add_inputs(datasets, models)
            batch.commit()

    @on_files
    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """As RunStore."""
        with self._active(run_id) as (path, info):
            batch = self._batch(path, info)
            batch.add_outputs(models)
            batch.commit()

    @on_files
    def log_model_record(self, run_id: str, model: dict[str, Any]) -> None:
        """As RunStore."""
        model_record_fields(model)
        with self._active(run_id) as (path, info):
            batch = self._batch(path, info)
            try:
                with open(key_path(os.path.join(path, TAGS), LOGGED_MODELS_TAG), "rb") as file:
                    known = json.loads(file.read())
            except (FileNotFoundError, ValueError):
                known = []
            batch.add_tags([RunTag(LOGGED_MODELS_TAG, json.dumps([*known, model]))])
            batch.commit()

    def _make(self, path: str, info: RunInfo, tags: dict[str, str]) -> None:
        durable = self._folder.settings.durable
        try:
            for part in (METRICS, PARAMS, TAGS, ARTIFACTS):  # MLflow finds no run that lacks one of the others
                os.makedirs(os.path.join(path, part))
            changes = Changes(path, durable=durable)
            for key, value in tags.items():
                changes.replace(key_path(os.path.join(path, TAGS), key), value.encode())
            changes.replace(os.path.join(path, META), new_run_meta(info))  # last: now it is a run
            changes.commit()
            if durable:
                sync_folder(os.path.dirname(path))
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise

    def _batch(self, path: str, info: RunInfo) -> Batch:
        return Batch(path, info, durable=self._folder.settings.durable)

    def _move(self, run_id: str, stage: LifecycleStage) -> None:
        with self._locked(run_id) as (path, info):
            if info.lifecycle_stage != stage:
                deleted_time = self._folder.settings.clock() if stage is LifecycleStage.DELETED else None
                batch = self._batch(path, info)
                batch.update(lifecycle_stage=stage, deleted_time=deleted_time)
                batch.commit()

    @contextmanager
    def _active(self, run_id: str) -> Iterator[tuple[str, RunInfo]]:
        with self._locked(run_id) as (path, info):
            require_active_run(run_id, info.lifecycle_stage)
            yield path, info

    @contextmanager
    def _locked(self, run_id: str) -> Iterator[tuple[str, RunInfo]]:
        """(path, info) of a run that nobody else changes meanwhile; NotFound for an unknown one."""
        with ExitStack() as held:
            yield self._hold(run_id, held), self._folder.run_info(run_id)

    def _hold(self, run_id: str, held: ExitStack) -> str:
        """The folder of a run, its lock in `held`."""
        layout = self._folder.layout
        path = layout.path(layout.run_place(run_id))
        try:
            held.enter_context(locked(path))
        except FileNotFoundError:
            # Between the two its experiment went into the bin, or came out of it.
            moved = layout.path(layout.run_place(run_id))
            if moved == path:
                raise
            held.enter_context(locked(moved))
            return moved
        return path


def _without_model_inputs(run: Run) -> Run:
    return Run(run.info, run.data, RunInputs(run.inputs.dataset_inputs), run.outputs)
