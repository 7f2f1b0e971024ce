"""Records behind a server: whether they can be read and written."""

from collections.abc import Sequence
from contextlib import suppress

from kirok.base.errors import EndpointNotFound, KirokError, NotFound, NotSupported, PermissionDenied
from kirok.base.ids import new_id
from kirok.client.doctor.case import MOST_COUNTED, Case
from kirok.client.doctor.findings import Finding, failed, ok, skipped, warning
from kirok.entities.experiments import Experiment, ExperimentTag
from kirok.stores.open import open_stores

_TAG = "kirok.doctor"
_MOST_PAGES = 20


def check_experiments(case: Case) -> Finding:
    """Read the list of experiments."""
    from msgspec.structs import replace

    settings = replace(case.settings.transport, timeout_s=2 * case.timeout_s, max_retries=0)
    stores = case.stores = open_stores(case.target.uri, transport=settings)
    token: str | None = None
    try:
        for _ in range(_MOST_PAGES):
            page = stores.experiments.search_experiments(page_token=token)
            case.experiments += page
            token = page.token
            if token is None:
                break
    except KirokError as error:
        return failed(f"experiments cannot be read: {error.message}", _look_into_log(case))

    def count_runs(experiment_ids: Sequence[str]) -> int:
        return len(stores.runs.search_runs(experiment_ids, max_results=MOST_COUNTED))

    case.count_runs = count_runs
    more = "at least " if token is not None else ""
    return ok(f"{more}{len(case.experiments):,} in use can be read")


def used_experiment(case: Case) -> Experiment | None:
    """The experiment that a run would go to here: the environment's, else the default one, else the newest."""
    name, number = case.settings.experiment_name, case.settings.experiment_id
    for experiment in case.experiments:
        if (name and experiment.name == name) or (not name and experiment.experiment_id == (number or "0")):
            return experiment
    return case.experiments[0] if case.experiments else None


def check_write(case: Case) -> Finding:
    """Write to the database, read it back and remove it.

    A tag of an experiment is the one thing that both kirok's and MLflow's API also take away for good: a run would
    stay in the bin.
    """
    experiment = used_experiment(case)
    if experiment is None or case.stores is None:
        return skipped("there is no experiment in use, and one made for the test would stay in the bin")
    experiments, number, value = case.stores.experiments, experiment.experiment_id, new_id()
    shown = f"experiment {experiment.name!r}"
    try:
        with suppress(NotFound):
            experiments.delete_experiment_tag(number, _TAG)  # what a doctor that was killed left
        experiments.set_experiment_tag(number, ExperimentTag(_TAG, value))
        came_back = experiments.get_experiment(number).tags.get(_TAG)
        experiments.delete_experiment_tag(number, _TAG)
    except (EndpointNotFound, NotSupported):
        return skipped(f"{case.identity.mlflow or 'this server'} can take nothing back that was written")
    except PermissionDenied as error:
        return warning(
            f"this account may read and not write: {error.message}",
            "have the server's administrator grant EDIT to this account, unless reading is all it is for",
        )
    except KirokError as error:
        return failed(f"a tag of {shown} cannot be written: {error.message}", _look_into_log(case))
    if came_back != value:
        return failed(
            f"a tag written to {shown} was not there when it was read back",
            f"have `{case.identity.command}` read the database it writes to, not a replica that lags behind",
        )
    return ok(f"a tag was written to {shown}, read back and removed")


def _look_into_log(case: Case) -> str:
    return f"look into the log of `{case.identity.command}`; its --backend-store-uri names the database"
