"""What handlers work with."""

import time
from asyncio import Future, get_running_loop
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from kirok.artifact_stores.protocols import StreamedArtifactStore
from kirok.base.errors import Unavailable
from kirok.base.settings import ServerSettings
from kirok.entities.runs import Run, RunInfo
from kirok.server.destination_watch import DestinationWatch
from kirok.services.run_artifacts import RunArtifacts
from kirok.stores.protocols import EncodedReads, MetricStore, QueuedWrites, RunStore, Stores
from kirok.wire import runs as wire
from kirok.wire.json_quirks import encode
from kirok.wire.metrics import Metric as WireMetric
from kirok.wire.metrics import MetricsPage

Result = TypeVar("Result")


class Context(Struct, frozen=True):
    """Everything a handler may ask for."""

    settings: ServerSettings
    stores: Stores
    writes: QueuedWrites
    reads: EncodedReads
    destination: StreamedArtifactStore | None
    """Where proxied artifacts lie; None where this server serves none."""
    run_artifacts: RunArtifacts
    executor: Executor
    """Threads for calls that wait for the store of runs."""
    file_threads: Executor
    """Threads for calls that wait for files, apart: runs are answered for while an object store is not."""
    watch: DestinationWatch
    """How the places are where this server writes files."""
    born_s: float
    """When this process began to serve, by its monotonic clock."""

    @property
    def proxied(self) -> StreamedArtifactStore:
        """The destination; Unavailable where this server serves no artifacts."""
        if self.destination is None:
            raise Unavailable("This server runs with --no-serve-artifacts.")
        return self.destination

    @classmethod
    def over(
        cls,
        stores: Stores,
        settings: ServerSettings,
        watch: DestinationWatch,
        destination: StreamedArtifactStore | None,
        run_artifacts: RunArtifacts,
        executor: Executor,
        file_threads: Executor,
    ) -> "Context":
        """A context whose hot paths use the store's own abilities, or threads and records where it has none."""
        return cls(
            settings=settings,
            stores=stores,
            writes=stores.queued or ThreadedWrites(stores.runs, executor),
            reads=stores.encoded or EncodedRecords(stores.runs, stores.metrics),
            destination=destination,
            run_artifacts=run_artifacts,
            executor=executor,
            file_threads=file_threads,
            watch=watch,
            born_s=time.monotonic(),
        )


class ThreadedWrites:
    """Queued writes over a store that has none: each call waits in a thread."""

    def __init__(self, runs: RunStore, executor: Executor) -> None:
        self._runs, self._executor = runs, executor

    def create_run(self, experiment_id: str, **given: Any) -> Future[Run]:
        """As RunStore.create_run."""
        return self._in_thread(partial(self._runs.create_run, experiment_id, **given))

    def update_run(self, run_id: str, **given: Any) -> Future[RunInfo]:
        """As RunStore.update_run."""
        return self._in_thread(partial(self._runs.update_run, run_id, **given))

    def log_batch(self, run_id: str, **given: Any) -> Future[None]:
        """As RunStore.log_batch."""
        return self._in_thread(partial(self._runs.log_batch, run_id, **given))

    def _in_thread(self, call: Callable[[], Result]) -> Future[Result]:
        return get_running_loop().run_in_executor(self._executor, call)


class EncodedRecords:
    """Encoded reads over a store that has none: records are read, then encoded."""

    def __init__(self, runs: RunStore, metrics: MetricStore) -> None:
        self._runs, self._metrics = runs, metrics

    def search_runs(self, experiment_ids: Sequence[str], **terms: Any) -> bytes:
        """As EncodedReads.search_runs."""
        page = self._runs.search_runs(experiment_ids, **terms)
        return encode(wire.RunsPage([wire.Run.of(run) for run in page], page.token))

    def history(self, run_id: str, key: str, *, max_results: int | None = None, page_token: str | None = None) -> bytes:
        """As EncodedReads.history."""
        page = self._metrics.history(run_id, key, max_results=max_results, page_token=page_token)
        return encode(MetricsPage([WireMetric.of(point) for point in page], page.token))
