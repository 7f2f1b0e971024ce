"""The jobs of many callers in one transaction, each of which fails alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from kirok.stores.sql.transaction import Transaction

Result = TypeVar("Result")

Job: TypeAlias = Callable[[Transaction], Result]
"""One caller's write. It checks before it writes, may be run twice, and touches nothing but the transaction."""


class Outcome:
    """What came of one job."""

    __slots__ = ("error", "result")

    def __init__(self, result: object = None, error: BaseException | None = None) -> None:
        self.result, self.error = result, error


class Session(Protocol):
    """A writer's connection and what is known on it. Lives in the writer's thread; no method raises."""

    def commit(self, jobs: Sequence[Job[Any]], run_ids: set[str]) -> list[Outcome]:
        """Run the jobs, commit them, and say what came of each. `run_ids` are runs they are about, where known."""

    def look_around(self) -> Outcome:
        """Make sure that every foreign write made so far is known of."""

    def after_answer(self) -> None:
        """The callers were answered: a moment for what nobody waits for."""

    def close(self) -> None:
        """The last act."""


class Watcher(Protocol):
    """Somebody who keeps what was read, and must know when it no longer holds. Told by the writer's thread."""

    def before_commit(self, runs: set[str]) -> None:
        """These runs are about to read differently."""

    def after_commit(self, runs: set[str]) -> None:
        """They do, or may: the commit has ended, and nobody was answered yet."""

    def foreign_write(self) -> None:
        """Another process has written, no telling what."""


class Redo(Exception):
    """A job failed after it had written: the group must be undone and replayed one by one."""


def run_together(transaction: Transaction, jobs: Sequence[Job[Any]]) -> list[Outcome]:
    """Run the jobs without savepoints, which cost more than most jobs. Raises Redo."""
    outcomes: list[Outcome] = []
    dialect = transaction.connection.dialect
    for job in jobs:
        mark = transaction.mark()
        try:
            outcomes.append(Outcome(job(transaction)))
        except Exception as error:
            # A deadlock that MySQL reports to a query has undone what the jobs before wrote, too.
            if transaction.mark() != mark or dialect.fails_all(error) or dialect.is_lost(error):
                raise Redo from error
            outcomes.append(Outcome(error=dialect.explained(error)))
    try:
        transaction.flush()
    except Exception as error:
        raise Redo from error
    return outcomes


def run_apart(transaction: Transaction, jobs: Sequence[Job[Any]]) -> list[Outcome]:
    """Run the jobs, each in a savepoint. Raises what would fail each of them: see Dialect.fails_all."""
    outcomes: list[Outcome] = []
    connection = transaction.connection
    dialect = connection.dialect
    for job in jobs:
        connection.execute("SAVEPOINT job")
        try:
            outcome = Outcome(job(transaction))
            transaction.flush()
        except Exception as error:
            if dialect.fails_all(error):
                raise
            transaction.discard()
            transaction.forget()
            connection.execute("ROLLBACK TO SAVEPOINT job")
            outcome = Outcome(error=dialect.explained(error))
        outcomes.append(outcome)
        connection.execute("RELEASE SAVEPOINT job")
    return outcomes
