"""Which experiment a run belongs to when nobody says."""

import logging
import threading

from kirok.base.errors import AlreadyExists, InvalidParameter, NotFound
from kirok.client.experiments import ExperimentMethods
from kirok.client.session import SESSION
from kirok.entities.experiments import Experiment
from kirok.entities.views import LifecycleStage

_log = logging.getLogger("kirok")
_one_at_a_time = threading.Lock()

DEFAULT_EXPERIMENT_ID = "0"
"""The experiment `Default`, which every store has."""


def activate_experiment(client: ExperimentMethods, name: str | None, experiment_id: str | None) -> Experiment:
    """Make an experiment the active one, by id or by name; one of a new name is created.

    InvalidParameter unless exactly one of the two is given, or where the experiment is deleted;
    NotFound for an unknown id.
    """
    if (name is None) == (experiment_id is None):
        raise InvalidParameter("Must specify exactly one of: `experiment_id` or `experiment_name`.")
    with _one_at_a_time:
        if experiment_id is not None:
            experiment = client.get_experiment(experiment_id)
        else:
            experiment = _found_or_created(client, name or "")
        if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
            raise InvalidParameter(
                f"Cannot set a deleted experiment {experiment.name!r} as the active experiment. You can restore the "
                f"experiment (restore_experiment({experiment.experiment_id!r})), or permanently delete the experiment "
                "to create a new one."
            )
        SESSION.experiment_id = experiment.experiment_id
        SESSION.export("EXPERIMENT_ID", experiment.experiment_id)
    return experiment


def current_experiment_id(client: ExperimentMethods) -> str:
    """The active experiment, else the environment's (by name, created if absent, or by id), else the default one.

    InvalidParameter where the environment names one that cannot be, or two different ones.
    """
    return SESSION.experiment_id or _experiment_of_environment(client) or DEFAULT_EXPERIMENT_ID


def _experiment_of_environment(client: ExperimentMethods) -> str | None:
    name, experiment_id = SESSION.setting("EXPERIMENT_NAME"), SESSION.setting("EXPERIMENT_ID")
    if name is not None:
        found = _found_or_created(client, name).experiment_id
        if experiment_id and experiment_id != found:
            raise InvalidParameter(
                f"The provided MLFLOW_EXPERIMENT_ID environment variable value `{experiment_id}` does not match the "
                f"experiment id `{found}` for experiment name `{name}`. Unset one of them."
            )
        return found
    if experiment_id is None:
        return None
    try:
        return client.get_experiment(experiment_id).experiment_id
    except NotFound as refusal:
        raise InvalidParameter(
            f"The provided MLFLOW_EXPERIMENT_ID environment variable value `{experiment_id}` does not exist in the "
            "tracking server. Provide a valid experiment_id, or unset it."
        ) from refusal


def _found_or_created(client: ExperimentMethods, name: str) -> Experiment:
    experiment = client.get_experiment_by_name(name)
    if experiment is not None:
        return experiment
    try:
        created = client.get_experiment(client.create_experiment(name))
    except AlreadyExists:  # another process was first
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            raise
        return experiment
    _log.info("Experiment %r did not exist and was created.", name)
    return created
