"""The one thread that writes: it takes everything that waits, commits it together, and only then answers."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, cast

from kirok.base.errors import Unavailable
from kirok.stores.sql.checkpoints import Checkpoints
from kirok.stores.sql.engine import Connection, SqliteFile, explained
from kirok.stores.sql.transaction import Memory, Transaction

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

Result = TypeVar("Result")

Job: TypeAlias = Callable[[Transaction], Result]
"""One caller's write. It checks before it writes, may be run twice, and touches nothing but the transaction."""


class Watcher(Protocol):
    """Somebody who keeps what was read, and must know when it no longer holds. Told by the writer's thread."""

    def before_commit(self, runs: set[str]) -> None:
        """These runs are about to read differently."""

    def after_commit(self, runs: set[str]) -> None:
        """They do, or may: the commit has ended, and nobody was answered yet."""

    def foreign_write(self) -> None:
        """Another process has written, no telling what."""


_CACHE_MIB = 64
_MOST_IN_A_GROUP = 1000


class _Waiting(Generic[Result]):
    """A thread that waits for its write."""

    __slots__ = ("_gate", "error", "result")

    def __init__(self) -> None:
        self.result: Result | None = None
        self.error: BaseException | None = None
        # A bare lock costs a tenth of what a Future's condition variable does.
        self._gate = threading.Lock()
        self._gate.acquire()

    def answer(self, result: Result | None, error: BaseException | None) -> None:
        self.result, self.error = result, error
        self._gate.release()

    def wait(self) -> Result:
        self._gate.acquire()
        if self.error is not None:
            raise self.error
        return cast(Result, self.result)


# A job (None: only look for foreign writes), and who waits for it: a thread, or a future of the loop that stands third.
_Entry: TypeAlias = "tuple[Job[Any] | None, _Waiting[Any] | Future[Any], AbstractEventLoop | None]"


class _Outcome:
    __slots__ = ("error", "result")

    def __init__(self, result: object = None, error: BaseException | None = None) -> None:
        self.result, self.error = result, error


class _Redo(Exception):
    """A job failed after it had written: the group must be undone and replayed one by one."""


