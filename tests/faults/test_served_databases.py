"""What befalls a database on a server while stores have it open, and whom it concerns."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from databases import PASSWORD, USER, DatabaseServer, MariadbServer
from faults.backends import Backend
from kirok.base.clock import now_ms
from kirok.base.errors import InvalidParameter, NotFound, NotSupported, Unavailable
from kirok.base.settings import DatabaseSettings
from kirok.entities import Dataset, DatasetInput, Metric, RunTag
from kirok.rules.lifecycle import LOGGED_MODELS_TAG
from kirok.stores.open import database_server, detach, open_stores
from kirok.stores.protocols import Stores
from kirok.stores.sql.run_writes import RunWrites
from kirok.stores.sql.served.session import ServedSession
from kirok.stores.sql.statistics.sweep import count_anew
from kirok.stores.sql.transaction import Transaction

_MODEL = {"run_id": "r", "artifact_path": "model", "utc_time_created": "2026-01-01 00:00:00", "flavors": {}}
Opener = Callable[[str], Stores]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Opens a database, and closes it in the end."""
    every: list[Stores] = []

    def open_one(uri: str) -> Stores:
        every.append(open_stores(uri, artifact_root=str(tmp_path)))
        return every[-1]

    yield open_one
    for stores in every:
        stores.close()


def test_the_first_request_after_a_restart_is_answered(served: Backend, opened: Opener) -> None:
    assert served.server is not None
    stores = opened(served.uri)
    run_id = stores.runs.create_run("0").info.run_id
    for step, stop in enumerate((served.server.stop, served.server.kill)):
        for _ in range(2):  # by both writers, and on a connection of the pool
            stores.runs.create_run("0")
        stores.runs.get_run(run_id)
        stop()
        served.server.start()
        stores.runs.get_run(run_id)
        stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 0, step)])
        for _ in range(2):
            stores.runs.create_run("0")
    assert len(stores.metrics.history(run_id, "loss")) == 2
    served.check_what_follows_from_points()


def test_a_server_goes_on_after_its_database_was_detached(served: Backend, opened: Opener) -> None:
    stores = opened(served.uri)
    run_id = stores.runs.create_run("0").info.run_id

    def log(step: int) -> None:
        stores.runs.log_batch(run_id, metrics=[Metric("loss", float(step), 0, step)])
        assert stores.charts is not None
        assert [series.count for series in stores.charts.chart([run_id], ["loss"]).series] == [step + 1]
        assert len(stores.metrics.sampled_history([run_id], "loss")) == step + 1
        assert stores.series is not None
        assert stores.series.statistics([run_id])[run_id, "loss"].count == step + 1

    log(0)
    assert "kirok_series" in detach(served.uri)
    log(1)
    with pytest.raises(NotSupported, match="kirok's own tables"):
        stores.runs.search_runs(["0"], filter_string="min(metrics.loss) < 1")
    opened(served.uri)  # another server makes the tables anew
    log(2)
    assert detach(served.uri)
    log(3)


def test_an_id_that_no_run_can_have_fails_alone(served: Backend, opened: Opener) -> None:
    stores = opened(served.uri)
    queued = stores.queued
    assert queued is not None
    run_id = stores.runs.create_run("0").info.run_id

    async def together(bad: str) -> list[Any]:
        first, second = (queued.log_batch(run_id, metrics=[Metric(key, 1.0, 0, 0)]) for key in "ab")
        return list(await asyncio.gather(first, queued.update_run(bad, end_time=1), second, return_exceptions=True))

    for mark in ("\0", "\ud800"):
        # Of the same writer as the run, or they would not share a transaction.
        bad = next(
            text for text in (f"{number}{mark}" for number in range(99)) if _writer_of(text) == _writer_of(run_id)
        )
        first, error, second = asyncio.run(together(bad))
        assert (first, second) == (None, None)
        assert isinstance(error, InvalidParameter | NotFound)


def _writer_of(run_id: str) -> int:
    return crc32(run_id.encode("utf-8", "surrogatepass")) % DatabaseSettings().writers


