"""A SQLite database, open: connections to read with, one writer, and what is kept between them."""

import contextlib
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from kirok.base.clock import Clock
from kirok.base.errors import InvalidParameter
from kirok.stores.sql.engine import Connection, SqliteFile, check_place, explained
from kirok.stores.sql.fragments import Fragments
from kirok.stores.sql.readers import Reader, Readers
from kirok.stores.sql.schema import prepare
from kirok.stores.sql.writer import Job, Writer

Result = TypeVar("Result")


class Database:
    """One database file, open for as many threads as like. `open` is the way to get one."""

    def __init__(self, file: SqliteFile) -> None:
        self._readers = Readers(file)
        self.fragments = Fragments()
        self.writer = Writer(file, self.fragments)

    @classmethod
    def open(cls, path: Path, uri: str, *, artifact_root: str, synchronous: str, clock: Clock) -> "Database":
        """Open the file, making the schema where it is new.

        Raises InvalidParameter or PermissionDenied, naming cause and mend, for a place where no database can live, a
        file that is none, and a schema that is not MLflow's at its head; Unavailable while another process locks it.
        """
        check_place(path)
        file = SqliteFile(path, synchronous)
        try:
            with contextlib.closing(file.connect(Connection)) as connection:
                prepare(connection, uri, artifact_root, clock)
                # The readers open the file before this connection closes it: the last to close removes the log.
                return cls(file.choose_journal(connection))
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error) or "malformed" in str(error):
                raise InvalidParameter(
                    f"{str(path)!r} is not a SQLite database ({error}). Name another file; a new one is made."
                ) from error
            raise explained(error) from error

    def read(self) -> AbstractContextManager[Reader]:
        """A connection on which every statement sees one moment."""
        return self._readers.snapshot()

    def write(self, job: Job[Result]) -> Result:
        """What the job comes to, once it is durable."""
        return self.writer.run(job)

    def close(self) -> None:
        """Finish the writes that wait, and leave one whole file. Again is no error."""
        self._readers.close()
        self.writer.close()
