"""What the life-cycle stage of a run or experiment allows, and when one point outranks another."""

from kirok.base.errors import InvalidParameter
from kirok.entities.runs import RunTag
from kirok.entities.views import LifecycleStage

RUN_NAME_TAG = "mlflow.runName"
LOGGED_MODELS_TAG = "mlflow.log-model.history"


def require_active_run(run_id: str, stage: str) -> None:
    """Refuse to write to a deleted run."""
    if stage != LifecycleStage.ACTIVE:
        raise InvalidParameter(f"The run {run_id} must be in the 'active' state. Current state is {stage}.")


def require_active_experiment(experiment_id: str, stage: str) -> None:
    """Refuse to write to a deleted experiment."""
    if stage != LifecycleStage.ACTIVE:
        raise InvalidParameter(
            f"The experiment {experiment_id} must be in the 'active' state. Current state is {stage}."
        )


def agreed_run_name(run_name: str | None, tags: list[RunTag]) -> str | None:
    """The one name that argument and tag `mlflow.runName` agree on, None where neither gives one.

    Raises InvalidParameter where they differ.
    """
    tagged = next((tag.value for tag in tags if tag.key == RUN_NAME_TAG), None)
    if run_name and tagged and run_name != tagged:
        raise InvalidParameter(
            f"Both 'run_name' argument and '{RUN_NAME_TAG}' tag are specified, but with different values "
            f"(run_name='{run_name}', {RUN_NAME_TAG}='{tagged}'). Give one of them, or the same in both."
        )
    return run_name or tagged or None


def model_record_fields(model: object) -> None:
    """Refuse a logged-model record that lacks the fields older clients read back."""
    required = ("artifact_path", "flavors", "utc_time_created", "run_id")
    missing = [name for name in required if not isinstance(model, dict) or name not in model]
    if missing:
        raise InvalidParameter(f"Model json is missing mandatory fields: {missing}")
