"""One commit's worth of writes.

Jobs of many callers share a transaction. The hot ones (points, params, tags) only leave rows here, which `flush`
inserts together, a few statements for all; a job that needs to see the tables as they stand calls `flush` first.
"""

from collections.abc import Sequence

from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.runs import Param
from kirok.rules.batches import check_unchanged_params
from kirok.rules.keys import may_be_run_id
from kirok.rules.lifecycle import require_active_experiment, require_active_run
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.metric_rows import MetricRows
from kirok.stores.sql.series.upkeep import KnownSeries, store_points

_PARAMS = Insert("params", "key, value, run_uuid", "text text text", key="key, run_uuid")
_TAGS = Insert("tags", "key, value, run_uuid", "text text text", key="key, run_uuid", overwrite="value")

_MOST_KNOWN = 4096


class KnownRun:
    """What the writer remembers of a run, so that the next point costs no query."""

    __slots__ = ("experiment_id", "params", "stage")

    def __init__(self, experiment_id: int, stage: str, params: dict[str, str] | None = None) -> None:
        self.experiment_id = experiment_id
        self.stage = stage
        self.params = params
        """Every param, or None where they have not been read yet."""


class KnownExperiment:
    """What the writer remembers of an experiment, so that the next run costs no query."""

    __slots__ = ("artifact_location", "stage")

    def __init__(self, artifact_location: str, stage: str) -> None:
        self.artifact_location = artifact_location
        self.stage = stage


class Memory:
    """What stays true from one commit to the next, as long as nobody else writes and nothing is rolled back."""

    __slots__ = ("experiments", "runs", "series")

    def __init__(self, *, keeps_series: bool = True) -> None:
        self.series = KnownSeries(are_kept=keeps_series)
        self.runs: dict[str, KnownRun] = {}
        self.experiments: dict[int, KnownExperiment] = {}

    def forget(self) -> None:
        """Whatever was known may be wrong now."""
        self.runs.clear()
        self.experiments.clear()
        self.series.forget()


