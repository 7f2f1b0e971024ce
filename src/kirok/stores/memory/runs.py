"""Runs in memory."""

import json
from collections.abc import Sequence
from typing import Any

from kirok.base.errors import BadRequest, NotFound
from kirok.base.ids import new_id, new_run_name
from kirok.entities.datasets import DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.pages import PagedList
from kirok.entities.runs import Param, Run, RunInfo, RunInputs, RunTag
from kirok.entities.views import LifecycleStage, RunStatus, ViewType
from kirok.rules.batches import check_batch, check_dataset_inputs, check_unchanged_params
from kirok.rules.keys import check_first_tag_key, check_run_id, experiment_number
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
from kirok.stores.memory.records import Records, RunRecord, rank, whole
from kirok.stores.memory.series import MemoryFacts
from kirok.stores.pages import page_of


class MemoryRunStore:
    """A RunStore in this process's memory."""

    def __init__(self, records: Records) -> None:
        self.records = records

    @whole
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
        for tag in tags:
            check_first_tag_key(tag.key)
        fitted = fitted_tags(tags, truncate=self.records.truncate_long_values)
        experiment = self.records.experiment(experiment_id)
        require_active_experiment(experiment_id, experiment.lifecycle_stage)
        name = agreed_run_name(run_name, list(fitted)) or new_run_name()
        run_id = new_id()
        info = RunInfo(
            run_id=run_id,
            experiment_id=experiment.experiment_id,
            run_name=name,
            user_id=user_id,
            status=RunStatus.RUNNING,
            start_time=self.records.clock() if start_time is None else start_time,
            end_time=None,
            artifact_uri=run_artifact_uri(experiment.artifact_location, run_id),
            lifecycle_stage=LifecycleStage.ACTIVE,
        )
        record = RunRecord(info, {tag.key: tag.value for tag in fitted} | {RUN_NAME_TAG: name})
        self.records.runs[run_id] = record
        return self.records.whole_run(record)

    @whole
    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> RunInfo:
        """As RunStore."""
        record = self._active(run_id)
        if status is not None:
            record.change(status=status)
        if end_time is not None:
            record.change(end_time=end_time)
        if run_name:
            _rename(record, run_name)
        return record.info

    @whole
    def get_run(self, run_id: str) -> Run:
        """As RunStore."""
        return self.records.whole_run(self.records.run(run_id))

    @whole
    def delete_run(self, run_id: str) -> None:
        """As RunStore."""
        self.records.run(run_id).change(lifecycle_stage=LifecycleStage.DELETED)

    @whole
    def restore_run(self, run_id: str) -> None:
        """As RunStore."""
        self.records.run(run_id).change(lifecycle_stage=LifecycleStage.ACTIVE)

    @whole
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
        expression, order = parse_run_filter(filter_string), parse_run_order(order_by)
        wanted = {experiment_number(experiment_id) for experiment_id in experiment_ids}
        if wanted:
            found = self.records.experiments
            check_goals(expression, order, (found[number] for number in wanted if number in found))
        facts = MemoryFacts(self.records)
        matches, sort_key = run_matcher(expression, facts), run_sort_key(order, facts)
        runs = [
            self.records.whole_run(record)
            for record in self.records.runs.values()
            if int(record.info.experiment_id) in wanted and record.info.lifecycle_stage in view_type.stages
        ]
        page = page_of(sorted(filter(matches, runs), key=sort_key), max_results, page_token)
        return PagedList([_without_model_inputs(run) for run in page], page.token)

    @whole
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
        params = fitted_params(params, truncate=self.records.truncate_long_values)
        tags = fitted_tags(tags, truncate=self.records.truncate_long_values)
        record = self._active(run_id)
        check_unchanged_params(run_id, record.params, params)
        # Nothing below this line refuses, so a batch is kept whole or not at all.
        record.params.update((param.key, param.value) for param in params)
        for metric in metrics:
            record.series.setdefault(metric.key, set()).add(rank(metric))
        for tag in tags:
            if tag.key != RUN_NAME_TAG:
                record.tags[tag.key] = tag.value
            elif tag.value:  # an empty name changes nothing, as in `update_run`
                _rename(record, tag.value)

    @whole
    def delete_tag(self, run_id: str, key: str) -> None:
        """As RunStore."""
        record = self._active(run_id)
        if key not in record.tags:
            raise NotFound(f"No tag with name: {key} in run with id {run_id}")
        del record.tags[key]

    @whole
    def log_inputs(
        self, run_id: str, *, datasets: Sequence[DatasetInput] = (), models: Sequence[LoggedModelInput] = ()
    ) -> None:
        """As RunStore."""
        check_run_id(run_id)
        check_dataset_inputs(datasets)
        record = self._active(run_id)
        for given in datasets:
            dataset = given.dataset
            in_experiment = (record.info.experiment_id, dataset.name, dataset.digest)
            self.records.datasets.setdefault(in_experiment, dataset)
            record.datasets.setdefault((dataset.name, dataset.digest), given.tags)
        for model in models:
            record.model_inputs.setdefault(model.model_id, model)

    @whole
    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """As RunStore."""
        record = self._active(run_id)
        ids = [model.model_id for model in models]
        repeated = sorted({each for each in ids if each in record.model_outputs or ids.count(each) > 1})
        if repeated:
            raise BadRequest(f"Models {repeated} are already recorded as outputs of run {run_id}; name each once.")
        record.model_outputs.update((model.model_id, model) for model in models)

    @whole
    def log_model_record(self, run_id: str, model: dict[str, Any]) -> None:
        """As RunStore."""
        model_record_fields(model)
        record = self._active(run_id)
        known = json.loads(record.tags.get(LOGGED_MODELS_TAG, "[]"))
        record.tags[LOGGED_MODELS_TAG] = json.dumps([*known, model])

    def _active(self, run_id: str) -> RunRecord:
        record = self.records.run(run_id)
        require_active_run(run_id, record.info.lifecycle_stage)
        return record


def _rename(record: RunRecord, name: str) -> None:
    record.change(run_name=name)
    record.tags[RUN_NAME_TAG] = name


def _without_model_inputs(run: Run) -> Run:
    return Run(run.info, run.data, RunInputs(run.inputs.dataset_inputs), run.outputs)
