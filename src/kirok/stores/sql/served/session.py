"""A writer's connection to a database server, which other processes write to as well."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kirok.base.errors import Unavailable
from kirok.stores.sql.groups import Job, Outcome, Redo, run_apart, run_together
from kirok.stores.sql.series import tables
from kirok.stores.sql.served.server import DatabaseServer, ServerConnection
from kirok.stores.sql.transaction import Memory, Transaction

_ATTEMPTS = 6
_FIRST_PAUSE_S = 0.01


class ServedSession:
    """A Session. Nothing is remembered from one commit to the next: another server may have changed it."""

    def __init__(self, server: DatabaseServer) -> None:
        self._server = server
        self._connection: ServerConnection | None = None
        self._is_committing = False
        self._keeps_series = False

    def commit(self, jobs: Sequence[Job[Any]], run_ids: set[str]) -> list[Outcome]:
        """As Session. A group that meets a deadlock, or a connection that broke before its commit, is run again."""
        dialect = self._server.dialect
        for attempt in range(1, _ATTEMPTS + 1):
            self._is_committing = False
            try:
                return self._commit(jobs, run_ids)
            except Exception as error:
                self._undo()
                if self._is_committing and dialect.is_lost(error):
                    return [Outcome(error=Unavailable(_IN_DOUBT))] * len(jobs)
                if attempt == _ATTEMPTS or not (dialect.fails_all(error) or dialect.is_lost(error)):
                    return [Outcome(error=dialect.explained(error))] * len(jobs)
                if not dialect.is_lost(error):
                    time.sleep(_FIRST_PAUSE_S * 2**attempt * random.random())  # noqa: S311 - it keeps rivals apart
                elif attempt > 1:  # a new connection broke as well: the database is away
                    return [Outcome(error=dialect.explained(error))] * len(jobs)
        raise AssertionError  # pragma: no cover - the last attempt returns

    def look_around(self) -> Outcome:
        """As Session: nothing is kept that a foreign write could make wrong."""
        return Outcome()

    def after_answer(self) -> None:
        """As Session."""

    def close(self) -> None:
        """As Session."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit(self, jobs: Sequence[Job[Any]], run_ids: set[str]) -> list[Outcome]:
        if self._connection is None:
            self._connection = self._server.connect()
            self._keeps_series = tables.are_there(self._connection)
        connection = self._connection
        connection.begin()
        try:
            outcomes = run_together(self._transaction(connection, run_ids), jobs)
        except Redo as redo:
            cause = redo.__cause__
            if isinstance(cause, Exception) and (
                self._server.dialect.fails_all(cause) or self._server.dialect.is_lost(cause)
            ):
                raise cause from None
            connection.rollback()
            self._keeps_series = tables.are_there(connection)  # `kirok db detach` may have taken them away
            connection.begin()
            outcomes = run_apart(self._transaction(connection, run_ids), jobs)
        self._is_committing = True
        connection.commit()
        return outcomes

    def _undo(self) -> None:
        connection = self._connection
        if connection is None:
            return
        with suppress(*self._server.dialect.errors):
            connection.rollback()
        if connection.is_broken:
            connection.close()
            self._connection = None

    def _transaction(self, connection: ServerConnection, run_ids: set[str]) -> Transaction:
        transaction = Transaction(connection, Memory(keeps_series=self._keeps_series))
        if run_ids:
            transaction.expect(run_ids)
        return transaction


_IN_DOUBT = (
    "The connection to the database broke while this was being committed: it may or may not be kept. Look, or send it "
    "again; repeated points, params and tags do no harm."
)
