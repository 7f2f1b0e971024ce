"""MlflowClient's runs: their life and how to find them."""

import sys
from collections.abc import Sequence
from typing import Any

from kirok.base.clock import now_ms
from kirok.client import tags as tag_keys
from kirok.client.connected import Connected
from kirok.entities.metrics import Metric
from kirok.entities.pages import PagedList
from kirok.entities.runs import Run, RunInfo, RunTag
from kirok.entities.views import RunStatus, ViewType

HISTORY_PAGE = 25_000
"""Points asked for at once; MLflow's client uses the same."""


class RunMethods(Connected):
    """Runs by id, and searches over them."""

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: dict[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        """A run in state RUNNING; it does not become the active one.

        `start_time` in milliseconds since the epoch, now unless given. Without a name the run is given one.
        """
        given = tags or {}
        return self._delivery.create_run(
            str(experiment_id),
            user_id=str(given.get(tag_keys.USER, "unknown")),
            run_name=run_name,
            start_time=start_time or now_ms(),
            tags=[RunTag(key, str(value)) for key, value in given.items()],
        )

    def get_run(self, run_id: str) -> Run:
        """NotFound for an unknown id. Deleted runs are returned."""
        return self._stores.runs.get_run(run_id)

    def get_parent_run(self, run_id: str) -> Run | None:
        """The run named by tag `mlflow.parentRunId`; None for a run without parent."""
        parent = self.get_run(run_id).data.tags.get(tag_keys.PARENT_RUN_ID)
        return None if parent is None else self.get_run(parent)

    def update_run(self, run_id: str, status: str | None = None, name: str | None = None) -> None:
        """Change status or name, whichever is given."""
        if status is None and name is None:
            return
        self._delivery.update_run(run_id, status=None if status is None else RunStatus.of(status), run_name=name)

    def resume(self, run_id: str, run_name: str | None = None) -> None:
        """Put a run back to RUNNING, renamed where a name is given. InvalidParameter for a deleted run."""
        self._delivery.update_run(run_id, status=RunStatus.RUNNING, run_name=run_name)

    def set_terminated(self, run_id: str, status: str | None = None, end_time: int | None = None) -> None:
        """End a run: FINISHED and now unless told otherwise (`end_time` in milliseconds since the epoch).

        Towards a server, prints where to look at the run.
        """
        ended = self._delivery.update_run(
            run_id, status=RunStatus.of(status or RunStatus.FINISHED), end_time=end_time or now_ms()
        )
        self._delivery.flush()
        self._print_links(ended)

    def delete_run(self, run_id: str) -> None:
        """Into the bin. NotFound for an unknown id."""
        self._stores.runs.delete_run(run_id)

    def restore_run(self, run_id: str) -> None:
        """Out of the bin. NotFound for an unknown id."""
        self._stores.runs.restore_run(run_id)

    def search_runs(
        self,
        experiment_ids: Sequence[str] | str,
        filter_string: str = "",
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """A page of runs, newest first unless `order_by` says otherwise; `.token` asks for the next page."""
        ids = [experiment_ids] if isinstance(experiment_ids, (str, int)) else experiment_ids
        return self._stores.runs.search_runs(
            [str(experiment_id) for experiment_id in ids],
            filter_string=filter_string,
            view_type=ViewType(run_view_type),
            max_results=max_results,
            order_by=order_by or (),
            page_token=page_token,
        )

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """Every point of a series, by time. Empty for a key the run never logged."""
        metrics = self._stores.metrics
        page = metrics.history(run_id, key, max_results=HISTORY_PAGE)
        points = list(page)
        while page.token:
            page = metrics.history(run_id, key, max_results=HISTORY_PAGE, page_token=page.token)
            points += page
        return points

    def _print_links(self, run: RunInfo) -> None:
        connection = self._connection
        if connection.server is None or not connection.settings.print_links:
            return
        experiment = f"{connection.server.uri}/#/experiments/{run.experiment_id}"
        sys.stdout.write(f"🏃 View run {run.run_name} at: {experiment}/runs/{run.run_id}\n")
        sys.stdout.write(f"🧪 View experiment at: {experiment}\n")
