"""Threads that wait for files: for disks, network file systems and object stores."""

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")

_Task = tuple[Future[Any], Callable[[], Any]]


class FileThreads(Executor):
    """At most `most` threads, started as they are needed.

    Those of the standard library hold up the end of the process until each has returned. These do not: a store that
    they wait for may never answer, and what they leave unfinished is no more than a kill leaves.
    """

    def __init__(self, most: int) -> None:
        self._most, self._started = most, 0
        self._starting = threading.Lock()
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        weakref.finalize(self, _end, self._tasks, most)

    def submit(self, fn: Callable[Given, Made], /, *args: Given.args, **kwargs: Given.kwargs) -> Future[Made]:
        """As Executor.submit."""
        future: Future[Made] = Future()
        self._tasks.put((future, partial(fn, *args, **kwargs)))
        with self._starting:
            if self._started < self._most:
                self._started += 1
                threading.Thread(
                    target=_work, args=(self._tasks,), name=f"kirok-files-{self._started}", daemon=True
                ).start()
        return future


def _work(tasks: "SimpleQueue[_Task | None]") -> None:
    while (task := tasks.get()) is not None:
        _run(*task)
        del task  # lest what it holds live until the next one comes


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # whoever waits for the future gets it
        future.set_exception(error)
    else:
        future.set_result(result)


def _end(tasks: "SimpleQueue[_Task | None]", count: int) -> None:
    for _ in range(count):
        tasks.put(None)
