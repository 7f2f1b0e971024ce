"""Experiments, and the active one."""

from typing import Any

from kirok.base.errors import NotSupported
from kirok.client.active_experiment import activate_experiment, current_experiment_id
from kirok.client.mlflow_client import MlflowClient
from kirok.entities.experiments import Experiment
from kirok.entities.views import ViewType

_PAGE = 1000


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None, trace_location: object | None = None
) -> Experiment:
    """Put runs started from now on into an experiment, by name (created if absent) or by id.

    InvalidParameter unless exactly one of the two is given, or where the experiment is deleted; NotFound for an
    unknown id. Child processes inherit it through MLFLOW_EXPERIMENT_ID.
    """
    _refuse_trace_location(trace_location)
    return activate_experiment(MlflowClient(), experiment_name, experiment_id)


def create_experiment(
    name: str,
    artifact_location: str | None = None,
    tags: dict[str, Any] | None = None,
    trace_location: object | None = None,
) -> str:
    """The id of a new experiment, whose artifacts go to `artifact_location` (a folder or an object store's URI), else
    where the store puts them. AlreadyExists for a name in use or in the bin.
    """
    _refuse_trace_location(trace_location)
    return MlflowClient().create_experiment(name, artifact_location, tags)


def get_experiment(experiment_id: str) -> Experiment:
    """NotFound for an unknown id. Deleted experiments are returned."""
    return MlflowClient().get_experiment(experiment_id)


def get_experiment_by_name(name: str) -> Experiment | None:
    """None for an unknown name. Deleted experiments are returned."""
    return MlflowClient().get_experiment_by_name(name)


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: list[str] | None = None,
) -> list[Experiment]:
    """Experiments that match a filter such as `name LIKE 'llm%' AND tags.team = 'vision'`: all, or `max_results`.

    Newest first unless `order_by` says otherwise.
    """
    client = MlflowClient()
    found: list[Experiment] = []
    token = None
    while max_results is None or len(found) < max_results:
        size = _PAGE if max_results is None else min(_PAGE, max_results - len(found))
        page = client.search_experiments(view_type, size, filter_string, order_by, token)
        found += page
        token = page.token
        if not token:
            break
    return found


def delete_experiment(experiment_id: str) -> None:
    """Into the bin, with all its runs. NotFound unless active."""
    MlflowClient().delete_experiment(experiment_id)


def restore_experiment(experiment_id: str) -> None:
    """Out of the bin, with all its runs. NotFound unless deleted."""
    MlflowClient().restore_experiment(experiment_id)


def set_experiment_tag(key: str, value: Any) -> None:
    """Tag the active experiment; `value` is kept as `str(value)`."""
    set_experiment_tags({key: value})


def set_experiment_tags(tags: dict[str, Any]) -> None:
    """Tag the active experiment with each of `tags`."""
    client = MlflowClient()
    experiment_id = current_experiment_id(client)
    for key, value in tags.items():
        client.set_experiment_tag(experiment_id, key, value)


def delete_experiment_tag(key: str) -> None:
    """Remove a tag from the active experiment. NotFound where there is none."""
    client = MlflowClient()
    client.delete_experiment_tag(current_experiment_id(client), key)


def _refuse_trace_location(trace_location: object | None) -> None:
    if trace_location is not None:
        raise NotSupported("`trace_location` belongs to Databricks tracking servers, which kirok does not talk to.")
