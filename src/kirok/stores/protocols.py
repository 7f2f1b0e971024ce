"""What a store promises. Memory, SQL, folders and REST keep the same promises, so that the client works
without a server, the server on any store, and moving data is a loop from one store to another.

A write returns once it is durable: a read that follows, from anywhere, sees it. A refused write leaves no trace.
Every method may raise InvalidParameter for input that breaks a rule of `kirok.rules`, and Unavailable when the
store cannot be reached. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from kirok.entities.charts import Axis, Chart
from kirok.entities.datasets import DatasetInput, DatasetSummary
from kirok.entities.experiments import Experiment, ExperimentTag
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.pages import PagedList
from kirok.entities.runs import Param, Run, RunInfo, RunTag
from kirok.entities.series import SeriesStatistics
from kirok.entities.views import RunStatus, ViewType

if TYPE_CHECKING:
    from asyncio import Future  # 50 ms to import, and a client never runs it

    from kirok.stores.archives import Archive
    from kirok.stores.bins import Bin
    from kirok.stores.checkups import Checkup
    from kirok.stores.holdings import Holdings
    from kirok.stores.relocations import Relocations


class ExperimentStore(Protocol):
    """Experiments. A name is unique among active and deleted ones."""

    def create_experiment(
        self, name: str, *, artifact_location: str | None = None, tags: Sequence[ExperimentTag] = ()
    ) -> str:
        """The id of a new experiment; AlreadyExists for a taken name.

        Without a location its artifacts go below the store's default root, in a folder named after the id. A relative
        folder is kept in full, seen from the process that owns the store.
        """

    def get_experiment(self, experiment_id: str) -> Experiment:
        """NotFound for an unknown id. Deleted experiments are returned."""

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """None for an unknown name. Deleted experiments are returned."""

    def search_experiments(
        self,
        *,
        view_type: ViewType = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        filter_string: str | None = None,
        order_by: Sequence[str] = (),
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """Default order: newest first, then experiment id. 1 <= max_results <= 50,000."""

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """InvalidState unless active, AlreadyExists for a taken name."""

    def delete_experiment(self, experiment_id: str) -> None:
        """Into the bin, with all its runs. NotFound unless active."""

    def restore_experiment(self, experiment_id: str) -> None:
        """Out of the bin, with ALL its runs, as MLflow does. NotFound unless deleted."""

    def set_experiment_tag(self, experiment_id: str, tag: ExperimentTag) -> None:
        """Insert or overwrite. InvalidParameter for a deleted experiment."""

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """NotFound where there is no such tag."""

    def search_datasets(self, experiment_ids: Sequence[str]) -> list[DatasetSummary]:
        """The datasets that runs of these experiments (1 to 20) used, 1,000 at most."""


class RunStore(Protocol):
    """Runs and what they log."""

    def create_run(
        self,
        experiment_id: str,
        *,
        user_id: str = "",
        run_name: str | None = None,
        start_time: int | None = None,
        tags: Sequence[RunTag] = (),
    ) -> Run:
        """A run in state RUNNING. Without a name it is given one; the name also stands in tag `mlflow.runName`.

        NotFound for an unknown experiment, InvalidParameter for a deleted one or a name unlike the tag.
        """

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> RunInfo:
        """Change what is given; any status may follow any. InvalidParameter for a deleted run."""

    def get_run(self, run_id: str) -> Run:
        """NotFound for an unknown id. Deleted runs are returned."""

    def delete_run(self, run_id: str) -> None:
        """Into the bin; again is no error. NotFound for an unknown id."""

    def restore_run(self, run_id: str) -> None:
        """Out of the bin; again is no error. NotFound for an unknown id."""

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
        """Default order: newest first, then run id. 1 <= max_results <= 50,000.

        Model inputs are left out (`get_run` has them), as in MLflow's answer.
        """

    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        """All or nothing. NotFound for an unknown run; InvalidParameter for a deleted one or a changed param.

        A repeated identical point is a no-op. Tag `mlflow.runName` renames the run.
        """

    def delete_tag(self, run_id: str, key: str) -> None:
        """NotFound where there is no such tag."""

    def log_inputs(
        self, run_id: str, *, datasets: Sequence[DatasetInput] = (), models: Sequence[LoggedModelInput] = ()
    ) -> None:
        """The same (name, digest) or model again is a no-op."""

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """Models the run produced. BadRequest for one already recorded with this run."""

    def log_model_record(self, run_id: str, model: dict[str, Any]) -> None:
        """Append to the JSON list in tag `mlflow.log-model.history` (clients before MLflow 3)."""


class MetricStore(Protocol):
    """Series."""

    def history(
        self, run_id: str, key: str, *, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Metric]:
        """Points by (timestamp, step, value). Nothing, not an error, for an unknown run or key."""

    def bulk_history(self, run_ids: Sequence[str], key: str, *, max_results: int = 25_000) -> list[Metric]:
        """The first points of up to 100 runs, by (run id, timestamp, step, value); each names its run."""

    def sampled_history(
        self,
        run_ids: Sequence[str],
        key: str,
        *,
        start_step: int | None = None,
        end_step: int | None = None,
        max_results: int = 2500,
    ) -> list[Metric]:
        """Up to `max_results` points a run, evenly spaced by rank in (step, timestamp, value), the last one always
        among them, between two steps (both included; both or none given); each names its run. Up to 100 runs.
        """


class SeriesStore(Protocol):
    """What series come to, without reading their points."""

    def statistics(
        self, run_ids: Sequence[str], keys: Sequence[str] | None = None
    ) -> dict[tuple[str, str], SeriesStatistics]:
        """By (run id, key): the series that these runs (1 to 1,000) have of these metrics (1,000 at most; None: all).

        Runs in the bin are answered; unknown runs and keys are left out.
        """


class ChartStore(Protocol):
    """Series at the width of a screen."""

    def chart(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str],
        *,
        axis: Axis = Axis.STEP,
        x_from: int | None = None,
        x_to: int | None = None,
        width: int = 1000,
    ) -> Chart:
        """The metrics `keys` (1 to 100) of the runs (1 to 100) from `x_from` to `x_to`, both included.

        An end that is not given is that of the points. A series with at most 2 × `width` points in the range is shown
        point by point, a longer one by what lies in each of `width` buckets, which all series share. Runs × keys ×
        width is 500,000 at most. The order is that of the runs, then of the keys; a series without points in the
        range, or of an unknown run or key, is left out. Runs in the bin are shown.
        """


class Reindexed(Struct, frozen=True):
    """How far it has come that what is kept beside MLflow's records is made anew."""

    runs: int
    """Runs that are done."""
    all_runs: int
    """Runs that there were when it began."""
    series: int
    """Series that were counted."""
    points: int
    """Their points."""


