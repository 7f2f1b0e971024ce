"""Runs. The hot writes await the store's writer on the event loop: a hop to a thread would cost more than they do."""

from typing import Any

from msgspec import DecodeError, json

from kirok.base.errors import InvalidParameter
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, RunTag
from kirok.rules.lifecycle import model_record_fields
from kirok.server.context import Context
from kirok.server.handlers import Handlers
from kirok.wire import endpoints
from kirok.wire import runs as wire
from kirok.wire.experiments import Empty
from kirok.wire.metrics import LogMetric
from kirok.wire.names import run_status, view_type


async def create_run(context: Context, request: wire.CreateRun) -> wire.OneRun:
    run = await context.writes.create_run(
        request.experiment_id or "",
        user_id=request.user_id or "",
        run_name=request.run_name,
        start_time=request.start_time,
        tags=[RunTag(tag.key, tag.text) for tag in request.tags],
    )
    return wire.OneRun(wire.Run.of(run))


async def update_run(context: Context, request: wire.UpdateRun) -> wire.UpdatedRun:
    status = run_status(request.status)
    info = await context.writes.update_run(
        request.run, status=status, end_time=request.end_time, run_name=request.run_name
    )
    return wire.UpdatedRun(wire.RunInfo.of(info))


async def log_metric(context: Context, request: LogMetric) -> Empty:
    await context.writes.log_batch(request.run, metrics=(request.record(),))
    return Empty()


async def log_param(context: Context, request: wire.LogParam) -> Empty:
    await context.writes.log_batch(request.run, params=(Param(request.key, request.value or ""),))
    return Empty()


async def set_tag(context: Context, request: wire.SetTag) -> Empty:
    await context.writes.log_batch(request.run, tags=(RunTag(request.key, request.value or ""),))
    return Empty()


async def log_batch(context: Context, request: wire.LogBatch) -> Empty:
    await context.writes.log_batch(
        request.run_id,
        metrics=[metric.record() for metric in request.metrics],
        params=[Param(param.key, param.text) for param in request.params],
        tags=[RunTag(tag.key, tag.text) for tag in request.tags],
    )
    return Empty()


def get_run(context: Context, request: wire.GetRun) -> wire.OneRun:
    return wire.OneRun(wire.Run.of(context.stores.runs.get_run(request.run)))


def delete_run(context: Context, request: wire.DeleteRun) -> Empty:
    context.stores.runs.delete_run(request.run_id)
    return Empty()


def restore_run(context: Context, request: wire.RestoreRun) -> Empty:
    context.stores.runs.restore_run(request.run_id)
    return Empty()


def search_runs(context: Context, request: wire.SearchRuns) -> bytes:
    return context.reads.search_runs(
        request.experiment_ids,
        filter_string=request.filter,
        view_type=view_type(request.run_view_type, "run_view_type"),
        max_results=request.max_results,
        order_by=request.order_by,
        page_token=request.page_token,
    )


def delete_tag(context: Context, request: wire.DeleteTag) -> Empty:
    context.stores.runs.delete_tag(request.run_id, request.key)
    return Empty()


def log_inputs(context: Context, request: wire.LogInputs) -> Empty:
    datasets = [given.record() for given in request.datasets]
    models = [LoggedModelInput(model.model_id) for model in request.models]
    context.stores.runs.log_inputs(request.run_id, datasets=datasets, models=models)
    return Empty()


def log_outputs(context: Context, request: wire.LogOutputs) -> Empty:
    models = [LoggedModelOutput(model.model_id, model.step) for model in request.models]
    context.stores.runs.log_outputs(request.run_id, models)
    return Empty()


def log_model(context: Context, request: wire.LogModel) -> Empty:
    try:
        model = json.decode(request.model_json, type=dict[str, Any])
    except (DecodeError, RecursionError) as error:
        raise InvalidParameter(f"Malformed model info: 'model_json' is not the JSON of an object: {error}.") from None
    model_record_fields(model)
    context.stores.runs.log_model_record(request.run_id, model)
    return Empty()


HANDLERS: Handlers = {
    endpoints.CREATE_RUN: create_run,
    endpoints.UPDATE_RUN: update_run,
    endpoints.DELETE_RUN: delete_run,
    endpoints.RESTORE_RUN: restore_run,
    endpoints.GET_RUN: get_run,
    endpoints.SEARCH_RUNS: search_runs,
    endpoints.LOG_METRIC: log_metric,
    endpoints.LOG_PARAM: log_param,
    endpoints.SET_TAG: set_tag,
    endpoints.DELETE_TAG: delete_tag,
    endpoints.LOG_BATCH: log_batch,
    endpoints.LOG_INPUTS: log_inputs,
    endpoints.LOG_OUTPUTS: log_outputs,
    endpoints.LOG_MODEL: log_model,
}
