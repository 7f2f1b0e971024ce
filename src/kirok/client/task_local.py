"""A value that belongs to the running asyncio task, else to the thread.

In a notebook it belongs to the thread alone, as MLflow's state always does: each cell with an `await` is a task of its
own, and a run started in one cell is meant to be active in the next.
"""

import threading
from contextvars import ContextVar
from typing import Generic, TypeVar

from kirok.client.run_context import is_notebook

Value = TypeVar("Value")


class TaskLocal(Generic[Value]):
    """A task begins with the value of the code that made it, a thread with `initial`. `Value` is immutable."""

    def __init__(self, name: str, initial: Value) -> None:
        self._initial = initial
        self._of_context: ContextVar[Value] = ContextVar(name, default=initial)
        self._of_thread = threading.local()

    def get(self) -> Value:
        """The value of the running code."""
        if is_notebook():
            value: Value = getattr(self._of_thread, "value", self._initial)
            return value
        return self._of_context.get()

    def set(self, value: Value) -> None:
        """Replace the value of the running code."""
        if is_notebook():
            self._of_thread.value = value
        else:
            self._of_context.set(value)
