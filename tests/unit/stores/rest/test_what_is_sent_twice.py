"""Which calls a broken connection may repeat: those whose second time changes nothing and is no error."""

from collections.abc import Callable

import pytest

from kirok.base.errors import ServerUnreachable
from kirok.base.settings import TransportSettings
from kirok.entities.experiments import ExperimentTag
from kirok.entities.models import LoggedModelOutput
from kirok.entities.views import RunStatus
from kirok.stores.protocols import Stores
from kirok.stores.rest import open_rest
from kirok.transport import ConnectionFailed, HttpRequest, HttpResponse

RETRIES = TransportSettings(max_retries=2, backoff_factor_s=0.0, backoff_jitter_s=0.0)


class BreaksOff:
    """A Sender whose connections break before the answer; counts the requests."""

    count = 0

    def send(self, request: HttpRequest) -> HttpResponse:
        self.count += 1
        raise ConnectionFailed("broke off", sent=True)

    def close(self) -> None:
        """Nothing is kept."""


REPEATED: dict[str, Callable[[Stores], object]] = {
    "get_experiment": lambda s: s.experiments.get_experiment("1"),
    "get_experiment_by_name": lambda s: s.experiments.get_experiment_by_name("x"),
    "search_experiments": lambda s: s.experiments.search_experiments(),
    "rename_experiment": lambda s: s.experiments.rename_experiment("1", "x"),
    "set_experiment_tag": lambda s: s.experiments.set_experiment_tag("1", ExperimentTag("k", "v")),
    "search_datasets": lambda s: s.experiments.search_datasets(["1"]),
    "get_run": lambda s: s.runs.get_run("r"),
    "update_run": lambda s: s.runs.update_run("r", status=RunStatus.FINISHED),
    "delete_run": lambda s: s.runs.delete_run("r"),
    "restore_run": lambda s: s.runs.restore_run("r"),
    "search_runs": lambda s: s.runs.search_runs(["1"]),
    "log_batch": lambda s: s.runs.log_batch("r"),
    "log_inputs": lambda s: s.runs.log_inputs("r"),
    "history": lambda s: s.metrics.history("r", "loss"),
    "bulk_history": lambda s: s.metrics.bulk_history(["r"], "loss"),
    "sampled_history": lambda s: s.metrics.sampled_history(["r"], "loss"),
}

SENT_ONCE: dict[str, Callable[[Stores], object]] = {
    "create_experiment": lambda s: s.experiments.create_experiment("x"),
    "delete_experiment": lambda s: s.experiments.delete_experiment("1"),
    "restore_experiment": lambda s: s.experiments.restore_experiment("1"),
    "delete_experiment_tag": lambda s: s.experiments.delete_experiment_tag("1", "k"),
    "create_run": lambda s: s.runs.create_run("1"),
    "delete_tag": lambda s: s.runs.delete_tag("r", "k"),
    "log_outputs": lambda s: s.runs.log_outputs("r", [LoggedModelOutput("m")]),
    "log_model_record": lambda s: s.runs.log_model_record("r", {}),
}


@pytest.mark.parametrize("act", REPEATED.values(), ids=REPEATED.keys())
def test_what_may_be_repeated_is(act: Callable[[Stores], object]) -> None:
    assert requests_made(act) == 3


@pytest.mark.parametrize("act", SENT_ONCE.values(), ids=SENT_ONCE.keys())
def test_what_may_not_be_is_not(act: Callable[[Stores], object]) -> None:
    assert requests_made(act) == 1


def requests_made(act: Callable[[Stores], object]) -> int:
    sender = BreaksOff()
    with pytest.raises(ServerUnreachable):
        act(open_rest("http://tracker", RETRIES, sender))
    return sender.count


def test_every_call_of_the_protocols_is_one_or_the_other() -> None:
    stores = open_rest("http://tracker", RETRIES)
    calls = {
        name
        for part in (stores.experiments, stores.runs, stores.metrics)
        for name in dir(part)
        if not name.startswith("_")
    }
    assert calls == set(REPEATED) | set(SENT_ONCE)
