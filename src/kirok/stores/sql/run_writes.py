"""The writes of runs as jobs for the writer: checked first, then handed over.

A job may run twice (see Writer), so ids and times are chosen before it is made.
"""

from collections.abc import Sequence

from kirok.base.clock import Clock
from kirok.base.errors import NotFound
from kirok.base.ids import new_id, new_run_name
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, Run, RunData, RunInfo, RunTag
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.rules.batches import check_batch
from kirok.rules.keys import check_first_tag_key, check_run_id, experiment_number
from kirok.rules.lifecycle import RUN_NAME_TAG, agreed_run_name
from kirok.rules.locations import run_artifact_uri
from kirok.rules.values import fitted_params, fitted_tags
from kirok.stores.sql.groups import Job
from kirok.stores.sql.logged_models import add_model_metrics
from kirok.stores.sql.metric_rows import MetricRows
from kirok.stores.sql.run_records import read_info
from kirok.stores.sql.transaction import KnownRun, Transaction

_INSERT_RUN = (
    "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, "
    "source_version, lifecycle_stage, artifact_uri, experiment_id) "
    "VALUES (?, ?, 'UNKNOWN', '', '', ?, 'RUNNING', ?, '', 'active', ?, ?)"
)


class RunWrites:
    """Makes the jobs, with what the store was opened with."""

    def __init__(self, clock: Clock, *, truncate_long_values: bool) -> None:
        self._clock = clock
        self._truncate = truncate_long_values

    def create_run(
        self, experiment_id: str, user_id: str, run_name: str | None, start_time: int | None, tags: Sequence[RunTag]
    ) -> Job[Run]:
        """RunStore.create_run."""
        number = experiment_number(experiment_id)
        for tag in tags:
            check_first_tag_key(tag.key)
        tags = fitted_tags(tags, truncate=self._truncate)
        name = agreed_run_name(run_name, list(tags)) or new_run_name()
        texts = {tag.key: tag.value for tag in tags} | {RUN_NAME_TAG: name}
        run_id = new_id()
        if start_time is None:
            start_time = self._clock()

        def create(transaction: Transaction) -> Run:
            experiment = transaction.active_experiment(number)
            artifact_uri = run_artifact_uri(experiment.artifact_location, run_id)
            transaction.connection.execute(_INSERT_RUN, (run_id, name, user_id, start_time, artifact_uri, number))
            for key, value in texts.items():
                transaction.add_tag(run_id, key, value)
            transaction.remember_run(run_id, KnownRun(number, LifecycleStage.ACTIVE, {}))
            transaction.series.begin_run(run_id)
            transaction.changed_runs.add(run_id)
            info = RunInfo(
                run_id=run_id,
                experiment_id=str(number),
                run_name=name,
                user_id=user_id,
                status=RunStatus.RUNNING,
                start_time=start_time,
                end_time=None,
                artifact_uri=artifact_uri,
                lifecycle_stage=LifecycleStage.ACTIVE,
            )
            return Run(info, RunData(tags=dict(sorted(texts.items()))))

        return create

    def update_run(
        self, run_id: str, status: RunStatus | None, end_time: int | None, run_name: str | None
    ) -> Job[RunInfo]:
        """RunStore.update_run."""
        changes: dict[str, object] = {}
        if status is not None:
            changes["status"] = status.value
        if end_time is not None:
            changes["end_time"] = end_time
        if run_name:
            changes["name"] = run_name
        assignments = ", ".join(f"{column} = ?" for column in changes)

        def update(transaction: Transaction) -> RunInfo:
            transaction.active_run(run_id)
            if changes:
                transaction.connection.execute(
                    f"UPDATE runs SET {assignments} WHERE run_uuid = ?",
                    (*changes.values(), run_id),
                )
            if run_name:
                transaction.add_tag(run_id, RUN_NAME_TAG, run_name)
            info = read_info(transaction.connection, run_id)
            if info is None:
                raise NotFound(f"Run with id={run_id} not found")
            return info

        return update

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric], params: Sequence[Param], tags: Sequence[RunTag]
    ) -> Job[None]:
        """RunStore.log_batch."""
        check_run_id(run_id)
        check_batch(metrics, params, tags)
        params = fitted_params(params, truncate=self._truncate)
        tags = fitted_tags(tags, truncate=self._truncate)
        rows = MetricRows(run_id, metrics) if metrics else None
        of_models = [metric for metric in metrics if metric.model_id]

        def log(transaction: Transaction) -> None:
            run = transaction.active_run(run_id)
            if params:
                transaction.add_params(run_id, run, params)
            if rows is not None:
                transaction.add_metrics(run_id, rows)
                if of_models:
                    add_model_metrics(transaction, run_id, run.experiment_id, of_models)
            for tag in tags:
                if tag.key == RUN_NAME_TAG:
                    if not tag.value:  # an empty name changes nothing, as in `update_run`
                        continue
                    transaction.connection.execute("UPDATE runs SET name = ? WHERE run_uuid = ?", (tag.value, run_id))
                transaction.add_tag(run_id, tag.key, tag.value)

        return log