class Transaction:
    """An open transaction of the writer's connection, and the rows that wait for its end."""

    __slots__ = ("_added", "_memory", "_params", "_points", "_tags", "changed_points", "changed_runs", "connection")

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self.connection = connection
        self.changed_runs: set[str] = set()
        """The runs that read differently once this is committed."""
        self.changed_points = False
        """Whether there may be points that were not there before, or none where some were."""
        self._memory = memory
        self._added = 0
        self._points: dict[tuple[str, str], list[object]] = {}
        self._params: dict[tuple[str, str], str] = {}
        self._tags: dict[tuple[str, str], str] = {}

    @property
    def series(self) -> KnownSeries:
        """What is remembered of series."""
        return self._memory.series

    def mark(self) -> tuple[int, int]:
        """Something that differs after any write."""
        return (self.connection.total_changes, self._added)

    def flush(self) -> None:
        """Insert what waits, so that the tables show it to this transaction."""
        connection = self.connection
        if self._points:
            self.changed_points = True
            store_points(connection, self._memory.series, self._points)
            self._points = {}
        if self._params:
            given, self._params = self._params, {}
            if connection.insert(_PARAMS, _cells(given)) < len(given):
                _check_kept(connection, given)
        if self._tags:
            connection.insert(_TAGS, _cells(self._tags))
            self._tags = {}

    def discard(self) -> None:
        """Drop what waits: the job that left it failed."""
        self._points, self._params, self._tags = {}, {}, {}

    def expect(self, run_ids: set[str]) -> None:
        """Read what jobs are going to ask of these runs, by one statement for all."""
        among = self.connection.dialect.among
        run_ids = {run_id for run_id in run_ids if may_be_run_id(run_id)}  # one that is refused would fail all jobs
        rows = self.connection.execute(
            f"SELECT run_uuid, experiment_id, lifecycle_stage FROM runs WHERE run_uuid {among}",
            (self.connection.dialect.listed(run_ids),),
        )
        for run_id, experiment_id, stage in rows:
            self.remember_run(run_id, KnownRun(experiment_id, stage))

    def forget(self) -> None:
        """Drop what is remembered of runs and experiments: a statement changed many of them."""
        self._memory.forget()

    def experiment(self, number: int) -> KnownExperiment:
        """An experiment; NotFound where there is none."""
        known = self._memory.experiments.get(number)
        if known is None:
            row = self.connection.execute(
                "SELECT artifact_location, lifecycle_stage FROM experiments WHERE experiment_id = ?", (number,)
            ).fetchone()
            if row is None:
                raise NotFound(f"No Experiment with id={number} exists")
            known = self._memory.experiments[number] = KnownExperiment(row[0] or "", row[1])
        return known

    def active_experiment(self, number: int) -> KnownExperiment:
        """An experiment that may be written to; InvalidParameter for a deleted one."""
        known = self.experiment(number)
        require_active_experiment(str(number), known.stage)
        return known

    def run(self, run_id: str) -> KnownRun:
        """A run; NotFound where there is none."""
        known = self._memory.runs.get(run_id)
        if known is None:
            row = self.connection.execute(
                "SELECT experiment_id, lifecycle_stage FROM runs WHERE run_uuid = ?", (run_id,)
            ).fetchone()
            if row is None:
                raise NotFound(f"Run with id={run_id} not found")
            known = self.remember_run(run_id, KnownRun(row[0], row[1]))
        return known

    def remember_run(self, run_id: str, known: KnownRun) -> KnownRun:
        """Keep what is known of a run for the jobs that follow."""
        runs = self._memory.runs
        if len(runs) >= _MOST_KNOWN:
            runs.clear()
        runs[run_id] = known
        return known

    def forget_run(self, run_id: str) -> None:
        """What is stored of it was changed by hand."""
        self._memory.runs.pop(run_id, None)
        self._memory.series.forget_run(run_id)
        self.changed_points = True
        self.changed_runs.add(run_id)

    def active_run(self, run_id: str) -> KnownRun:
        """A run that is about to be written to; InvalidParameter for a deleted one."""
        known = self.run(run_id)
        require_active_run(run_id, known.stage)
        self.changed_runs.add(run_id)
        return known

    def add_metrics(self, run_id: str, rows: MetricRows) -> None:
        """Points of an active run."""
        self._added += 1
        points = self._points
        for key, cells in rows.by_key.items():
            if (waiting := points.get((run_id, key))) is None:
                points[run_id, key] = cells.copy()  # a job may run twice
            else:
                waiting += cells

    def add_params(self, run_id: str, run: KnownRun, params: Sequence[Param]) -> None:
        """Params of an active run; InvalidParameter, before anything is written, where one has another value."""
        known = run.params
        if known is None:
            known = run.params = dict(
                self.connection.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run_id,))
            )
        for param in check_unchanged_params(run_id, known, params):
            known[param.key] = param.value
            self._added += 1
            self._params[run_id, param.key] = param.value

    def add_tag(self, run_id: str, key: str, value: str) -> None:
        """A tag of an active run."""
        self._added += 1
        self._tags[run_id, key] = value


def _cells(given: dict[tuple[str, str], str]) -> list[object]:
    # In one order whoever writes: rows are locked as they are met, and two that lock the other way round never end.
    return [cell for (run_id, key), value in sorted(given.items()) for cell in (key, value, run_id)]


def _check_kept(connection: Connection, given: dict[tuple[str, str], str]) -> None:
    """Some of these params were there already, from another process: InvalidParameter where they differ."""
    by_run: dict[str, list[Param]] = {}
    for (run_id, key), value in given.items():
        by_run.setdefault(run_id, []).append(Param(key, value))
    for run_id, params in by_run.items():
        known = dict(connection.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run_id,)))
        for missing in check_unchanged_params(run_id, known, params):
            raise InvalidParameter(
                f"The param key {missing.key!r} of run {run_id} cannot be told from one that is there already: in this "
                "database's collation, upper case or blanks at the end do not count. Choose another name."
            )
