"""Connections to read with, from a pool."""

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kirok.base.errors import KirokError, Unavailable
from kirok.base.settings import DatabaseSettings
from kirok.stores.sql.served.server import DatabaseServer, ServerConnection


class Pool:
    """As many connections as are reading at once, up to a limit; a few are kept for the next."""

    def __init__(self, server: DatabaseServer, settings: DatabaseSettings) -> None:
        self._server = server
        self._settings = settings
        self._is_closed = False
        self._inherited: list[deque[tuple[ServerConnection, float]]] = []  # kept, as collecting one might end it
        self._begin()

    @contextmanager
    def snapshot(self) -> Iterator[ServerConnection]:
        """A connection on which every statement sees one moment.

        Raises Unavailable where none becomes free in time or the server is away.
        """
        if self._process != os.getpid():  # a forked child must not speak on its parent's connections
            self._inherited.append(self._idle)
            self._begin()
        if self._is_closed:
            raise Unavailable("The store is closed. Open it again to read.")
        if not self._free.acquire(timeout=self._settings.pool_timeout_s):
            raise Unavailable(
                f"All {self._most} connections to the database are busy. Try again, or raise "
                "KIROK_SQLALCHEMYSTORE_POOL_SIZE or KIROK_SQLALCHEMYSTORE_MAX_OVERFLOW."
            )
        try:
            connection, born = self._begun()
            try:
                yield connection
            except KirokError:
                raise
            except self._server.dialect.errors as error:
                raise self._server.dialect.explained(error) from error
            finally:
                self._give_back(connection, born)
        finally:
            self._free.release()

    def close(self) -> None:
        """Close those that are idle; the others close when they have read."""
        self._is_closed = True
        while self._idle and self._process == os.getpid():
            self._idle.pop()[0].close()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._idle: deque[tuple[ServerConnection, float]] = deque()
        self._most = self._settings.pool_size + self._settings.max_overflow
        self._free = threading.BoundedSemaphore(self._most)

    def _begun(self) -> tuple[ServerConnection, float]:
        """A connection with a transaction begun. One that broke while it was idle is replaced."""
        while True:
            try:
                connection, born = self._idle.pop()
            except IndexError:
                break
            if 0 < self._settings.pool_recycle_s < time.monotonic() - born:
                connection.close()
                continue
            try:
                connection.begin_read()
            except self._server.dialect.errors:
                connection.close()
                continue
            return connection, born
        connection = self._server.connect()
        try:
            connection.begin_read()
        except self._server.dialect.errors as error:
            connection.close()
            raise self._server.dialect.explained(error) from error
        return connection, time.monotonic()

    def _give_back(self, connection: ServerConnection, born: float) -> None:
        with suppress(*self._server.dialect.errors):
            connection.rollback()
        if connection.is_broken or self._is_closed or len(self._idle) >= self._settings.pool_size:
            connection.close()
        else:
            self._idle.append((connection, born))
