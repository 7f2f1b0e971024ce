"""The one thread that writes: it takes everything that waits, commits it together, and only then answers."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from kirok.base.errors import Unavailable
from kirok.stores.sql.groups import Job, Outcome, Session

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

Result = TypeVar("Result")

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


# A job (None: only look for foreign writes), who waits for it: a thread, or a future of the loop that stands third; and
# the run it is about, where that is known.
_Entry: TypeAlias = "tuple[Job[Any] | None, _Waiting[Any] | Future[Any], AbstractEventLoop | None, str | None]"


class Writer:
    """Runs jobs in groups, each group one transaction. The thread starts with the first job."""

    def __init__(self, open_session: Callable[[], Session]) -> None:
        """`open_session` is called in the writer's thread, and again in a forked child."""
        self._open_session = open_session
        self._is_closed = False
        self._begin()

    def run(self, job: Job[Result], run_id: str | None = None) -> Result:
        """What the job comes to, once it is durable; raises what the job raised, or Unavailable.

        `run_id` is the run that the job is about: said beforehand, it is read together with those of other jobs.
        """
        waiting: _Waiting[Result] = _Waiting()
        self._put([(job, waiting, None, run_id)])
        return waiting.wait()

    def queue(self, job: Job[Result], run_id: str | None = None) -> Future[Result]:
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
        turn.append((job, future, loop, run_id))
        return future

    def look_around(self) -> None:
        """Returns once the watcher knows of every foreign write made so far."""
        waiting: _Waiting[None] = _Waiting()
        self._put([(None, waiting, None, None)])
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
            _answer(entries, [Outcome(error=error)] * len(entries))

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
        session = self._open_session()
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
                _carry_out(session, group[:_MOST_IN_A_GROUP])
                del group[:_MOST_IN_A_GROUP]
            # An entry holds its batch, which must not live until the next one comes.
            taken.clear()
        session.close()


def _carry_out(session: Session, group: list[_Entry]) -> None:
    """Run and commit the jobs of a group, then answer all. Never raises."""
    looks = [entry for entry in group if entry[0] is None]
    if looks:
        outcome = session.look_around()
        _answer(looks, [outcome] * len(looks))
    entries = [entry for entry in group if entry[0] is not None] if looks else group
    if entries:
        jobs = [job for job, _, _, _ in entries if job is not None]
        outcomes = session.commit(jobs, {run_id for _, _, _, run_id in entries if run_id is not None})
        _answer(entries, outcomes)
        session.after_answer()


def _answer(entries: list[_Entry], outcomes: list[Outcome]) -> None:
    loops: dict[AbstractEventLoop, list[tuple[Future[Any], Outcome]]] = {}
    for (_, waiting, loop, _), outcome in zip(entries, outcomes, strict=True):
        if loop is None:
            cast("_Waiting[Any]", waiting).answer(outcome.result, outcome.error)
        else:
            loops.setdefault(loop, []).append((cast("Future[Any]", waiting), outcome))
    for loop, answered in loops.items():
        with contextlib.suppress(RuntimeError):  # a loop that was closed has nobody waiting
            loop.call_soon_threadsafe(_resolve, answered)


def _resolve(answered: list[tuple[Future[Any], Outcome]]) -> None:
    for future, outcome in answered:
        if future.done():  # cancelled: the caller went away
            continue
        if outcome.error is None:
            future.set_result(outcome.result)
        else:
            future.set_exception(outcome.error)
