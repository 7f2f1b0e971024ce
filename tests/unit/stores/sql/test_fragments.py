"""Kept JSON is never older than what the tables say."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirok.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
    Run,
    RunStatus,
    RunTag,
    ViewType,
)
from kirok.stores.protocols import Stores
from kirok.stores.sql.sqlite.engine import SqliteFile
from kirok.stores.sql.sqlite.fragments import Fragments
from kirok.stores.sql.sqlite.readers import Readers
from kirok.stores.sql.store import open_sqlite
from kirok.wire.runs import RunsPage


def encoded(stores: Stores, **terms: object) -> list[Run]:
    assert stores.encoded is not None
    body = stores.encoded.search_runs(["0"], **terms)  # type: ignore[arg-type]  # whatever the test asks
    return [run.record() for run in msgspec.json.decode(body, type=RunsPage).runs]


def assert_same(stores: Stores) -> None:
    for _ in range(2):  # made, then kept
        # repr, since NaN equals nothing
        assert repr(encoded(stores, view_type=ViewType.ALL)) == repr(
            list(stores.runs.search_runs(["0"], view_type=ViewType.ALL))
        )


def change(stores: Stores, run_ids: list[str], act: int, dice: random.Random) -> None:
    run_id = dice.choice(run_ids)
    is_active = stores.runs.get_run(run_id).info.lifecycle_stage == "active"
    if act == 0 or not is_active:
        stores.runs.restore_run(run_id)
    elif act == 1:
        value = dice.choice([0.1, float("nan"), float("inf"), float("-inf"), 1e-310, 5.0, 2**60 + 0.0])
        stores.runs.log_batch(run_id, metrics=[Metric(f"m{dice.randrange(3)}", value, 1, dice.randrange(5))])
    elif act == 2:
        stores.runs.log_batch(run_id, params=[Param(f"p{dice.randrange(10**9)}", 'quoted " \\ \x00 ü')])
    elif act == 3:
        stores.runs.log_batch(run_id, tags=[RunTag(dice.choice(["a", "mlflow.runName"]), str(dice.random()))])
    elif act == 4:
        stores.runs.update_run(run_id, status=dice.choice(list(RunStatus)), end_time=dice.randrange(100))
    elif act == 5:
        stores.runs.delete_run(run_id)
    elif act == 6:
        given = DatasetInput(Dataset("data", str(dice.randrange(3)), "s", "src"), (InputTag("k", "v"),))
        stores.runs.log_inputs(run_id, datasets=[given], models=[LoggedModelInput("m-1")])
    elif act == 7:
        stores.runs.log_outputs(run_id, [LoggedModelOutput(f"m-{dice.randrange(10**9)}", 3)])
    elif act == 8:
        run_ids.append(stores.runs.create_run("0", start_time=dice.randrange(10)).info.run_id)
    else:
        stores.experiments.delete_experiment("0")
        stores.experiments.restore_experiment("0")


@settings(max_examples=15, deadline=None)
@given(acts=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=12), seed=st.integers(0, 2**16))
def test_encoded_searches_follow_every_write(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[int, bool]], seed: int
) -> None:
    path = tmp_path_factory.mktemp("fragments") / "mlflow.db"
    here, there = (open_sqlite(path, artifact_root="/artifacts") for _ in range(2))
    try:
        dice = random.Random(seed)
        run_ids = [here.runs.create_run("0", start_time=1).info.run_id for _ in range(3)]
        assert_same(here)
        for act, is_foreign in acts:
            change(there if is_foreign else here, run_ids, act, dice)
            assert_same(here)
    finally:
        here.close()
        there.close()


def test_a_page_and_its_token_are_those_of_the_records(stores: Stores) -> None:
    for number in range(5):
        stores.runs.create_run("0", start_time=number)
    assert stores.encoded is not None
    page = stores.runs.search_runs(["0"], max_results=2)
    body = msgspec.json.decode(stores.encoded.search_runs(["0"], max_results=2), type=RunsPage)
    assert [run.info.run_id for run in body.runs] == [run.info.run_id for run in page]
    assert body.next_page_token == page.token
    assert stores.encoded.search_runs(["17"]) == b"{}"


def test_reads_beside_writes_never_see_less_than_was_acknowledged(stores: Stores, run_id: str) -> None:
    acknowledged = [0]
    failures: list[tuple[int, float]] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            least = acknowledged[0]
            value = encoded(stores)[0].data.metrics.get("loss", 0.0)
            if value < least:
                failures.append((least, value))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for step in range(1, 150):
        stores.runs.log_batch(run_id, metrics=[Metric("loss", float(step), step, step)])
        acknowledged[0] = step
    is_over.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert encoded(stores)[0].data.metrics == {"loss": 149.0}


def test_a_reader_of_an_older_moment_brings_nothing_old_back(path: Path, stores: Stores, run_id: str) -> None:
    fragments = Fragments()
    readers = Readers(SqliteFile(path))
    with readers.snapshot() as old:
        moment = fragments.moment(old, lambda: None)
        fragments.before_commit({run_id})
        stores.runs.log_batch(run_id, params=[Param("lr", "1")])
        fragments.after_commit({run_id})
        assert b'"lr"' not in fragments.of(old, [run_id], moment)[0]
    with readers.snapshot() as new:
        moment = fragments.moment(new, lambda: None)
        assert b'"lr"' in fragments.of(new, [run_id], moment)[0]
    readers.close()


def test_what_is_kept_is_bounded(path: Path, stores: Stores) -> None:
    ids = [stores.runs.create_run("0").info.run_id for _ in range(20)]
    fragments = Fragments(most_bytes=5_000)
    readers = Readers(SqliteFile(path))
    with readers.snapshot() as reader:
        moment = fragments.moment(reader, lambda: None)
        assert len(fragments.of(reader, ids, moment)) == 20
        assert len(fragments.of(reader, ids, moment)) == 20
    readers.close()
    assert 0 < fragments.kept_bytes <= 5_000


def test_a_foreign_commit_between_two_readers_is_noticed_by_each(open_store: Callable[[], Stores], run_id: str) -> None:
    here, there = open_store(), open_store()
    for number in range(5):
        assert len(encoded(here)[0].data.params) == number
        there.runs.log_batch(run_id, params=[Param(f"there {number}", "1")])
        here.runs.log_batch(run_id, tags=[RunTag("here", str(number))])
        found = encoded(here)[0].data
        assert (len(found.params), found.tags["here"]) == (number + 1, str(number))
