"""The bin of a SQL database: rows in stage `deleted`, and their end."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from kirok.base.errors import InvalidParameter, InvalidState, NotFound, NotSupported
from kirok.rules.keys import experiment_number
from kirok.stores.bins import BinKind, Discarded
from kirok.stores.sql.belongings import (
    EDGES_OF_MODEL,
    EDGES_OF_RUN,
    EXPERIMENT_TABLES,
    MODEL_TABLES,
    RUN_TABLES,
    TRACE_TABLES,
    own_tables_of_runs,
)
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.transaction import Transaction

_PAGE = 1000
# As many as SQLite deletes in a tenth of a second, so that writers beside us wait no longer.
_POINTS_AT_ONCE = 20_000
_TRACES_AT_ONCE = 100
# JobStatus of MLflow: SUCCEEDED, FAILED, TIMEOUT, CANCELED.
_ENDED_JOBS = "status IN (2, 3, 4, 5)"

_SELECT = {
    BinKind.RUN: ("runs", "run_uuid", "run_uuid, experiment_id, artifact_uri, deleted_time"),
    BinKind.LOGGED_MODEL: (
        "logged_models",
        "model_id",
        "model_id, experiment_id, artifact_location, last_updated_timestamp_ms",
    ),
    BinKind.EXPERIMENT: (
        "experiments",
        "experiment_id",
        "experiment_id, experiment_id, artifact_location, last_update_time",
    ),
}
"""By kind: the table, its key, and the columns of Discarded."""


class SqlBin:
    """A Bin on a SQL database. `compact` is what gives space back to the disk, where the database can."""

    def __init__(self, database: Database, compact: Callable[[], int] | None = None) -> None:
        self._database = database
        self._compact = compact

    def contents(self, kind: BinKind, *, experiment_ids: Sequence[str] | None = None) -> Iterator[Discarded]:
        """As Bin."""
        if experiment_ids is None:
            return self._pages(kind, "lifecycle_stage = 'deleted'")
        dialect = self._database.dialect
        numbers = dialect.listed([experiment_number(each) for each in experiment_ids])
        return self._pages(kind, f"lifecycle_stage = 'deleted' AND experiment_id {dialect.among}", numbers)

    def parts(self, experiment_id: str) -> Iterator[Discarded]:
        """As Bin."""
        yield from self.contents(BinKind.RUN, experiment_ids=[experiment_id])
        for model in self._pages(BinKind.LOGGED_MODEL, "experiment_id = ?", experiment_number(experiment_id)):
            yield replace(model, deleted_time=None)  # its own says nothing: it went with the experiment

    def _pages(self, kind: BinKind, which: str, *values: object) -> Iterator[Discarded]:
        table, key, columns = _SELECT[kind]
        after: list[object] = []
        while True:
            page = f"{which} AND {key} > ?" if after else which
            with self._database.read() as connection:
                rows = connection.execute(
                    f"SELECT {columns} FROM {table} WHERE {page} ORDER BY {key} LIMIT ?", [*values, *after, _PAGE]
                ).fetchall()
            for row in rows:
                yield _discarded(kind, row)
            if len(rows) < _PAGE:
                return
            after = [rows[-1][0]]

    def find(self, kind: BinKind, thing_id: str) -> Discarded:
        """As Bin."""
        table, key, columns = _SELECT[kind]
        with self._database.read() as connection:
            if not _is_in_bin(connection, kind, thing_id):
                raise NotFound(f"There is no {kind} with id {thing_id}.")
            row = connection.execute(
                f"SELECT {columns} FROM {table} WHERE {key} = ?", (_key(kind, thing_id),)
            ).fetchone()
        return _discarded(kind, row)

    def delete(self, thing: Discarded) -> None:
        """As Bin."""
        if thing.kind is BinKind.RUN:
            self._delete_run(thing.id)
        elif thing.kind is BinKind.LOGGED_MODEL:
            self._delete_model(thing.id)
        else:
            self._delete_experiment(thing.id)

    def delete_jobs(self, *, began_before: int, job_ids: Sequence[str] | None = None) -> list[str]:
        """As Bin."""
        dialect = self._database.dialect

        def delete(transaction: Transaction) -> list[str]:
            connection = transaction.connection
            chosen = "" if job_ids is None else f" AND id {dialect.among}"
            values = [] if job_ids is None else [dialect.listed(job_ids)]
            found = connection.execute(
                f"SELECT id FROM jobs WHERE {_ENDED_JOBS} AND creation_time < ?{chosen}", (began_before, *values)
            )
            ids = [job_id for (job_id,) in found]
            connection.execute(f"DELETE FROM jobs WHERE id {dialect.among}", (dialect.listed(ids),))
            return ids

        return self._database.write(delete)

    def used_bytes(self) -> int | None:
        """As Bin."""
        if self._database.dialect.kind != "sqlite":
            return None
        with self._database.read() as connection:
            page, pages, free = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_size", "page_count", "freelist_count")
            )
        return int(page * (pages - free))

    def compact(self) -> int:
        """As Bin."""
        if self._compact is None:
            raise NotSupported("This database gives space back by itself (autovacuum, purge): leave out --vacuum.")
        return self._compact()

    def _delete_run(self, run_id: str) -> None:
        def delete_points(transaction: Transaction) -> bool:
            """Some points; whether there may be more."""
            if not _is_in_bin(transaction.connection, BinKind.RUN, run_id):
                return False
            transaction.forget_run(run_id)
            deleted = transaction.connection.execute(
                "DELETE FROM metrics WHERE rowid IN (SELECT rowid FROM metrics WHERE run_uuid = ? LIMIT ?)",
                (run_id, _POINTS_AT_ONCE),
            )
            return deleted.rowcount == _POINTS_AT_ONCE

        def delete_rest(transaction: Transaction) -> None:
            connection = transaction.connection
            if not _is_in_bin(connection, BinKind.RUN, run_id):
                return
            _delete_edges(connection, EDGES_OF_RUN, (run_id, run_id))
            connection.execute(
                "DELETE FROM entity_associations WHERE destination_type = 'run' AND destination_id = ?", (run_id,)
            )
            connection.execute("DELETE FROM logged_model_metrics WHERE run_id = ?", (run_id,))
            ours = [(table, "run_uuid") for table in own_tables_of_runs(connection)]
            for table, column in (*ours, ("metrics", "run_uuid"), *RUN_TABLES, ("runs", "run_uuid")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (run_id,))
            transaction.forget_run(run_id)

        # Elsewhere a long DELETE keeps nobody from writing to other runs.
        while self._database.dialect.kind == "sqlite" and self._database.write(delete_points, run_id):
            pass
        self._database.write(delete_rest, run_id)

    def _delete_model(self, model_id: str) -> None:
        def delete(transaction: Transaction) -> None:
            connection = transaction.connection
            if not _is_in_bin(connection, BinKind.LOGGED_MODEL, model_id):
                return
            _delete_edges(connection, EDGES_OF_MODEL, (model_id,))
            for table in MODEL_TABLES:
                connection.execute(f"DELETE FROM {table} WHERE model_id = ?", (model_id,))

        self._database.write(delete)

    def _delete_experiment(self, experiment_id: str) -> None:
        number = experiment_number(experiment_id)
        dialect = self._database.dialect

        def delete_traces(transaction: Transaction) -> bool:
            """Some traces; whether there may be more."""
            connection = transaction.connection
            if not _is_in_bin(connection, BinKind.EXPERIMENT, experiment_id):
                return False
            rows = connection.execute(
                "SELECT request_id FROM trace_info WHERE experiment_id = ? LIMIT ?", (number, _TRACES_AT_ONCE)
            )
            traces = [trace_id for (trace_id,) in rows]
            for table, column in TRACE_TABLES:
                connection.execute(f"DELETE FROM {table} WHERE {column} {dialect.among}", (dialect.listed(traces),))
            return bool(traces)

        def delete_rest(transaction: Transaction) -> None:
            connection = transaction.connection
            if not _is_in_bin(connection, BinKind.EXPERIMENT, experiment_id):
                return
            for table in ("runs", "logged_models"):
                (left,) = connection.execute(
                    f"SELECT COUNT(*) FROM {table} WHERE experiment_id = ?", (number,)
                ).fetchone()
                if left:
                    raise InvalidState(
                        f"Experiment {experiment_id} has {left} {table.replace('_', ' ')} left, so it stays. "
                        "Delete or restore them first."
                    )
            for table in EXPERIMENT_TABLES:
                connection.execute(f"DELETE FROM {table} WHERE experiment_id = ?", (number,))
            connection.execute("DELETE FROM experiments WHERE experiment_id = ?", (number,))
            transaction.forget()

        while self._database.write(delete_traces):
            pass
        self._database.write(delete_rest)


def _discarded(kind: BinKind, row: Sequence[Any]) -> Discarded:
    return Discarded(kind, str(row[0]), str(row[1]), row[2] or "", row[3])


def _key(kind: BinKind, thing_id: str) -> object:
    return experiment_number(thing_id) if kind is BinKind.EXPERIMENT else thing_id


def _is_in_bin(connection: Connection, kind: BinKind, thing_id: str) -> bool:
    """False where it is gone; InvalidParameter where it was restored."""
    table, key, _ = _SELECT[kind]
    row = connection.execute(
        f"SELECT t.lifecycle_stage, e.lifecycle_stage FROM {table} t "
        f"JOIN experiments e ON e.experiment_id = t.experiment_id WHERE t.{key} = ?",
        (_key(kind, thing_id),),
    ).fetchone()
    if row is not None and row[0] != "deleted" and (kind is BinKind.RUN or row[1] != "deleted"):
        raise InvalidParameter(
            f"The {kind} {thing_id} is not in `deleted` lifecycle stage. Only what is deleted can be deleted for good."
        )
    return row is not None


def _delete_edges(connection: Connection, which: str, values: tuple[str, ...]) -> None:
    connection.execute(
        f"DELETE FROM input_tags WHERE input_uuid IN (SELECT input_uuid FROM inputs WHERE {which})", values
    )
    connection.execute(f"DELETE FROM inputs WHERE {which}", values)
