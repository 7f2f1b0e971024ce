"""The writer's connection to a SQLite file."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from kirok.stores.sql.groups import Job, Outcome, Redo, Watcher, run_apart, run_together
from kirok.stores.sql.series import watermark
from kirok.stores.sql.sqlite.checkpoints import Checkpoints
from kirok.stores.sql.sqlite.dialect import SQLITE
from kirok.stores.sql.sqlite.engine import SqliteConnection, SqliteFile
from kirok.stores.sql.transaction import Memory, Transaction

_CACHE_MIB = 64


class SqliteSession:
    """A Session. What it remembers of runs holds as long as nobody else writes, which SQLite tells."""

    def __init__(self, file: SqliteFile, watcher: Watcher) -> None:
        self._file = file
        self._watcher = watcher
        self._memory = Memory()
        self._checkpoints = Checkpoints(file)
        self._opened: SqliteConnection | None = None
        self._seen_version = -1
        self._are_points_counted = False
        """Whether the statistics of series have caught up with what other programs wrote."""

    def commit(self, jobs: Sequence[Job[Any]], run_ids: set[str]) -> list[Outcome]:  # noqa: ARG002 - it remembers runs
        """As Session."""
        try:
            connection = self._connection()
            transaction = self._begin(connection)
            try:
                outcomes = run_together(transaction, jobs)
            except Redo:
                connection.execute("ROLLBACK")
                self._memory.forget()
                transaction = self._begin(connection)
                outcomes = run_apart(transaction, jobs)
            if transaction.changed_points:
                watermark.advance(connection)
            self._watcher.before_commit(transaction.changed_runs)
            try:
                connection.execute("COMMIT")
            finally:
                self._watcher.after_commit(transaction.changed_runs)
            self._are_points_counted = True
        except Exception as error:
            self._memory.forget()
            if self._opened is not None and self._opened.in_transaction:
                with contextlib.suppress(Exception):
                    self._opened.execute("ROLLBACK")
            return [Outcome(error=SQLITE.explained(error))] * len(jobs)
        return outcomes

    def look_around(self) -> Outcome:
        """As Session."""
        try:
            self._notice_foreign_writes(self._connection())
        except Exception as error:
            return Outcome(error=SQLITE.explained(error))
        return Outcome()

    def after_answer(self) -> None:
        """As Session."""
        if self._opened is not None:
            self._checkpoints.after_commit(self._opened)

    def close(self) -> None:
        """As Session."""
        if self._opened is not None:
            self._checkpoints.finish(self._opened)

    def _begin(self, connection: SqliteConnection) -> Transaction:
        connection.execute("BEGIN IMMEDIATE")
        self._notice_foreign_writes(connection)
        if not self._are_points_counted:
            watermark.catch_up(connection, self._memory.series)
        return Transaction(connection, self._memory)

    def _connection(self) -> SqliteConnection:
        if self._opened is None:
            self._opened = self._file.connect(SqliteConnection, cache_mib=_CACHE_MIB)
        return self._opened

    def _notice_foreign_writes(self, connection: SqliteConnection) -> None:
        # On this connection the number moves only when somebody else commits.
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._seen_version:
            self._seen_version = version
            self._are_points_counted = False
            self._memory.forget()
            self._watcher.foreign_write()
