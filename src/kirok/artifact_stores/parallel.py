"""Transfers beside each other, in threads that keep nobody waiting: Ctrl-C ends a process whose store does not answer.

Python's own pools are joined when a process ends, however long what they do may take.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from threading import Semaphore, Thread, current_thread, main_thread
from time import monotonic
from typing import TypeVar

Transfer = Callable[[], object]

Result = TypeVar("Result")

# For what is nearly done when somebody wants to stop.
_GRACE_S = 1.0


def begin(transfer: Callable[[], Result]) -> Future[Result]:
    """Run a transfer in a thread of its own."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            result = transfer()
        except BaseException as error:  # raised again where the result is asked for
            future.set_exception(error)
        else:
            future.set_result(result)

    Thread(target=run, name="kirok-transfer", daemon=True).start()
    return future


def interruptibly(act: Callable[[], Result]) -> Result:
    """The result of what Ctrl-C cannot reach, as in a library that is not Python's; Ctrl-C ends the wait for it."""
    return begin(act).result() if current_thread() is main_thread() else act()


def run_all(transfers: Iterable[Transfer], at_once: int) -> None:
    """Run transfers in threads, at most `at_once`, each taken from the iterable when there is room for it.

    After a failure no more are begun. When those that run have ended, the error of the one that stood first is raised.
    An interruption (Ctrl-C) is raised at once: what hangs is left behind.
    """
    at_once = max(1, at_once)
    failures: list[tuple[int, BaseException]] = []
    room = Semaphore(at_once)

    def run(number: int, transfer: Transfer) -> None:
        try:
            transfer()
        except BaseException as error:  # raised again below, in the caller's thread
            failures.append((number, error))
        finally:
            room.release()

    def end(wait_s: float | None = None) -> None:
        until = None if wait_s is None else monotonic() + wait_s
        for _ in range(at_once):
            room.acquire(timeout=None if until is None else max(0.0, until - monotonic()))

    try:
        for number, transfer in enumerate(transfers):
            room.acquire()
            if failures:
                room.release()
                break
            begin(partial(run, number, transfer))
        end()
    except Exception:  # of the iterable
        end()
        raise
    except BaseException:
        end(_GRACE_S)
        raise
    if failures:
        raise min(failures, key=lambda failure: failure[0])[1]
