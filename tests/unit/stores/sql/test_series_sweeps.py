"""Statistics that other programs' writes have left behind, and how they catch up."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from databases import MariadbServer, PostgresqlServer
from kirok.base.settings import DatabaseSettings
from kirok.entities import Metric
from kirok.entities.series import SeriesStatistics
from kirok.stores.open import database_server, open_stores, sqlite_path
from kirok.stores.protocols import Stores
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.series import counting, marks, rows, watermark
from kirok.stores.sql.sqlite.engine import SqliteConnection, SqliteFile

_WITHIN_S = 60.0


class Shared:
    """A database that kirok has open, and a way to it past kirok."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.stores = self.opened()
        self.run_id = self.stores.runs.create_run("0").info.run_id

    def opened(self) -> Stores:
        return open_stores(self.uri, artifact_root="/artifacts")

    def connect(self) -> Connection:
        if self.uri.startswith("sqlite"):
            return SqliteFile(sqlite_path(self.uri)).connect(SqliteConnection)
        return database_server(self.uri, DatabaseSettings()).connect()

    def run(self, *statements: str) -> None:
        with closing(self.connect()) as connection:
            connection.execute("BEGIN")
            for statement in statements:
                connection.execute(statement)
            connection.execute("COMMIT")

    def write_from_outside(self, key: str, step: int, value: float, *, is_last: bool = True) -> None:
        """One point, as MLflow would."""
        latest = [f"DELETE FROM latest_metrics WHERE run_uuid = '{self.run_id}' AND key = '{key}'"]
        latest += [
            "INSERT INTO latest_metrics (key, run_uuid, value, timestamp, step, is_nan) "
            f"VALUES ('{key}', '{self.run_id}', {value}, 1, {step}, false)"
        ]
        self.run(
            "INSERT INTO metrics (key, run_uuid, value, timestamp, step, is_nan) "
            f"VALUES ('{key}', '{self.run_id}', {value}, 1, {step}, false)",
            *(latest if is_last else ()),
        )

    def kept(self) -> dict[str, SeriesStatistics]:
        """What stands in the table, by key."""
        with closing(self.connect()) as connection:
            return {key: found for (_, key), found in rows.read_runs(connection, [self.run_id], None).items()}

    def counted(self) -> dict[str, SeriesStatistics]:
        with closing(self.connect()) as connection:
            series = [(self.run_id, key) for key in ("loss", "acc", "late")]
            return {key: found for (_, key), found in counting.count(connection, series).items()}

    def answered(self) -> dict[str, SeriesStatistics]:
        assert self.stores.series is not None
        return {key: found for (_, key), found in self.stores.series.statistics([self.run_id]).items()}


@pytest.fixture(params=["sqlite", "postgresql_server", "mariadb_server"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shared]:
    if request.param == "sqlite":
        uri = f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    else:
        server: PostgresqlServer | MariadbServer = request.getfixturevalue(request.param)
        uri = server.create()
    shared = Shared(uri)
    yield shared
    shared.stores.close()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Shared]:
    shared = Shared(f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}")
    yield shared
    shared.stores.close()


def log(shared: Shared, key: str, *values: float) -> None:
    points = [Metric(key, value, 1, step) for step, value in enumerate(values)]
    shared.stores.runs.log_batch(shared.run_id, metrics=points)