class Writer:
    """Runs jobs in groups, each group one transaction. The thread starts with the first job."""

    def __init__(self, file: SqliteFile, watcher: Watcher) -> None:
        self._file = file
        self._watcher = watcher
        self._is_closed = False
        self._begin()

    def run(self, job: Job[Result]) -> Result:
        """What the job comes to, once it is durable; raises what the job raised, or Unavailable."""
        waiting: _Waiting[Result] = _Waiting()
        self._put([(job, waiting, None)])
        return waiting.wait()

    def queue(self, job: Job[Result]) -> Future[Result]:
        """As `run`, for a coroutine: a future of the running event loop.

        What one turn of the loop queues is handed over together, and the loop is woken once for all its futures of
        one commit: a burst of requests costs two thread switches, not two each.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        future: Future[Result] = loop.create_future()
        turn = self._turns.get(loop)
        if turn is None:
            turn = self._turns[loop] = []
            loop.call_soon(self._hand_over, loop)
        turn.append((job, future, loop))
        return future

    def look_around(self) -> None:
        """Returns once the watcher knows of every foreign write made so far."""
        waiting: _Waiting[None] = _Waiting()
        self._put([(None, waiting, None)])
        waiting.wait()

    def close(self) -> None:
        """Finish what waits, then close the connection, which leaves one whole file. Again is no error."""
        if self._process != os.getpid():
            self._begin()
        with self._starting:
            if self._is_closed:
                return
            self._is_closed = True
            if self._thread is None:
                return
            self._queue.put(None)
        self._thread.join()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._queue: SimpleQueue[list[_Entry] | None] = SimpleQueue()
        self._turns: dict[AbstractEventLoop, list[_Entry]] = {}
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def _hand_over(self, loop: AbstractEventLoop) -> None:
        entries = self._turns.pop(loop, [])
        try:
            self._put(entries)
        except Unavailable as error:
            _answer(entries, [_Outcome(error=error)] * len(entries))

    def _put(self, entries: list[_Entry]) -> None:
        if self._process != os.getpid():  # a forked child: the thread stayed behind, and with it the connection
            self._begin()
        if self._thread is None or self._is_closed:
            self._start()
        self._queue.put(entries)

    def _start(self) -> None:
        with self._starting:
            if self._is_closed:
                raise Unavailable("The store is closed. Open it again to write.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="kirok-writer", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        session = _Session(self._file, self._watcher)
        queue = self._queue
        is_open = True
        while is_open:
            taken = [queue.get()]
            # Nobody else takes, so as many as are counted are there. While a store is being closed, all are.
            for _ in range(queue.qsize()):
                taken.append(queue.get_nowait())
            is_open = None not in taken
            group = [entry for entries in taken if entries is not None for entry in entries]
            while group:
                session.carry_out(group[:_MOST_IN_A_GROUP])
                del group[:_MOST_IN_A_GROUP]
            # An entry holds its batch, which must not live until the next one comes.
            taken.clear()
        session.close()


class _Session:
    """The writer's connection, and what is known on it. Lives in the writer's thread."""

    def __init__(self, file: SqliteFile, watcher: Watcher) -> None:
        self._file = file
        self._watcher = watcher
        self._memory = Memory()
        self._checkpoints = Checkpoints(file)
        self._opened: Connection | None = None
        self._seen_version = -1

    def carry_out(self, group: list[_Entry]) -> None:
        """Run and commit the jobs of a group, then answer all. Never raises."""
        jobs = [entry for entry in group if entry[0] is not None]
        looks = [entry for entry in group if entry[0] is None]
        if looks:
            outcome = self._look_around()
            _answer(looks, [outcome] * len(looks))
        if jobs:
            outcomes = self._commit([job for job, _, _ in jobs if job is not None])
            _answer(jobs, outcomes)
            if self._opened is not None:
                self._checkpoints.after_commit(self._opened)

    def close(self) -> None:
        """The last act."""
        if self._opened is not None:
            self._checkpoints.finish(self._opened)

    def _look_around(self) -> _Outcome:
        try:
            self._notice_foreign_writes(self._connection())
        except Exception as error:
            return _Outcome(error=explained(error))
        return _Outcome()

    def _commit(self, jobs: list[Job[Any]]) -> list[_Outcome]:
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            self._notice_foreign_writes(connection)
            transaction = Transaction(connection, self._memory)
            try:
                outcomes = _run_together(transaction, jobs)
            except _Redo:
                connection.execute("ROLLBACK")
                self._memory.forget()
                connection.execute("BEGIN IMMEDIATE")
                self._notice_foreign_writes(connection)
                transaction = Transaction(connection, self._memory)
                outcomes = _run_apart(transaction, jobs)
            self._watcher.before_commit(transaction.changed_runs)
            try:
                connection.execute("COMMIT")
            finally:
                self._watcher.after_commit(transaction.changed_runs)
        except Exception as error:
            self._memory.forget()
            if self._opened is not None and self._opened.in_transaction:
                with contextlib.suppress(Exception):
                    self._opened.execute("ROLLBACK")
            return [_Outcome(error=explained(error))] * len(jobs)
        return outcomes

    def _connection(self) -> Connection:
        if self._opened is None:
            self._opened = self._file.connect(Connection, cache_mib=_CACHE_MIB)
        return self._opened

    def _notice_foreign_writes(self, connection: Connection) -> None:
        # On this connection the number moves only when somebody else commits.
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._seen_version:
            self._seen_version = version
            self._memory.forget()
            self._watcher.foreign_write()


def _run_together(transaction: Transaction, jobs: list[Job[Any]]) -> list[_Outcome]:
    outcomes: list[_Outcome] = []
    for job in jobs:
        mark = transaction.mark()
        try:
            outcomes.append(_Outcome(job(transaction)))
        except Exception as error:
            if transaction.mark() != mark:
                raise _Redo from error
            outcomes.append(_Outcome(error=explained(error)))
    try:
        transaction.flush()
    except Exception as error:
        raise _Redo from error
    return outcomes


def _run_apart(transaction: Transaction, jobs: list[Job[Any]]) -> list[_Outcome]:
    outcomes: list[_Outcome] = []
    connection = transaction.connection
    for job in jobs:
        connection.execute("SAVEPOINT job")
        try:
            outcome = _Outcome(job(transaction))
            transaction.flush()
        except Exception as error:
            transaction.discard()
            transaction.forget()
            connection.execute("ROLLBACK TO job")
            outcome = _Outcome(error=explained(error))
        outcomes.append(outcome)
        connection.execute("RELEASE job")
    return outcomes


def _answer(entries: list[_Entry], outcomes: list[_Outcome]) -> None:
    loops: dict[AbstractEventLoop, list[tuple[Future[Any], _Outcome]]] = {}
    for (_, waiting, loop), outcome in zip(entries, outcomes, strict=True):
        if loop is None:
            cast("_Waiting[Any]", waiting).answer(outcome.result, outcome.error)
        else:
            loops.setdefault(loop, []).append((cast("Future[Any]", waiting), outcome))
    for loop, answered in loops.items():
        with contextlib.suppress(RuntimeError):  # a loop that was closed has nobody waiting
            loop.call_soon_threadsafe(_resolve, answered)


def _resolve(answered: list[tuple[Future[Any], _Outcome]]) -> None:
    for future, outcome in answered:
        if future.done():  # cancelled: the caller went away
            continue
        if outcome.error is None:
            future.set_result(outcome.result)
        else:
            future.set_exception(outcome.error)
