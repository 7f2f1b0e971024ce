"""What the stores ask of an open database, whichever kind it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, TypeVar

from kirok.stores.sql.connection import Connection
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.groups import Job

if TYPE_CHECKING:
    from asyncio import Future

Result = TypeVar("Result")


class Database(Protocol):
    """One database, open for as many threads as like."""

    @property
    def dialect(self) -> Dialect:
        """How it wants things said."""

    @property
    def is_read_only(self) -> bool:
        """Whether every write is refused, with PermissionDenied."""

    def read(self) -> AbstractContextManager[Connection]:
        """A connection on which every statement sees one moment. Raises Unavailable where none can be had."""

    def write(self, job: Job[Result], run_id: str | None = None) -> Result:
        """What the job comes to, once it is durable. `run_id`: the run it is about, see Writer."""

    def queue(self, job: Job[Result], run_id: str | None = None) -> Future[Result]:
        """As `write`, for a coroutine: a future of the running event loop."""

    def runs_as_json(self, connection: Connection) -> Callable[[Sequence[str]], list[bytes]]:
        """What gives the JSON of those runs that exist of some ids, in their order, as `connection` sees them.

        To be asked for before anything else is read on the connection that `read` gave.
        """

    def close(self) -> None:
        """Finish the writes that wait, then let go. Again is no error."""
