"""Experiments."""

from kirok.base.errors import NotFound
from kirok.entities.experiments import ExperimentTag
from kirok.server.context import Context
from kirok.server.handlers import Handlers
from kirok.wire import endpoints
from kirok.wire import experiments as wire
from kirok.wire.names import view_type


def create_experiment(context: Context, request: wire.CreateExperiment) -> wire.CreatedExperiment:
    tags = [ExperimentTag(tag.key, tag.text) for tag in request.tags]
    return wire.CreatedExperiment(
        context.stores.experiments.create_experiment(
            request.name, artifact_location=request.artifact_location, tags=tags
        )
    )


def get_experiment(context: Context, request: wire.GetExperiment) -> wire.OneExperiment:
    return wire.OneExperiment(wire.Experiment.of(context.stores.experiments.get_experiment(request.experiment_id)))


def get_experiment_by_name(context: Context, request: wire.GetExperimentByName) -> wire.OneExperiment:
    experiment = context.stores.experiments.get_experiment_by_name(request.experiment_name)
    if experiment is None:
        raise NotFound(f"Could not find experiment with name '{request.experiment_name}'")
    return wire.OneExperiment(wire.Experiment.of(experiment))


def search_experiments(context: Context, request: wire.SearchExperiments) -> wire.ExperimentsPage:
    page = context.stores.experiments.search_experiments(
        view_type=view_type(request.view_type),
        max_results=request.max_results,
        filter_string=request.filter,
        order_by=request.order_by,
        page_token=request.page_token,
    )
    return wire.ExperimentsPage([wire.Experiment.of(experiment) for experiment in page], page.token)


def delete_experiment(context: Context, request: wire.DeleteExperiment) -> wire.Empty:
    context.stores.experiments.delete_experiment(request.experiment_id)
    return wire.Empty()


def restore_experiment(context: Context, request: wire.RestoreExperiment) -> wire.Empty:
    context.stores.experiments.restore_experiment(request.experiment_id)
    return wire.Empty()


def update_experiment(context: Context, request: wire.UpdateExperiment) -> wire.Empty:
    context.stores.experiments.rename_experiment(request.experiment_id, request.new_name)
    return wire.Empty()


def set_experiment_tag(context: Context, request: wire.SetExperimentTag) -> wire.Empty:
    context.stores.experiments.set_experiment_tag(
        request.experiment_id, ExperimentTag(request.key, request.value or "")
    )
    return wire.Empty()


def delete_experiment_tag(context: Context, request: wire.DeleteExperimentTag) -> wire.Empty:
    context.stores.experiments.delete_experiment_tag(request.experiment_id, request.key)
    return wire.Empty()


def search_datasets(context: Context, request: wire.SearchDatasets) -> wire.DatasetLines:
    found = context.stores.experiments.search_datasets(request.experiment_ids)
    return wire.DatasetLines([wire.DatasetLine.of(summary) for summary in found])


HANDLERS: Handlers = {
    endpoints.CREATE_EXPERIMENT: create_experiment,
    endpoints.GET_EXPERIMENT: get_experiment,
    endpoints.GET_EXPERIMENT_BY_NAME: get_experiment_by_name,
    endpoints.SEARCH_EXPERIMENTS: search_experiments,
    endpoints.SEARCH_EXPERIMENTS_BY_QUERY: search_experiments,
    endpoints.DELETE_EXPERIMENT: delete_experiment,
    endpoints.RESTORE_EXPERIMENT: restore_experiment,
    endpoints.UPDATE_EXPERIMENT: update_experiment,
    endpoints.SET_EXPERIMENT_TAG: set_experiment_tag,
    endpoints.DELETE_EXPERIMENT_TAG: delete_experiment_tag,
    endpoints.SEARCH_DATASETS: search_datasets,
}
