"""Writes are committed in groups, and each is answered for itself."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kirok.base.errors import InvalidParameter, NotFound, Unavailable
from kirok.entities import Metric, Param, RunStatus, RunTag
from kirok.stores.protocols import QueuedWrites, Stores
from kirok.stores.sql.sqlite.engine import SqliteFile
from kirok.stores.sql.sqlite.fragments import Fragments
from kirok.stores.sql.sqlite.session import SqliteSession
from kirok.stores.sql.transaction import Transaction
from kirok.stores.sql.writer import Writer


def queued(stores: Stores) -> QueuedWrites:
    assert stores.queued is not None
    return stores.queued


async def outcomes(writes: "Sequence[asyncio.Future[Any]]") -> list[object]:
    return list(await asyncio.gather(*writes, return_exceptions=True))


def test_a_bad_request_fails_alone(stores: Stores, run_id: str) -> None:
    async def log() -> list[object]:
        log_batch = queued(stores).log_batch
        return await outcomes(
            [
                log_batch(run_id, params=[Param("lr", "1")]),
                log_batch("0" * 32, params=[Param("lr", "1")]),
                log_batch(run_id, params=[Param("lr", "2")]),
                log_batch(run_id, metrics=[Metric("loss", 1.0, 1)]),
            ]
        )

    kept, unknown, changed, after = asyncio.run(log())
    assert kept is None
    assert after is None
    assert isinstance(unknown, NotFound)
    assert isinstance(changed, InvalidParameter)
    run = stores.runs.get_run(run_id)
    assert run.data.params == {"lr": "1"}
    assert run.data.metrics == {"loss": 1.0}


def test_what_fails_only_when_it_is_inserted_fails_alone(stores: Stores, run_id: str) -> None:
    async def log() -> list[object]:
        log_batch = queued(stores).log_batch
        return await outcomes(
            [
                log_batch(run_id, metrics=[Metric("a", 1.0, 1)], params=[Param("kept", "1")]),
                log_batch(run_id, metrics=[Metric("b", 1.0, 1, step=2**63)], params=[Param("gone", "1")]),
                log_batch(run_id, metrics=[Metric("c", 1.0, 1)], tags=[RunTag("kept", "2")]),
            ]
        )

    first, too_large, last = asyncio.run(log())
    assert (first, last) == (None, None)
    assert isinstance(too_large, InvalidParameter)
    assert "64 bits" in str(too_large)
    run = stores.runs.get_run(run_id)
    assert run.data.metrics == {"a": 1.0, "c": 1.0}
    assert run.data.params == {"kept": "1"}
    assert run.data.tags["kept"] == "2"


def test_a_job_that_wrote_before_it_failed_leaves_no_trace(path: Path, stores: Stores, run_id: str) -> None:
    async def log() -> list[object]:
        writer = Writer(partial(SqliteSession, SqliteFile(path), Fragments()))

        def fails(transaction: Transaction) -> None:
            transaction.connection.execute("UPDATE runs SET name = 'half' WHERE run_uuid = ?", (run_id,))
            raise NotFound("half way")

        def works(transaction: Transaction) -> None:
            transaction.active_run(run_id)
            transaction.add_tag(run_id, "whole", "yes")

        try:
            return await outcomes([writer.queue(works), writer.queue(fails), writer.queue(works)])
        finally:
            writer.close()

    first, failed, last = asyncio.run(log())
    assert (first, last) == (None, None)
    assert isinstance(failed, NotFound)
    run = stores.runs.get_run(run_id)
    assert run.info.run_name != "half"
    assert run.data.tags["whole"] == "yes"


def test_jobs_of_one_group_see_each_other_in_order(stores: Stores, run_id: str) -> None:
    async def log() -> list[object]:
        writes = queued(stores)
        created = await writes.create_run("0", run_name="second")
        second = created.info.run_id
        return [
            second,
            *await outcomes(
                [
                    writes.log_batch(second, params=[Param("lr", "1")], tags=[RunTag("t", "1")]),
                    writes.log_batch(second, params=[Param("lr", "1")], tags=[RunTag("t", "2")]),
                    writes.log_batch(second, params=[Param("lr", "3")]),
                    writes.update_run(second, status=RunStatus.FINISHED, run_name="renamed"),
                ]
            ),
        ]

    second, first, same, changed, _ = asyncio.run(log())
    assert (first, same) == (None, None)
    assert isinstance(changed, InvalidParameter)
    run = stores.runs.get_run(str(second))
    assert run.data.params == {"lr": "1"}
    assert run.data.tags["t"] == "2"
    assert (run.info.run_name, run.info.status) == ("renamed", "FINISHED")


def test_a_caller_that_went_away_does_not_hold_up_the_others(stores: Stores, run_id: str) -> None:
    async def log() -> None:
        gone = queued(stores).log_batch(run_id, params=[Param("a", "1")])
        gone.cancel()
        await queued(stores).log_batch(run_id, params=[Param("b", "1")])

    asyncio.run(log())
    assert stores.runs.get_run(run_id).data.params["b"] == "1"


def test_a_lock_that_lasts_is_answered_and_nothing_kept(path: Path, stores: Stores, run_id: str) -> None:
    impatient = Writer(partial(SqliteSession, SqliteFile(path, busy_timeout_s=0.1), Fragments()))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def tag(transaction: Transaction) -> None:
        transaction.active_run(run_id)
        transaction.add_tag(run_id, "late", "yes")

    try:
        with pytest.raises(Unavailable, match="locked"):
            impatient.run(tag)
        other.execute("ROLLBACK")
        assert "late" not in stores.runs.get_run(run_id).data.tags
        impatient.run(tag)
        assert stores.runs.get_run(run_id).data.tags["late"] == "yes"
    finally:
        other.close()
        impatient.close()


def test_a_full_disk_is_answered_and_nothing_kept(path: Path, stores: Stores, run_id: str) -> None:
    writer = Writer(partial(SqliteSession, SqliteFile(path), Fragments()))

    def cap(transaction: Transaction) -> None:
        (pages,) = transaction.connection.execute("PRAGMA page_count").fetchone()
        transaction.connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill(transaction: Transaction) -> None:
        transaction.active_run(run_id)
        for number in range(200):
            transaction.add_tag(run_id, f"tag {number}", "x" * 8000)

    try:
        writer.run(cap)
        with pytest.raises(Unavailable, match="full"):
            writer.run(fill)
    finally:
        writer.close()
    assert set(stores.runs.get_run(run_id).data.tags) == {"mlflow.runName"}


def test_what_another_process_changed_is_known_at_once(open_store: Callable[[], Stores], run_id: str) -> None:
    here, there = open_store(), open_store()
    here.runs.log_batch(run_id, params=[Param("lr", "1")])
    there.runs.log_batch(run_id, params=[Param("depth", "4")])
    with pytest.raises(InvalidParameter, match="not allowed"):
        here.runs.log_batch(run_id, params=[Param("depth", "5")])
    there.runs.delete_run(run_id)
    with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
        here.runs.log_batch(run_id, params=[Param("more", "1")])
    there.experiments.delete_experiment("0")
    with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
        here.runs.create_run("0")


def test_closing_finishes_what_waits(open_store: Callable[[], Stores], run_id: str) -> None:
    closing = open_store()
    threads = [
        threading.Thread(target=closing.runs.log_batch, args=(run_id,), kwargs={"params": [Param(f"p{n}", "1")]})
        for n in range(20)
    ]
    closing.runs.log_batch(run_id, params=[Param("first", "1")])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    closing.close()
    assert len(open_store().runs.get_run(run_id).data.params) == 21
