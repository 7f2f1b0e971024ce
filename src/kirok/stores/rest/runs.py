"""Runs on a tracking server."""

import json
from collections.abc import Sequence
from typing import Any

from kirok.base.clock import now_ms
from kirok.entities.datasets import DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.pages import PagedList
from kirok.entities.runs import Param, Run, RunInfo, RunTag
from kirok.entities.views import RunStatus, ViewType
from kirok.transport import Transport
from kirok.wire import endpoints
from kirok.wire import runs as wire
from kirok.wire.experiments import KeyValue
from kirok.wire.metrics import LoggedMetric


class RestRunStore:
    """A RunStore over HTTP."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

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
        # MLflow's server takes an absent start for 1970.
        started = now_ms() if start_time is None else start_time
        request = wire.CreateRun(experiment_id, user_id, run_name, started, _pairs(tags))
        answer: wire.OneRun = self._transport.call(endpoints.CREATE_RUN, request, once=True)
        return answer.run.record()

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> RunInfo:
        """As RunStore."""
        request = wire.UpdateRun(run_id=run_id, status=status, end_time=end_time, run_name=run_name)
        answer: wire.UpdatedRun = self._transport.call(endpoints.UPDATE_RUN, request)
        return answer.run_info.record()

    def get_run(self, run_id: str) -> Run:
        """As RunStore."""
        answer: wire.OneRun = self._transport.call(endpoints.GET_RUN, wire.GetRun(run_id))
        return answer.run.record()

    def delete_run(self, run_id: str) -> None:
        """As RunStore."""
        self._transport.call(endpoints.DELETE_RUN, wire.DeleteRun(run_id))

    def restore_run(self, run_id: str) -> None:
        """As RunStore."""
        self._transport.call(endpoints.RESTORE_RUN, wire.RestoreRun(run_id))

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
        request = wire.SearchRuns(
            experiment_ids=list(experiment_ids),
            filter=filter_string,
            run_view_type=view_type.name,
            max_results=max_results,
            order_by=list(order_by),
            page_token=page_token,
        )
        page: wire.RunsPage = self._transport.call(endpoints.SEARCH_RUNS, request)
        return PagedList([run.record() for run in page.runs], page.next_page_token)

    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        """As RunStore; towards MLflow's own server, a refused batch may have been kept in part."""
        points = [
            LoggedMetric(m.key, m.value, m.timestamp, m.step, m.model_id, m.dataset_name, m.dataset_digest)
            for m in metrics
        ]
        self._transport.call(endpoints.LOG_BATCH, wire.LogBatch(run_id, points, _pairs(params), _pairs(tags)))

    def delete_tag(self, run_id: str, key: str) -> None:
        """As RunStore."""
        self._transport.call(endpoints.DELETE_TAG, wire.DeleteTag(run_id, key), once=True)

    def log_inputs(
        self, run_id: str, *, datasets: Sequence[DatasetInput] = (), models: Sequence[LoggedModelInput] = ()
    ) -> None:
        """As RunStore."""
        request = wire.LogInputs(
            run_id,
            [wire.DatasetInput.of(given) for given in datasets],
            [wire.ModelInput(model.model_id) for model in models],
        )
        self._transport.call(endpoints.LOG_INPUTS, request)

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """As RunStore."""
        request = wire.LogOutputs(run_id, [wire.ModelOutput(model.model_id, model.step) for model in models])
        self._transport.call(endpoints.LOG_OUTPUTS, request, once=True)

    def log_model_record(self, run_id: str, model: dict[str, Any]) -> None:
        """As RunStore."""
        self._transport.call(endpoints.LOG_MODEL, wire.LogModel(run_id, json.dumps(model)), once=True)


def _pairs(items: Sequence[Param] | Sequence[RunTag]) -> list[KeyValue]:
    return [KeyValue(item.key, item.value) for item in items]