def test_a_deadlock_met_by_a_query_loses_nothing_that_was_acknowledged(served: Backend, opened: Opener) -> None:
    stores = opened(served.uri)
    counted, renamed = (stores.runs.create_run("0").info.run_id for _ in range(2))
    stores.runs.log_batch(counted, metrics=[Metric("loss", 1.0, 0, 0)])
    server = database_server(served.uri, DatabaseSettings())
    rival = server.connect()
    rival.begin()
    for number in range(30):  # MySQL ends whichever has written less
        rival.execute("INSERT INTO tags (key, value, run_uuid) VALUES (?, '', ?)", (f"t{number}", counted))
    rival.execute("SELECT 1 FROM latest_metrics FOR UPDATE").fetchall()

    def go_on() -> None:
        try:
            rival.execute("UPDATE runs SET name = 'rival' WHERE run_uuid = ?", (renamed,))
            rival.commit()
        except server.dialect.errors:
            rival.rollback()

    rivals = threading.Thread(target=go_on)

    def count(transaction: Transaction) -> None:
        if rivals.ident is None:
            rivals.start()
            rivals.join(0.5)  # until it waits for the run
        count_anew(transaction, [(counted, "loss")])

    update = RunWrites(now_ms, truncate_long_values=True).update_run(renamed, None, 77, None)
    session = ServedSession(server)
    outcomes = session.commit([update, count], {renamed})
    rivals.join()
    session.close()
    rival.close()
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert stores.runs.get_run(renamed).info.end_time == 77


def test_servers_that_add_to_one_list_of_models_lose_none(served: Backend, opened: Opener) -> None:
    servers = [opened(served.uri) for _ in range(3)]
    run_id = servers[0].runs.create_run("0").info.run_id

    def log(place: int) -> None:
        for number in range(8):
            servers[place].runs.log_model_record(run_id, {**_MODEL, "model_uuid": f"{place}/{number}"})

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(log, range(3)))
    records = json.loads(servers[0].runs.get_run(run_id).data.tags[LOGGED_MODELS_TAG])
    assert sorted(record["model_uuid"] for record in records) == [
        f"{at}/{number}" for at in range(3) for number in range(8)
    ]


def test_many_large_batches_are_more_than_one_packet(mortal_mariadb: MariadbServer, opened: Opener) -> None:
    uri = mortal_mariadb.create()
    run_id = opened(uri).runs.create_run("0").info.run_id
    writes = RunWrites(now_ms, truncate_long_values=True)
    batches = [
        [Metric(f"{batch}/{number}/".ljust(250, "𠀀"), 1.0, 0, 0) for number in range(1000)] for batch in range(18)
    ]
    session = ServedSession(database_server(uri, DatabaseSettings()))
    outcomes = session.commit([writes.log_batch(run_id, batch, (), ()) for batch in batches], {run_id})
    session.close()
    assert [outcome.error for outcome in outcomes] == [None] * len(batches)
    assert mortal_mariadb.execute("SELECT count(*) FROM kirok_series", mortal_mariadb.name_of(uri)) == [(18_000,)]


def test_what_mysql_takes_in_no_packet_is_refused_alone(mortal_mariadb: MariadbServer, opened: Opener) -> None:
    stores = opened(mortal_mariadb.create())
    run_id = stores.runs.create_run("0").info.run_id
    dataset = Dataset(name="rows", digest="1", source_type="local", source="{}", schema=None, profile="é" * 9_000_000)
    with pytest.raises(InvalidParameter, match="max_allowed_packet"):
        stores.runs.log_inputs(run_id, datasets=[DatasetInput(dataset, ())])
    stores.runs.log_batch(run_id, tags=[RunTag("still", "there")])
    assert stores.runs.get_run(run_id).data.tags["still"] == "there"


def test_a_standby_is_read_and_refuses_writes(mortal_server: DatabaseServer, opened: Opener) -> None:
    uri = _without_privileges(mortal_server, mortal_server.create())
    run_id = opened(uri).runs.create_run("0").info.run_id
    with _standby(mortal_server):
        stores = opened(uri)
        assert stores.runs.get_run(run_id).info.run_id == run_id
        for write in (
            partial(stores.runs.create_run, "0"),
            partial(stores.runs.log_batch, run_id, metrics=[Metric("loss", 1.0, 0, 0)]),
            partial(stores.experiments.create_experiment, "new"),
        ):
            with pytest.raises(Unavailable, match="primary server"):
                write()


def _without_privileges(server: DatabaseServer, uri: str) -> str:
    """The database for an account that does not write to a MariaDB which is read only."""
    if not isinstance(server, MariadbServer):
        return uri
    server.execute(f"CREATE OR REPLACE USER plain@'%' IDENTIFIED BY '{PASSWORD}'")
    server.execute(f"GRANT ALL ON {server.name_of(uri)}.* TO plain@'%'")
    return uri.replace(f"//{USER}:", "//plain:")


@contextmanager
def _standby(server: DatabaseServer) -> Iterator[None]:
    """While it is entered, the server is one that follows another, as far as its clients can tell."""
    if isinstance(server, MariadbServer):
        server.execute("SET GLOBAL read_only = 1")
        yield
        server.execute("SET GLOBAL read_only = 0")
        return
    signal_file = server.folder / "data" / "standby.signal"
    server.stop()
    signal_file.touch()
    server.start()
    yield
    server.stop()
    signal_file.unlink()
    server.start()
