"""The hot writes for code on an event loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, Run, RunInfo, RunTag
from kirok.entities.views import RunStatus
from kirok.stores.sql.database import Database
from kirok.stores.sql.run_writes import RunWrites

if TYPE_CHECKING:
    from asyncio import Future


class SqlQueuedWrites:
    """QueuedWrites on a SQL database: each goes to the writer, and nobody's thread waits."""

    def __init__(self, database: Database, writes: RunWrites) -> None:
        self._database = database
        self._writes = writes

    def create_run(
        self,
        experiment_id: str,
        *,
        user_id: str = "",
        run_name: str | None = None,
        start_time: int | None = None,
        tags: Sequence[RunTag] = (),
    ) -> Future[Run]:
        """As QueuedWrites."""
        return self._database.queue(self._writes.create_run(experiment_id, user_id, run_name, start_time, tags))

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> Future[RunInfo]:
        """As QueuedWrites."""
        return self._database.queue(self._writes.update_run(run_id, status, end_time, run_name), run_id)

    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> Future[None]:
        """As QueuedWrites."""
        return self._database.queue(self._writes.log_batch(run_id, metrics, params, tags), run_id)
