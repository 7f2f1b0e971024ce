"""Runs in SQL."""

import json
from collections.abc import Sequence
from typing import Any

from kirok.base.clock import Clock
from kirok.base.errors import NotFound
from kirok.entities.datasets import DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.pages import PagedList
from kirok.entities.runs import Param, Run, RunInfo, RunInputs, RunTag
from kirok.entities.views import LifecycleStage, RunStatus, ViewType
from kirok.rules.batches import check_dataset_inputs
from kirok.rules.keys import check_run_id
from kirok.rules.lifecycle import LOGGED_MODELS_TAG, model_record_fields
from kirok.stores.sql.database import Database
from kirok.stores.sql.inputs import add_dataset_inputs, add_model_inputs, add_model_outputs
from kirok.stores.sql.run_pages import RunSearch
from kirok.stores.sql.run_records import read_runs
from kirok.stores.sql.run_writes import RunWrites
from kirok.stores.sql.transaction import Transaction


class SqlRunStore:
    """A RunStore on a SQL database."""

    def __init__(self, database: Database, writes: RunWrites, clock: Clock) -> None:
        self._database = database
        self._writes = writes
        self._clock = clock

    def create_run(
        self,
        experiment_id: str,
        *,
        user_id: str = "",
        run_name: str | None = None,
        start_time: int | None = None,
        tags: Sequence[RunTag] = (),
    ) -> Run:
        """As RunStore."""
        return self._database.write(self._writes.create_run(experiment_id, user_id, run_name, start_time, tags))

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> RunInfo:
        """As RunStore."""
        return self._database.write(self._writes.update_run(run_id, status, end_time, run_name), run_id)

    def get_run(self, run_id: str) -> Run:
        """As RunStore."""
        with self._database.read() as connection:
            runs = read_runs(connection, [run_id])
        if not runs:
            raise NotFound(f"Run with id={run_id} not found")
        return runs[0]

    def delete_run(self, run_id: str) -> None:
        """As RunStore."""
        self._move(run_id, LifecycleStage.DELETED, self._clock())

    def restore_run(self, run_id: str) -> None:
        """As RunStore."""
        self._move(run_id, LifecycleStage.ACTIVE, None)

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
        """As RunStore."""
        search = RunSearch.parse(experiment_ids, filter_string, view_type, max_results, order_by, page_token)
        with self._database.read() as connection:
            run_ids, token = search.page(connection)
            runs = read_runs(connection, run_ids)
        return PagedList([_without_model_inputs(run) for run in runs], token)

    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        """As RunStore."""
        self._database.write(self._writes.log_batch(run_id, metrics, params, tags), run_id)

    def delete_tag(self, run_id: str, key: str) -> None:
        """As RunStore."""

        def delete(transaction: Transaction) -> None:
            transaction.active_run(run_id)
            transaction.flush()
            deleted = transaction.connection.execute(
                "DELETE FROM tags WHERE key = ? AND run_uuid = ?", (key, run_id)
            ).rowcount
            if not deleted:
                raise NotFound(f"No tag with name: {key} in run with id {run_id}")

        self._database.write(delete, run_id)

    def log_inputs(
        self, run_id: str, *, datasets: Sequence[DatasetInput] = (), models: Sequence[LoggedModelInput] = ()
    ) -> None:
        """As RunStore."""
        check_run_id(run_id)
        check_dataset_inputs(datasets)

        def log(transaction: Transaction) -> None:
            run = transaction.active_run(run_id)
            add_dataset_inputs(transaction.connection, run_id, run.experiment_id, datasets)
            add_model_inputs(transaction.connection, run_id, models)

        self._database.write(log, run_id)

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """As RunStore."""

        def log(transaction: Transaction) -> None:
            transaction.active_run(run_id)
            add_model_outputs(transaction.connection, run_id, models)

        self._database.write(log, run_id)

    def log_model_record(self, run_id: str, model: dict[str, Any]) -> None:
        """As RunStore."""
        model_record_fields(model)

        def log(transaction: Transaction) -> None:
            transaction.active_run(run_id)
            transaction.flush()
            if transaction.connection.dialect.kind != "sqlite":  # another server may be adding a record as well
                transaction.connection.execute("SELECT 1 FROM runs WHERE run_uuid = ? FOR UPDATE", (run_id,)).fetchall()
            row = transaction.connection.execute(
                "SELECT value FROM tags WHERE key = ? AND run_uuid = ?", (LOGGED_MODELS_TAG, run_id)
            ).fetchone()
            known = json.loads(row[0]) if row else []
            transaction.add_tag(run_id, LOGGED_MODELS_TAG, json.dumps([*known, model]))

        self._database.write(log, run_id)

    def _move(self, run_id: str, stage: LifecycleStage, deleted_time: int | None) -> None:
        def move(transaction: Transaction) -> None:
            # MySQL counts the rows that were changed, not those that were found.
            if transaction.connection.execute("SELECT 1 FROM runs WHERE run_uuid = ?", (run_id,)).fetchone() is None:
                raise NotFound(f"Run with id={run_id} not found")
            transaction.connection.execute(
                "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE run_uuid = ?",
                (stage.value, deleted_time, run_id),
            )
            transaction.forget_run(run_id)

        self._database.write(move, run_id)


def _without_model_inputs(run: Run) -> Run:
    return Run(run.info, run.data, RunInputs(run.inputs.dataset_inputs), run.outputs)
