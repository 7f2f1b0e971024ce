"""MlflowClient's experiments: fill defaults, call the store."""

from typing import Any

from kirok.client.connected import Connected
from kirok.entities.experiments import Experiment, ExperimentTag
from kirok.entities.pages import PagedList
from kirok.entities.views import ViewType


class ExperimentMethods(Connected):
    """Experiments by id and name."""

    def create_experiment(
        self, name: str, artifact_location: str | None = None, tags: dict[str, Any] | None = None
    ) -> str:
        """The id of a new experiment. AlreadyExists for a name in use or in the bin."""
        return self._stores.experiments.create_experiment(
            name,
            artifact_location=artifact_location,
            tags=[ExperimentTag(key, str(value)) for key, value in (tags or {}).items()],
        )

    def get_experiment(self, experiment_id: str) -> Experiment:
        """NotFound for an unknown id. Deleted experiments are returned."""
        return self._stores.experiments.get_experiment(str(experiment_id))

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """None for an unknown name. Deleted experiments are returned."""
        return self._stores.experiments.get_experiment_by_name(name)

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = 1000,
        filter_string: str | None = None,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """A page of experiments, newest first unless `order_by` says otherwise; `.token` asks for the next page."""
        return self._stores.experiments.search_experiments(
            view_type=ViewType(view_type),
            max_results=1000 if max_results is None else max_results,
            filter_string=filter_string,
            order_by=order_by or (),
            page_token=page_token,
        )

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """InvalidState unless active, AlreadyExists for a taken name."""
        self._stores.experiments.rename_experiment(str(experiment_id), new_name)

    def delete_experiment(self, experiment_id: str) -> None:
        """Into the bin, with all its runs. NotFound unless active."""
        self._stores.experiments.delete_experiment(str(experiment_id))

    def restore_experiment(self, experiment_id: str) -> None:
        """Out of the bin, with all its runs. NotFound unless deleted."""
        self._stores.experiments.restore_experiment(str(experiment_id))

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Insert or overwrite; `value` is kept as `str(value)`."""
        self._stores.experiments.set_experiment_tag(str(experiment_id), ExperimentTag(key, str(value)))

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """NotFound where there is no such tag."""
        self._stores.experiments.delete_experiment_tag(str(experiment_id), key)
