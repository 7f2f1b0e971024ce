"""Clients that log without a pause and remember what they were told is kept."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from faults.backends import Backend, Point, assert_kept
from kirok.base.errors import KirokError
from kirok.base.settings import TransportSettings
from kirok.entities import Metric, Param, RunTag
from kirok.stores.protocols import Stores
from kirok.stores.rest import open_rest

IMPATIENT = TransportSettings(max_retries=0)
PATIENT = TransportSettings(max_retries=200, backoff_factor_s=0.0, backoff_jitter_s=0.2)
_ENOUGH_WITHIN_S = 120.0


class Client(threading.Thread):
    """Logs batches to one run, its own keys and one that all share, and makes runs, until told or unable to go on.

    Refused by one server, it sends the same again to the next of `others`.
    """

    def __init__(
        self, number: int, address: str, run_id: str, settings: TransportSettings, others: Sequence[str] = ()
    ) -> None:
        super().__init__(name=f"client {number}")
        self.number = number
        self.run_id = run_id
        self.sent: set[Point] = set()
        self.points: set[Point] = set()
        self.params: set[tuple[str, str]] = set()
        self.runs: set[str] = set()
        self.refusal: KirokError | None = None
        """The last that it met."""
        self._addresses = [address, *others]
        self._settings = settings
        self._is_stopping = threading.Event()

    def stop(self) -> None:
        self._is_stopping.set()

    def run(self) -> None:
        step = 1
        for address in self._addresses:
            stores = open_rest(address, self._settings)
            try:
                while not self._is_stopping.is_set():
                    self._log(stores, step)
                    step += 1
                return
            except KirokError as error:
                self.refusal = error
            finally:
                stores.close()

    def _log(self, stores: Stores, step: int) -> None:
        own = [(f"own{self.number}.{key}", step) for key in range(8)]
        points = [(self.run_id, *series) for series in (*own, ("shared", step * 100 + self.number))]
        param = f"p{self.number}.{step}"
        self.sent.update(points)
        stores.runs.log_batch(
            self.run_id,
            metrics=[Metric(key, at / 7, 1_000 + at, at) for _, key, at in points],
            params=[Param(param, str(step))],
            tags=[RunTag(f"t{self.number}", str(step))],
        )
        self.points.update(points)
        self.params.add((self.run_id, param))
        if step % 10 == 0:
            self.runs.add(stores.runs.create_run("0", run_name=f"{self.number}.{step}").info.run_id)


def new_runs(address: str, count: int) -> list[str]:
    """Runs to log to."""
    stores = open_rest(address, IMPATIENT)
    made = [stores.runs.create_run("0", run_name=f"r{number}").info.run_id for number in range(count)]
    stores.close()
    return made


@contextmanager
def at_work(clients: Sequence[Client]) -> Iterator[None]:
    """They log while the block lasts, and have ended after it."""
    for client in clients:
        client.start()
    try:
        yield
    finally:
        for client in clients:
            client.stop()
        for client in clients:
            client.join()


def wait_until(claim: Callable[[], bool]) -> None:
    """Returns when it holds; an assertion fails where it does not within two minutes."""
    deadline = time.monotonic() + _ENOUGH_WITHIN_S
    while not claim():
        assert time.monotonic() < deadline, "the clients got nowhere"
        time.sleep(0.01)


def have_logged(clients: Sequence[Client], batches: int) -> bool:
    """Whether each got so many batches acknowledged."""
    return all(len(client.params) >= batches for client in clients)


def check(backend: Backend, clients: Sequence[Client]) -> None:
    """Everything acknowledged is kept, nothing is there twice or by halves, and what follows from points agrees."""
    stored = backend.points()
    assert_kept((point for client in clients for point in client.points), stored)
    assert_kept(stored, (point for client in clients for point in client.sent))
    assert_kept((param for client in clients for param in client.params), backend.params())
    assert_kept((run for client in clients for run in client.runs), backend.runs())
    for client in clients:  # a batch is kept whole or not at all
        kept: dict[int, int] = {}
        for run_id, key, step in stored:
            if run_id == client.run_id and key.startswith(f"own{client.number}."):
                kept[step] = kept.get(step, 0) + 1
        assert set(kept.values()) <= {8}
    backend.check_what_follows_from_points()