class LoggedModelStore(Protocol):
    """Models that MLflow has written; kirok keeps none of its own yet."""

    def has_logged_model(self, experiment_ids: Sequence[str], name: str | None = None) -> bool:
        """Whether one of these experiments has a model that is not deleted: of this name, or any."""


class QueuedWrites(Protocol):
    """The hot writes of a RunStore for code on an event loop: the future is done once the write is durable.

    To be called on the loop that awaits. A loop is woken once for all the writes of one commit, not once for each.
    What the rules refuse is raised by the call, what the store refuses by the future, as the RunStore's method of
    the same name raises it.
    """

    def create_run(
        self,
        experiment_id: str,
        *,
        user_id: str = "",
        run_name: str | None = None,
        start_time: int | None = None,
        tags: Sequence[RunTag] = (),
    ) -> Future[Run]:
        """As RunStore.create_run."""

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> Future[RunInfo]:
        """As RunStore.update_run."""

    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> Future[None]:
        """As RunStore.log_batch."""


class EncodedReads(Protocol):
    """The hot reads of a store that can answer in the wire's JSON without making records first."""

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        *,
        filter_string: str | None = None,
        view_type: ViewType = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: Sequence[str] = (),
        page_token: str | None = None,
    ) -> bytes:
        """The body of the answer to runs/search; says what RunStore.search_runs says."""

    def history(self, run_id: str, key: str, *, max_results: int | None = None, page_token: str | None = None) -> bytes:
        """The body of the answer to metrics/get-history; says what MetricStore.history says."""


class Stores(Struct, frozen=True):
    """All that one URI opened. An ability that a kind of store lacks is a field that is None."""

    experiments: ExperimentStore
    runs: RunStore
    metrics: MetricStore
    close: Callable[[], None]
    kind: str
    """`memory`, `sql`, `file` or `rest`."""
    logged_models: LoggedModelStore | None = None
    """None where there can be none."""
    series: SeriesStore | None = None
    """None where none are kept."""
    reindex: Callable[[], Iterator[Reindexed]] | None = None
    """Makes anew, step by step, what is kept beside MLflow's records; None where nothing is."""
    charts: ChartStore | None = None
    """None where none are drawn."""
    queued: QueuedWrites | None = None
    encoded: EncodedReads | None = None
    archive: Callable[[], Archive] | None = None
    """Opens what can be copied; it closes with the stores. None for a store that ends with the process."""
    background: Callable[[], AbstractContextManager[None]] | None = None
    """What a server keeps going for as long as it serves; None where there is nothing to do."""
    bin: Bin | None = None
    """None where nothing is deleted for good: a store that ends with the process, or one behind a server."""
    checkup: Checkup | None = None
    """None for a store that ends with the process, or one behind a server."""
    relocations: Relocations | None = None
    """None for a store that ends with the process, or one behind a server."""
    artifact_home: str | None = None
    """The folder of artifacts that moves along with this store: the folder of runs, or `mlruns` beside a SQLite file.
    None where there is none.
    """
    holdings: Callable[[], Holdings] | None = None
    """How much there is; None where it is not to be counted."""
