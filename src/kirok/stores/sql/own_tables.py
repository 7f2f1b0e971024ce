"""What kirok adds to MLflow's schema: tables and secondary indexes that can be removed and made anew at any time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kirok.base.errors import KirokError, Unavailable
from kirok.stores.sql.charts import tables as charts
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.search_functions import search_indexes
from kirok.stores.sql.series import tables as series

_log = logging.getLogger(__name__)

_OWN: tuple[tuple[str, Callable[[Connection], None]], ...] = (
    # A table that each makes, and what makes it.
    ("kirok_series", series.create),
    ("kirok_chunks", charts.create),
)


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """A transaction in which no other process changes the schema. Unavailable where one has done so for a minute."""
    dialect = connection.dialect
    for statement in dialect.begin_alone:
        answer = connection.execute(statement)
        if statement.startswith("SELECT") and answer.fetchone()[0] == 0:  # MySQL's lock was not to be had
            raise Unavailable("Another process is making or changing the schema of this database. Try again later.")
    try:
        yield
    except BaseException:
        with suppress(Exception):
            connection.execute("ROLLBACK")
        raise
    for statement in dialect.end_alone:
        connection.execute(statement)


def create_own(connection: Connection) -> None:
    """Make what is missing. Where the account may not, a warning says what is slower or absent for it."""
    if not _missing(connection):
        return
    try:
        with alone(connection):
            for create in _missing(connection):  # another process may have been quicker
                create(connection)
    except connection.dialect.errors as error:
        reason: KirokError = connection.dialect.explained(error)
        _log.warning(
            "kirok's own tables and indexes could not be made: %s Searches are slower and statistics of series are "
            "absent until they can.",
            reason.message,
        )


def _missing(connection: Connection) -> list[Callable[[Connection], object]]:
    tables = {name for (name,) in connection.execute(connection.dialect.table_names)}
    indexes = {name for (name,) in connection.execute(connection.dialect.index_names)}
    return [
        *(create for table, create in _OWN if table not in tables),
        *(_index(name, columns) for name, columns in search_indexes(connection.dialect).items() if name not in indexes),
    ]


def _index(name: str, columns: str) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(f"CREATE INDEX {name} ON {columns}")
