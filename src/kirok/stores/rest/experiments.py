"""Experiments on a tracking server."""

from collections.abc import Sequence

from kirok.base.errors import NotFound
from kirok.entities.datasets import DatasetSummary
from kirok.entities.experiments import Experiment, ExperimentTag
from kirok.entities.pages import PagedList
from kirok.entities.views import ViewType
from kirok.transport import Transport
from kirok.wire import endpoints
from kirok.wire import experiments as wire


class RestExperimentStore:
    """An ExperimentStore over HTTP."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_experiment(
        self, name: str, *, artifact_location: str | None = None, tags: Sequence[ExperimentTag] = ()
    ) -> str:
        """As ExperimentStore."""
        request = wire.CreateExperiment(name, artifact_location, [wire.KeyValue(tag.key, tag.value) for tag in tags])
        created: wire.CreatedExperiment = self._transport.call(endpoints.CREATE_EXPERIMENT, request, once=True)
        return created.experiment_id

    def get_experiment(self, experiment_id: str) -> Experiment:
        """As ExperimentStore."""
        answer: wire.OneExperiment = self._transport.call(endpoints.GET_EXPERIMENT, wire.GetExperiment(experiment_id))
        return answer.experiment.record()

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """As ExperimentStore."""
        try:
            answer: wire.OneExperiment = self._transport.call(
                endpoints.GET_EXPERIMENT_BY_NAME, wire.GetExperimentByName(name)
            )
        except NotFound:
            return None
        return answer.experiment.record()

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
        request = wire.SearchExperiments(
            max_results=max_results,
            page_token=page_token,
            filter=filter_string,
            order_by=list(order_by),
            view_type=view_type.name,
        )
        page: wire.ExperimentsPage = self._transport.call(endpoints.SEARCH_EXPERIMENTS, request)
        return PagedList([each.record() for each in page.experiments], page.next_page_token)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """As ExperimentStore."""
        self._transport.call(endpoints.UPDATE_EXPERIMENT, wire.UpdateExperiment(experiment_id, new_name))

    def delete_experiment(self, experiment_id: str) -> None:
        """As ExperimentStore."""
        self._transport.call(endpoints.DELETE_EXPERIMENT, wire.DeleteExperiment(experiment_id), once=True)

    def restore_experiment(self, experiment_id: str) -> None:
        """As ExperimentStore."""
        self._transport.call(endpoints.RESTORE_EXPERIMENT, wire.RestoreExperiment(experiment_id), once=True)

    def set_experiment_tag(self, experiment_id: str, tag: ExperimentTag) -> None:
        """As ExperimentStore."""
        request = wire.SetExperimentTag(experiment_id, tag.key, tag.value)
        self._transport.call(endpoints.SET_EXPERIMENT_TAG, request)

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """As ExperimentStore."""
        request = wire.DeleteExperimentTag(experiment_id, key)
        self._transport.call(endpoints.DELETE_EXPERIMENT_TAG, request, once=True)

    def search_datasets(self, experiment_ids: Sequence[str]) -> list[DatasetSummary]:
        """As ExperimentStore."""
        request = wire.SearchDatasets(list(experiment_ids))
        lines: wire.DatasetLines = self._transport.call(endpoints.SEARCH_DATASETS, request)
        return [line.record() for line in lines.dataset_summaries]
