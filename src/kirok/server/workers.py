"""Several processes that serve one port: `--workers`, for databases that take several writers."""

import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from kirok.base.errors import Unavailable
from kirok.base.settings import ServerSettings
from kirok.server.destination_watch import DestinationWatch

_log = logging.getLogger(__name__)

_LOOK_S = 0.2
_GRACE_S = 15
# A worker that ends sooner than this has met something that the next one meets as well.
_HEALTHY_S = 10
_MOST_EARLY_ENDS = 5


def supervise(listener: socket.socket, settings: ServerSettings, watch: DestinationWatch) -> None:
    """Keep `settings.workers` processes serving on a listening socket until SIGTERM, SIGINT or a fault that `watch`
    finds; then stop them.

    One that ends is replaced, with a warning. Unavailable where they end again and again as soon as they start.
    """
    with _told_to_stop() as stop:
        watch.stopping(stop.set)
        workers = [_Worker(listener, settings) for _ in range(settings.workers)]
        early_ends = 0
        try:
            while not stop.wait(_LOOK_S):
                for place, worker in enumerate(workers):
                    code = worker.process.poll()
                    if code is None:
                        continue
                    early_ends = early_ends + 1 if worker.age_s < _HEALTHY_S else 0
                    if early_ends > _MOST_EARLY_ENDS:
                        raise Unavailable(
                            f"The server's workers end as soon as they start (exit code {code}); they said why above."
                        )
                    _log.warning("Worker %d ended (exit code %d); another takes its place.", worker.process.pid, code)
                    workers[place] = _Worker(listener, settings)
        finally:
            _stop(workers)


class _Worker:
    """A process that serves, and that ends when this one does."""

    def __init__(self, listener: socket.socket, settings: ServerSettings) -> None:
        self._born = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - this interpreter and a number
            [sys.executable, "-m", "kirok.server.worker", str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
        if self.process.stdin is None:
            raise AssertionError
        # The pipe stays open for as long as this process lives; the worker reads its end as the order to stop.
        self.process.stdin.write(msgspec.json.encode(settings) + b"\n")
        self.process.stdin.flush()

    @property
    def age_s(self) -> float:
        """Since it was started."""
        return time.monotonic() - self._born


def _stop(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.process.terminate()
    deadline = time.monotonic() + _GRACE_S
    for worker in workers:
        try:
            worker.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
        if worker.process.stdin is not None:
            worker.process.stdin.close()


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    stop = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    previous = [signal.signal(one, lambda *_: stop.set()) for one in signals]
    try:
        yield stop
    finally:
        for one, handler in zip(signals, previous, strict=True):
            signal.signal(one, handler)
