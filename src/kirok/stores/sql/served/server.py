"""What the pool, the writers and the schema ask of one kind of database server."""

from typing import Any, Protocol

from kirok.stores.sql.connection import Connection
from kirok.stores.sql.dialect import Dialect


class ServerConnection(Connection, Protocol):
    """A Connection over a network, which may break."""

    @property
    def raw(self) -> Any:
        """The driver's own connection, in its autocommit mode."""

    @property
    def is_broken(self) -> bool:
        """Whether it can be given up only."""

    def begin_read(self) -> None:
        """Begin a transaction that reads only and sees one moment."""

    def begin(self) -> None:
        """Begin a transaction that writes."""

    def commit(self) -> None:
        """End it, so that it lasts."""

    def rollback(self) -> None:
        """End it, if there is one, as though it had never been."""


class DatabaseServer(Protocol):
    """One database on a server, and how to reach it."""

    @property
    def dialect(self) -> Dialect:
        """How it wants things said."""

    @property
    def shown(self) -> str:
        """Its URI for messages, without a password."""

    def connect(self) -> ServerConnection:
        """A new connection. Raises InvalidParameter for what a setting must mend (a wrong password, no such
        database), Unavailable for a server that does not answer.
        """
