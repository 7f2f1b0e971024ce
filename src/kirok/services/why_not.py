"""Why a search does not find a run: the run is read, and the filter asked of it part by part."""

from collections.abc import Sequence

from msgspec import Struct

from kirok.base.errors import NotSupported
from kirok.entities.experiments import Experiment
from kirok.entities.runs import Run
from kirok.entities.series import SeriesStatistics
from kirok.entities.views import LifecycleStage, ViewType
from kirok.search.exclusions import Exclusion, Finding, exclusions
from kirok.search.parse import parse_run_filter
from kirok.stores.protocols import Stores


class StoreFacts:
    """Facts as a store tells them, each asked once."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._experiments: dict[str, Experiment] = {}
        self._series: dict[tuple[str, str], SeriesStatistics | None] = {}

    def statistics(self, run_id: str, key: str) -> SeriesStatistics | None:
        """As Facts; NotSupported by a store without statistics."""
        if self._stores.series is None:
            raise NotSupported("This store keeps no statistics of series: compare the latest value of the metric.")
        if (run_id, key) not in self._series:
            self._series[run_id, key] = self._stores.series.statistics([run_id], [key]).get((run_id, key))
        return self._series[run_id, key]

    def experiment(self, experiment_id: str) -> Experiment:
        """As Facts."""
        if experiment_id not in self._experiments:
            self._experiments[experiment_id] = self._stores.experiments.get_experiment(experiment_id)
        return self._experiments[experiment_id]


class WhyNot(Struct, frozen=True):
    """The answer: without exclusions, the search finds the run."""

    run: Run
    exclusions: tuple[Exclusion, ...]


def why_not(
    stores: Stores,
    run_id: str,
    *,
    experiment_ids: Sequence[str] = (),
    filter_string: str | None = None,
    view_type: ViewType = ViewType.ACTIVE_ONLY,
) -> WhyNot:
    """Why a search of runs with these arguments does not find the run, on any store.

    Without `experiment_ids` it does not matter where the run is. NotFound for an unknown run, InvalidParameter for a
    filter that cannot be read, NotSupported for one that this store cannot be asked.
    """
    expression = parse_run_filter(filter_string)
    run = stores.runs.get_run(run_id)
    found = [*_out_of_scope(run, experiment_ids, view_type), *exclusions(expression, run, StoreFacts(stores))]
    return WhyNot(run, tuple(found))


def _out_of_scope(run: Run, experiment_ids: Sequence[str], view_type: ViewType) -> list[Exclusion]:
    found: list[Exclusion] = []
    if experiment_ids and run.info.experiment_id not in experiment_ids:
        clause = f"experiment_ids = [{', '.join(experiment_ids)}]"
        hint = f"The run is in experiment {run.info.experiment_id}: name that one."
        found.append(Exclusion(clause, (Finding(clause, (run.info.experiment_id,), (hint,)),)))
    if run.info.lifecycle_stage not in view_type.stages:
        clause = f"run_view_type = {view_type.name}"
        hint = "The run is in the bin: restore it, or search with run_view_type = ALL."
        if run.info.lifecycle_stage is LifecycleStage.ACTIVE:
            hint = "The run is not in the bin: search with run_view_type = ALL."
        found.append(Exclusion(clause, (Finding(clause, (run.info.lifecycle_stage.value,), (hint,)),)))
    return found
