"""Runs: the active one, and those of the past."""

import logging
from typing import TYPE_CHECKING, Any, Literal, overload

from kirok.base.errors import InvalidParameter
from kirok.client import active_run as active
from kirok.client.active_experiment import current_experiment_id
from kirok.client.active_run import ActiveRun
from kirok.client.frames import pandas_module, runs_frame
from kirok.client.mlflow_client import MlflowClient
from kirok.client.session import SESSION
from kirok.entities.runs import Run
from kirok.entities.views import RunStatus, ViewType

if TYPE_CHECKING:
    import pandas as pd

_log = logging.getLogger("kirok")

_PAGE = 10_000
_MOST_RUNS = 100_000


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: dict[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
) -> ActiveRun:
    """Start a run, or with `run_id` go on with one, and make it the active one: `with start_run() as run: …`.

    It goes into `experiment_id`, else the active experiment. While a run is active a further one needs `nested=True`
    and becomes its child; `parent_run_id` makes a child of any run while none is active. `description` is what run
    pages show on top. Each run is tagged with user, program and git commit; `tags` win over those.
    """
    wanted = (
        SESSION.switch("ENABLE_SYSTEM_METRICS_LOGGING", False) if log_system_metrics is None else log_system_metrics
    )
    if wanted:
        _log.warning("System metrics are not recorded: this version of kirok cannot yet. The run itself is.")
    return active.start(run_id, experiment_id, run_name, nested, parent_run_id, tags, description)


def end_run(status: str = RunStatus.FINISHED.value) -> None:
    """End the active run; nothing where none is active. Runs left open end with the program."""
    active.end(status)


def active_run() -> ActiveRun | None:
    """The innermost active run of this thread or task. Its data are those of its start: `get_run` has today's."""
    entry = active.active_entry()
    return None if entry is None else entry.run


def last_active_run() -> Run | None:
    """The active run, else the one that ended last; None where there was none."""
    return active.last_run()


def get_run(run_id: str) -> Run:
    """A run with its latest metrics, params and tags. NotFound for an unknown id."""
    return MlflowClient().get_run(run_id)


def get_parent_run(run_id: str) -> Run | None:
    """The run that this one is nested in; None where it is in none."""
    return MlflowClient().get_parent_run(run_id)


def delete_run(run_id: str) -> None:
    """Into the bin. NotFound for an unknown id."""
    MlflowClient().delete_run(run_id)


def restore_run(run_id: str) -> None:
    """Out of the bin. NotFound for an unknown id."""
    MlflowClient().restore_run(run_id)


@overload
def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = _MOST_RUNS,
    order_by: list[str] | None = None,
    output_format: Literal["pandas"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
) -> "pd.DataFrame": ...


@overload
def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = _MOST_RUNS,
    order_by: list[str] | None = None,
    *,
    output_format: Literal["list"],
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
) -> list[Run]: ...


def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = _MOST_RUNS,
    order_by: list[str] | None = None,
    output_format: Literal["pandas", "list"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
) -> "list[Run] | pd.DataFrame":
    """Runs of the active experiment, or of those given, that match a filter such as
    `metrics.loss < 0.1 AND params.model = 'cnn'`; newest first unless `order_by` says otherwise.

    A DataFrame with columns `run_id`, `experiment_id`, `status`, `artifact_uri`, `start_time`, `end_time`,
    `metrics.…`, `params.…`, `tags.…`, or with `output_format="list"` a list of Run. ImportError where the former is
    asked for and pandas is not installed.
    """
    if output_format not in ("pandas", "list"):
        raise ValueError(f"Unsupported output format: {output_format}. Supported string values are 'pandas' or 'list'")
    if output_format == "pandas":
        pandas_module("search_runs()", ', or pass output_format="list"')  # before a long search, not after it
    client = MlflowClient()
    ids = _experiments(client, experiment_ids, experiment_names, search_all_experiments)
    runs: list[Run] = []
    token = None
    while ids and len(runs) < max_results:
        page = client.search_runs(
            ids, filter_string, run_view_type, min(_PAGE, max_results - len(runs)), order_by, token
        )
        runs += page
        token = page.token
        if not token:
            break
    return runs if output_format == "list" else runs_frame(runs)


def _experiments(client: MlflowClient, ids: list[str] | None, names: list[str] | None, search_all: bool) -> list[str]:
    if ids and names:
        raise InvalidParameter("Only experiment_ids or experiment_names can be used, but not both")
    if ids:
        return ids
    if names:
        found = {name: client.get_experiment_by_name(name) for name in names if name is not None}
        for name in (name for name, experiment in found.items() if experiment is None):
            _log.warning("Cannot retrieve experiment by name %s", name)
        return [experiment.experiment_id for experiment in found.values() if experiment is not None]
    if search_all:
        experiments: list[str] = []
        token = None
        while token is not None or not experiments:
            page = client.search_experiments(page_token=token)
            experiments += [experiment.experiment_id for experiment in page]
            token = page.token
            if not token:
                break
        return experiments
    return [current_experiment_id(client)]
