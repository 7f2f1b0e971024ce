"""A SQL database to copy out of and into."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kirok.base.errors import InvalidParameter
from kirok.entities.metrics import Metric
from kirok.rules.keys import experiment_number
from kirok.stores.archive_kinds import REGISTERED_MODELS, RUNS, Kind, Noun
from kirok.stores.archives import Fingerprint, Row, canonical_document, fingerprint_of
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.metric_rows import MetricRows
from kirok.stores.sql.transaction import Transaction

# Rows and ids of one statement: the drivers of PostgreSQL and MySQL hold a whole answer in memory.
_PAGE = 20_000

_LARGEST_INTEGER = 2**31 - 1
_LARGEST_ROWID = 2**63 - 1

_POSTGRESQL_TYPES = {
    "Integer": "int4",
    "BigInteger": "int8",
    "Float": "float8",
    "Boolean": "bool",
    "JSON": "json",
}

# The edges of a run: the datasets it read, and the models it read and made.
_EDGES_OF_RUNS = (
    "((destination_type = 'RUN' AND destination_id {among}) "
    "OR (source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id {among}))"
)


class SqlArchive:
    """An Archive on MLflow's tables."""

    default_artifact_root: str | None = None

    def __init__(self, database: Database) -> None:
        self._database = database

    def columns(self, kind: Kind) -> tuple[str, ...]:
        """As Archive: all of them."""
        return kind.columns

    def kept(self, kind: Kind) -> tuple[str, ...]:
        """As Archive: what can be told."""
        return self.columns(kind)

    def takes(self, kind: Kind, columns: Sequence[str], row: Row) -> bool:  # noqa: ARG002 - any
        """As Archive: any."""
        return True

    def units(self, noun: Noun, experiment_ids: Sequence[str] | None = None) -> Iterator[str]:
        """As Archive, in the order of ids."""
        unit, table = noun.root.owner, noun.root.stored_in
        chosen, values = "", []
        if experiment_ids is not None:
            chosen = f" AND experiment_id {self._database.dialect.among}"
            values = [self._database.dialect.listed([experiment_number(each) for each in experiment_ids])]
        sql = f"SELECT {unit} FROM {table} WHERE {unit} > ?{chosen} ORDER BY {unit} LIMIT {_PAGE}"
        last: object = -1 if unit == "experiment_id" else ""
        while True:
            with self._database.read() as connection:
                found = [unit_id for (unit_id,) in connection.execute(sql, (last, *values))]
            yield from map(str, found)
            if len(found) < _PAGE:
                return
            last = found[-1]

    def rows(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Iterator[Row]:
        """As Archive, in the order of the kind's key."""
        if not ids:
            return
        order = _reading_order(kind)
        # The last row read is where the next page begins, so what it is ordered by is read as well.
        read = [*columns, *(column for column in order if column not in columns)]
        places = [read.index(column) for column in order]
        condition, values = self._belonging(kind, ids)
        into_form = _canonical(kind, columns)
        after, last = "", ()
        while True:
            sql = (
                f"SELECT {', '.join(read)} FROM {kind.stored_in} WHERE {condition}{after} "
                f"ORDER BY {', '.join(order)} LIMIT {_PAGE}"
            )
            with self._database.read() as connection:
                found = connection.execute(sql, (*values, *last)).fetchall()
            for row in found:
                yield into_form(row)
            if len(found) < _PAGE:
                return
            # The first column alone as well: not every planner sees through a comparison of rows.
            after = f" AND {order[0]} >= ? AND ({', '.join(order)}) > ({', '.join('?' * len(order))})"
            last = (found[-1][places[0]], *(found[-1][place] for place in places))

    def fingerprint(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Fingerprint:
        """As Archive."""
        return fingerprint_of(self.rows(kind, columns, ids))

    def write(self, kind: Kind, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """As Archive. Points go the way that logged points go, so that all that is kept about series follows."""
        if not rows:
            return
        if kind.is_points:
            self._database.write(lambda transaction: _write_points(transaction, columns, rows))
            return
        insert, fill = _insert(kind, columns), _filling(kind, columns)

        def job(transaction: Transaction) -> None:
            try:
                transaction.connection.insert(insert, [cell for row in rows for cell in fill(row)])
            except Exception as error:
                if _breaks_a_constraint(error):
                    raise InvalidParameter(f"The database refuses it: {error}") from error
                raise
            _remember(transaction, kind, columns, rows)

        self._database.write(job)

    def free_experiment_id(self, wanted: str, name: str) -> str:  # noqa: ARG002 - others name it
        """As Archive. PostgreSQL and MySQL hold ids of 32 bits, which the 18 digits of a folder's ids exceed."""
        largest = _LARGEST_ROWID if self._database.dialect.kind == "sqlite" else _LARGEST_INTEGER
        with self._database.read() as connection:
            if wanted.isdecimal() and int(wanted) <= largest:
                taken = connection.execute("SELECT 1 FROM experiments WHERE experiment_id = ?", (int(wanted),))
                if taken.fetchone() is None:
                    return wanted
            (last,) = connection.execute(
                "SELECT MAX(experiment_id) FROM experiments WHERE experiment_id < ?", (_LARGEST_INTEGER,)
            ).fetchone()
        return str((last or 0) + 1)

    def finish(self) -> None:
        """As Archive: nothing waits."""

    def _belonging(self, kind: Kind, ids: Sequence[str]) -> tuple[str, list[object]]:
        """The condition under which rows of a kind belong to units, and its values."""
        dialect = self._database.dialect
        among = dialect.among
        if kind.name in ("inputs", "input_tags"):
            edges = _EDGES_OF_RUNS.format(among=among)
            listed = dialect.listed(ids)
            if kind.name == "inputs":
                return edges, [listed, listed]
            return f"input_uuid IN (SELECT input_uuid FROM inputs WHERE {edges})", [listed, listed]
        listed = dialect.listed([experiment_number(each) for each in ids] if kind.owner == "experiment_id" else ids)
        if kind.only is None:
            return f"{kind.owner} {among}", [listed]
        column, value = kind.only
        return f"{kind.owner} {among} AND {column} = ?", [listed, value]


def _reading_order(kind: Kind) -> tuple[str, ...]:
    if kind.is_points:  # as the index (run_uuid, key, step) has them
        return ("run_uuid", "key", "step", "timestamp", "value", "is_nan")
    return kind.key


def _canonical(kind: Kind, columns: Sequence[str]) -> Any:
    """What turns a row as the driver gives it into the canonical form, cut to `columns`."""
    width = len(columns)
    turned = [
        (at, turn)
        for at, column in enumerate(columns)
        for turn in (
            str if column == "experiment_id" else None,
            bool if column in kind.booleans else None,
            canonical_document if column in kind.documents else None,
        )
        if turn is not None
    ]
    if not turned:
        return lambda row: tuple(row[:width])

    def into_form(row: Sequence[Any]) -> Row:
        cells = list(row[:width])
        for at, turn in turned:
            if cells[at] is not None:
                cells[at] = turn(cells[at])
        return tuple(cells)

    return into_form


def _write_points(transaction: Transaction, columns: Sequence[str], rows: Sequence[Row]) -> None:
    key, value, timestamp, run, step, is_nan = (
        columns.index(name) for name in ("key", "value", "timestamp", "run_uuid", "step", "is_nan")
    )
    by_run: dict[str, list[Metric]] = {}
    for row in rows:
        point = Metric(row[key], float("nan") if row[is_nan] else row[value], row[timestamp], row[step])
        by_run.setdefault(row[run], []).append(point)
    for run_id, points in by_run.items():
        transaction.add_metrics(run_id, MetricRows(run_id, points))
        transaction.changed_runs.add(run_id)


def _remember(transaction: Transaction, kind: Kind, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Let go of what was known about what these rows changed, and keep what hands out numbers ahead of them."""
    if kind.name == "experiments":
        transaction.forget()
        _advance(transaction.connection)
    elif kind.name == "inputs":
        ends = [columns.index("source_id"), columns.index("destination_id")]
        transaction.changed_runs.update(row[end] for row in rows for end in ends)
    elif kind.name == "input_tags":
        edge, connection = columns.index("input_uuid"), transaction.connection
        ends_of = f"SELECT source_id, destination_id FROM inputs WHERE input_uuid {connection.dialect.among}"
        for both in connection.execute(ends_of, (connection.dialect.listed({row[edge] for row in rows}),)):
            transaction.changed_runs.update(both)
    elif kind in RUNS.kinds and kind.owner:
        owner = columns.index(kind.owner)
        for run_id in {row[owner] for row in rows}:
            transaction.forget_run(run_id)


def _breaks_a_constraint(error: Exception) -> bool:
    """Whether a row names what is not there, or is not unique: each driver has its own class of that name."""
    return any(base.__name__ == "IntegrityError" for base in type(error).__mro__)


def _advance(connection: Connection) -> None:
    """PostgreSQL's sequence knows nothing of ids that were given to it."""
    if connection.dialect.kind == "postgresql":
        connection.execute(
            "SELECT setval('experiments_experiment_id_seq', GREATEST("
            "(SELECT last_value FROM experiments_experiment_id_seq), (SELECT MAX(experiment_id) FROM experiments), 1))"
        )


def _insert(kind: Kind, columns: Sequence[str]) -> Insert:
    """The statement that puts rows of a kind in, over those that are there."""
    from kirok.stores.sql.tables import metadata

    table = metadata.tables[kind.stored_in]
    key = [column.name for column in table.primary_key]
    written = [*columns, *(column for column in key if column not in columns)]
    types = {column.name: _POSTGRESQL_TYPES.get(type(column.type).__name__, "text") for column in table.columns}
    return Insert(
        kind.stored_in,
        ", ".join(written),
        " ".join(types[column] for column in written),
        key=", ".join(key),
        overwrite=", ".join(column for column in columns if column not in key),
    )


def _filling(kind: Kind, columns: Sequence[str]) -> Callable[[Row], Sequence[object]]:
    """What turns a row in the canonical form into the cells that `_insert` takes."""
    numbers = [at for at, column in enumerate(columns) if column == "experiment_id"]
    # The primary keys of the registry name the workspace as well, of which there is one.
    workspace = ("default",) if kind in REGISTERED_MODELS.kinds else ()

    def fill(row: Row) -> Sequence[object]:
        cells: list[object] = [*row, *workspace]
        for at in numbers:
            cells[at] = None if row[at] is None else experiment_number(row[at])
        return cells

    return fill
