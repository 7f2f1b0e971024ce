"""A SQLite database, open: connections to read with, one writer, and what is kept between them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from kirok.base.clock import Clock
from kirok.base.errors import InvalidParameter
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.groups import Job
from kirok.stores.sql.read_only import RefusedWrites
from kirok.stores.sql.run_json import found_as_json
from kirok.stores.sql.schema import prepare
from kirok.stores.sql.sqlite.dialect import SQLITE
from kirok.stores.sql.sqlite.engine import SqliteConnection, SqliteFile, check_place
from kirok.stores.sql.sqlite.fragments import Fragments
from kirok.stores.sql.sqlite.readers import Reader, Readers
from kirok.stores.sql.sqlite.session import SqliteSession
from kirok.stores.sql.writer import Writer

if TYPE_CHECKING:
    from asyncio import Future

Result = TypeVar("Result")


class SqliteDatabase:
    """A Database in one file. `open` is the way to get one."""

    dialect: Dialect = SQLITE

    def __init__(self, file: SqliteFile, only_read_because: str | None = None) -> None:
        self._readers = Readers(file)
        self.fragments = Fragments()
        self._writer: Writer | RefusedWrites = (
            RefusedWrites(only_read_because)
            if only_read_because
            else Writer(lambda: SqliteSession(file, self.fragments))
        )

    @classmethod
    def open(cls, file: SqliteFile, uri: str, artifact_root: str, clock: Clock) -> SqliteDatabase:
        """Open the file, making the schema where it is new.

        Raises InvalidParameter or PermissionDenied, naming cause and mend, for a place where no database can live, a
        file that is none, and a schema that is not MLflow's at its head; Unavailable while another process locks it.
        """
        check_place(file.path)
        try:
            with contextlib.closing(file.connect(SqliteConnection)) as connection:
                only_read_because = prepare(connection, uri, artifact_root, clock)
                if only_read_because:
                    return cls(file, only_read_because)
                # The readers open the file before this connection closes it: the last to close removes the log.
                return cls(file.choose_journal(connection))
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error) or "malformed" in str(error):
                raise InvalidParameter(
                    f"{str(file.path)!r} is not a SQLite database ({error}). Name another file; a new one is made."
                ) from error
            raise SQLITE.explained(error) from error

    @property
    def is_read_only(self) -> bool:
        """As Database."""
        return isinstance(self._writer, RefusedWrites)

    def read(self) -> AbstractContextManager[Connection]:
        """As Database."""
        return self._readers.snapshot()

    def write(self, job: Job[Result], run_id: str | None = None) -> Result:
        """As Database."""
        return self._writer.run(job, run_id)

    def queue(self, job: Job[Result], run_id: str | None = None) -> Future[Result]:
        """As Database."""
        return self._writer.queue(job, run_id)

    def runs_as_json(self, connection: Connection) -> Callable[[Sequence[str]], list[bytes]]:
        """As Database; from the fragments that are kept, as far as they hold for this connection."""
        if isinstance(self._writer, RefusedWrites):  # fragments rest on a writer that sees what others write
            return partial(found_as_json, connection)
        reader = cast(Reader, connection)
        moment = self.fragments.moment(reader, self._writer.look_around)
        return lambda run_ids: self.fragments.of(reader, run_ids, moment)

    def close(self) -> None:
        """As Database; leaves one whole file."""
        self._readers.close()
        self._writer.close()