def wait_for(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not claim():
        assert time.monotonic() < deadline, "nothing was swept"
        time.sleep(0.05)


def test_a_server_counts_what_another_program_wrote(shared: Shared) -> None:
    log(shared, "loss", 1.0, 2.0, 3.0)
    shared.write_from_outside("loss", 9, 5.0)
    shared.write_from_outside("acc", 1, 0.5)
    shared.write_from_outside("loss", 1, 7.0, is_last=False)
    assert shared.stores.background is not None
    with shared.stores.background():
        wait_for(lambda: shared.kept() == shared.counted())
    kept = shared.kept()
    assert (kept["loss"].count, kept["loss"].maximum, kept["loss"].maximum_step) == (5, 7.0, 1)
    assert kept["acc"].count == 1


def test_an_answer_counts_what_nobody_has_counted_yet(shared: Shared) -> None:
    log(shared, "loss", 1.0, 2.0, 3.0)
    shared.write_from_outside("loss", 9, 5.0)
    shared.write_from_outside("acc", 1, 0.5)
    assert shared.answered() == shared.counted()


def test_a_database_that_mlflow_alone_has_written_is_counted_by_the_first_server(shared: Shared) -> None:
    log(shared, "loss", 1.0, 2.0, 3.0)
    shared.stores.close()
    shared.run("DROP TABLE kirok_series", "DROP TABLE kirok_marks")
    shared.stores = shared.opened()
    assert shared.kept() == {}
    assert shared.answered() == shared.counted() != {}
    log(shared, "loss", 1.0, 2.0, 3.0, 4.0)  # a series that is not counted is left to the sweep
    log(shared, "acc", 1.0)  # a new one is not
    assert shared.kept().keys() == {"acc"}
    assert {key: found.count for key, found in shared.answered().items()} == {"loss": 4, "acc": 1}
    assert shared.stores.background is not None
    with shared.stores.background():
        wait_for(lambda: shared.kept() == shared.counted())


def test_series_of_runs_that_are_gone_are_forgotten(shared: Shared) -> None:
    log(shared, "loss", 1.0)
    shared.run(
        *(f"DELETE FROM {table} WHERE run_uuid = '{shared.run_id}'" for table in ("metrics", "latest_metrics")),
        *(f"DELETE FROM {table} WHERE run_uuid = '{shared.run_id}'" for table in ("tags", "runs")),
    )
    assert shared.stores.reindex is not None
    (*_, last) = shared.stores.reindex()
    assert (last.runs, last.series, last.points) == (0, 1, 0)
    assert shared.kept() == {}


def test_the_next_commit_counts_what_another_program_added_to_a_file(file: Shared) -> None:
    log(file, "loss", 1.0, 2.0)
    file.write_from_outside("loss", 9, 5.0)
    assert file.kept()["loss"].count == 2
    assert file.answered()["loss"].count == 3
    log(file, "late", 1.0)
    assert file.kept() == file.counted()


def test_what_is_too_much_for_a_commit_is_left_to_a_sweep(file: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watermark, "MOST_AT_ONCE", 3)
    log(file, "loss", 1.0, 2.0)
    for step in range(4):
        file.write_from_outside("loss", 5 + step, float(step), is_last=False)
    log(file, "late", 1.0)
    assert file.kept()["loss"].count == 2
    assert file.answered()["loss"].is_stale
    assert file.stores.background is not None
    with file.stores.background():
        wait_for(lambda: file.kept() == file.counted())
        wait_for(lambda: not file.answered()["loss"].is_stale)


def test_rows_that_take_the_places_of_others_are_noticed(file: Shared) -> None:
    log(file, "loss", 1.0, 2.0)
    file.run(
        "DELETE FROM metrics WHERE step = 1",
        "INSERT INTO metrics (key, run_uuid, value, timestamp, step, is_nan) "
        f"VALUES ('acc', '{file.run_id}', 3, 1, 1, 0)",
        "INSERT INTO latest_metrics (key, run_uuid, value, timestamp, step, is_nan) "
        f"VALUES ('acc', '{file.run_id}', 3, 1, 1, 0)",
    )
    log(file, "late", 1.0)
    with closing(file.connect()) as connection:
        assert marks.required_sweep(connection) is not None
    assert file.stores.background is not None
    with file.stores.background():
        wait_for(lambda: file.kept() == file.counted())


def test_one_request_counts_no_more_than_it_may(file: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirok.stores.sql.statistics.store._MOST_COUNTED", 3)
    log(file, "loss", 1.0, 2.0)
    file.write_from_outside("acc", 1, 1.0)
    log(file, "late", 1.0, 2.0)
    file.run("DELETE FROM kirok_series")
    assert file.answered().keys() == {"acc", "late"}


def test_a_long_series_is_counted_in_parts(file: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_MOST_HELD", 3)
    log(file, "loss", *map(float, range(10)))
    log(file, "acc", 1.0)
    assert file.counted() == file.kept()
