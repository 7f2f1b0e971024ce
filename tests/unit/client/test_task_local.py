"""Whom a value belongs to."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from kirok.client.task_local import TaskLocal


class ZMQInteractiveShell:
    """Jupyter's shell, by which a notebook is known."""


async def change(kept: TaskLocal[str], value: str) -> str:
    kept.set(value)
    await asyncio.sleep(0)
    return kept.get()


async def change_at_once(kept: TaskLocal[str]) -> list[str]:
    return list(await asyncio.gather(change(kept, "one"), change(kept, "two")))


def test_tasks_keep_to_themselves_and_begin_with_their_makers_value() -> None:
    kept = TaskLocal("kept", "nothing")
    kept.set("the maker's")
    assert asyncio.run(change_at_once(kept)) == ["one", "two"]
    assert kept.get() == "the maker's"


def test_a_thread_begins_anew() -> None:
    kept = TaskLocal("kept", "nothing")
    kept.set("the maker's")
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(kept.get).result() == "nothing"


def test_a_notebooks_cells_share_what_is_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("IPython")
    module.get_ipython = ZMQInteractiveShell  # type: ignore[attr-defined]  # as much of it as is looked at
    monkeypatch.setitem(sys.modules, "IPython", module)
    kept = TaskLocal("kept", "nothing")
    asyncio.run(change(kept, "a cell's"))
    assert kept.get() == "a cell's"
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(kept.get).result() == "nothing"
