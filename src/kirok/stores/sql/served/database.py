"""A database on a server, open: a pool to read with, and writers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

from kirok.base.clock import Clock
from kirok.base.settings import DatabaseSettings
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.groups import Job
from kirok.stores.sql.read_only import RefusedWrites
from kirok.stores.sql.run_json import found_as_json
from kirok.stores.sql.schema import prepare
from kirok.stores.sql.served.pool import Pool
from kirok.stores.sql.served.server import DatabaseServer
from kirok.stores.sql.served.session import ServedSession
from kirok.stores.sql.writer import Writer

if TYPE_CHECKING:
    from asyncio import Future

Result = TypeVar("Result")


class ServedDatabase:
    """A Database on a server that others may use at the same time: what is true stands in the database alone."""

    def __init__(
        self, server: DatabaseServer, settings: DatabaseSettings, only_read_because: str | None = None
    ) -> None:
        self.dialect: Dialect = server.dialect
        self._pool = Pool(server, settings)
        self._writers: list[Writer] | list[RefusedWrites] = (
            [RefusedWrites(only_read_because)]
            if only_read_because
            else [Writer(partial(ServedSession, server)) for _ in range(settings.writers)]
        )
        self._turns = count()

    @classmethod
    def open(
        cls, server: DatabaseServer, settings: DatabaseSettings, artifact_root: str, clock: Clock
    ) -> ServedDatabase:
        """Open the database, making the schema where it is empty.

        Raises as DatabaseServer.connect does, and InvalidParameter for a schema that is not MLflow's at its head.
        """
        with closing(server.connect()) as connection:
            try:
                only_read_because = prepare(connection, server.shown, artifact_root, clock)
            except server.dialect.errors as error:
                raise server.dialect.explained(error) from error
        return cls(server, settings, only_read_because)

    @property
    def is_read_only(self) -> bool:
        """As Database."""
        return isinstance(self._writers[0], RefusedWrites)

    def read(self) -> AbstractContextManager[Connection]:
        """As Database."""
        return self._pool.snapshot()

    def write(self, job: Job[Result], run_id: str | None = None) -> Result:
        """As Database."""
        return self._writer(run_id).run(job, run_id)

    def queue(self, job: Job[Result], run_id: str | None = None) -> Future[Result]:
        """As Database."""
        return self._writer(run_id).queue(job, run_id)

    def runs_as_json(self, connection: Connection) -> Callable[[Sequence[str]], list[bytes]]:
        """As Database; read each time, since nothing tells when another server changes a run."""
        return partial(found_as_json, connection)

    def close(self) -> None:
        """As Database."""
        self._pool.close()
        for writer in self._writers:
            writer.close()

    def _writer(self, run_id: str | None) -> Writer | RefusedWrites:
        place = next(self._turns) if run_id is None else crc32(run_id.encode("utf-8", "surrogatepass"))
        return self._writers[place % len(self._writers)]
