"""Long series sealed into chunks: charts and samples stay what the rows say, whatever happens to either."""

import math
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from kirok.entities import Metric
from kirok.entities.charts import Axis
from kirok.stores.memory import open_memory
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores
from kirok.stores.sql.charts import points as series_points
from kirok.stores.sql.charts import sealing
from kirok.stores.sql.charts.points import read_heads
from kirok.stores.sql.charts.sealer import Sealer
from kirok.stores.sql.charts.store import SqlChartStore
from kirok.stores.sql.charts.tables import forget_chunks
from kirok.stores.sql.database import Database
from kirok.stores.sql.metrics import SqlMetricStore
from kirok.stores.sql.statistics.sweep import sweep


class Twins(Struct):
    """The same run in SQL and in memory."""

    sql: Stores
    memory: Stores
    database: Database
    runs: tuple[str, str]

    def log(self, points: list[Metric]) -> None:
        for stores, run_id in ((self.sql, self.runs[0]), (self.memory, self.runs[1])):
            for start in range(0, len(points), 1_000):
                stores.runs.log_batch(run_id, metrics=points[start : start + 1_000])

    def seal(self) -> int:
        return sum(sealing.seal(self.database, self.runs[0], "loss"))

    def sealed_points(self) -> int:
        with self.database.read() as connection:
            return sum(head.points for head in read_heads(connection, self.runs[0], "loss"))

    def written(self, statement: str, *values: object) -> None:
        self.database.write(lambda transaction: _run(transaction.connection, statement, values))

    def assert_same(self) -> None:
        """Charts along every axis, zooms, and samples are those of the points."""
        for terms in (
            {"width": 40},
            {"axis": Axis.TIME, "width": 40},
            {"axis": Axis.RELATIVE, "width": 7},
            {"x_from": 37, "x_to": 611, "width": 30},
            {"axis": Axis.TIME, "x_from": 100, "x_to": 5_000, "width": 10},
            {"width": 5_000},
        ):
            assert _shown(self.sql, self.runs[0], terms) == _shown(self.memory, self.runs[1], terms)
        for limit, start, end in ((1, None, None), (7, None, None), (100, 10, 900), (2_500, None, None), (3, 5, 5)):
            assert _sampled(self.sql, self.runs[0], limit, start, end) == _sampled(
                self.memory, self.runs[1], limit, start, end
            )


def _run(connection: Any, statement: str, values: tuple[object, ...]) -> None:
    connection.execute(statement, values)


def _shown(stores: Stores, run_id: str, terms: dict[str, Any]) -> str:
    assert stores.charts is not None
    chart = stores.charts.chart([run_id], ["loss"], **terms)
    found = [
        (series.key, series.count, [list(getattr(series.drawn, name)) for name in series.drawn.__struct_fields__])
        for series in chart.series
    ]
    return f"{chart.x_from} {chart.x_to} {found}"


def _sampled(stores: Stores, run_id: str, limit: int, start: int | None, end: int | None) -> list[tuple[int, int, str]]:
    points = stores.metrics.sampled_history([run_id], "loss", start_step=start, end_step=end, max_results=limit)
    return [(point.step, point.timestamp, repr(point.value)) for point in points]


def even(count: int, start: int = 0) -> list[Metric]:
    """Points as a training loop logs them."""
    return [Metric("loss", math.exp(-i / 100) + i % 7, 1_000 + 11 * i, i) for i in range(start, start + count)]


def wild(count: int) -> list[Metric]:
    """Points whose steps repeat, whose times go up and down, and whose values may be anything."""
    dice = random.Random(count)
    values = (0.1, 1e308, math.nan, math.inf, -math.inf, 1 / 3)
    return [Metric("loss", dice.choice(values), dice.randrange(9_000), dice.randrange(-50, 900)) for _ in range(count)]


on_each_database = pytest.mark.parametrize("twins", ["sqlite", "postgresql", "mariadb"], indirect=True)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts as a long series is made short."""
    for module in (sealing, series_points):
        monkeypatch.setattr(module, "CHUNK_POINTS", 100)
        monkeypatch.setattr(module, "LOOSE_POINTS", 30)


@pytest.fixture
def twins(request: pytest.FixtureRequest, path: Path, small_chunks: None) -> Iterator[Twins]:
    kind = getattr(request, "param", "sqlite")
    uri = f"sqlite:///{path}" if kind == "sqlite" else request.getfixturevalue(f"{kind}_uri")
    with closing(open_stores(uri, artifact_root="/artifacts")) as sql:
        memory = open_memory("/artifacts")
        assert isinstance(sql.charts, SqlChartStore)
        runs = tuple(stores.runs.create_run("0", start_time=900).info.run_id for stores in (sql, memory))
        yield Twins(sql, memory, sql.charts._database, (runs[0], runs[1]))


@on_each_database
@pytest.mark.parametrize("make", [even, wild])
def test_what_is_sealed_reads_as_its_rows(twins: Twins, make: Callable[[int], list[Metric]]) -> None:
    twins.log(make(1_500))
    twins.assert_same()
    assert twins.seal() > 1_000
    assert twins.sealed_points() > 1_000
    twins.assert_same()


def test_a_series_that_goes_on_is_sealed_further(twins: Twins) -> None:
    twins.log(even(500))
    assert twins.seal() == 400
    twins.log(even(500, start=500))
    twins.assert_same()
    assert twins.seal() == 500
    twins.assert_same()


def test_a_short_series_is_left_alone(twins: Twins) -> None:
    twins.log(even(129))
    assert twins.seal() == 0
    twins.log(even(1, start=129))
    assert twins.seal() == 100


@on_each_database
def test_a_late_point_shows_at_once_and_is_sealed_with_the_rest(twins: Twins) -> None:
    twins.log(even(1_000))
    twins.seal()
    twins.log([Metric("loss", -5.0, 2, 250), Metric("loss", math.nan, 3, 650)])
    twins.assert_same()
    assert twins.seal() == 700  # what lies before the first of them was left as it is
    assert twins.sealed_points() == 900
    twins.assert_same()


def test_a_repeated_point_changes_nothing(twins: Twins) -> None:
    twins.log(even(1_000))
    sealed = twins.seal()
    twins.log(even(1_000))
    twins.assert_same()
    assert (twins.seal(), twins.sealed_points()) == (0, sealed)


def test_the_steps_of_a_chunk_are_whole(twins: Twins) -> None:
    twins.log([Metric("loss", float(i), i, i // 90) for i in range(900)])
    twins.seal()
    with twins.database.read() as connection:
        heads = read_heads(connection, twins.runs[0], "loss")
    assert [head.points % 90 for head in heads] == [0] * len(heads)
    assert heads
    twins.assert_same()


def test_a_series_of_one_step_stays_rows(twins: Twins) -> None:
    twins.log([Metric("loss", float(i), i) for i in range(700)])
    assert twins.seal() == 0
    twins.assert_same()


@on_each_database
def test_steps_at_the_ends_of_the_integers_are_sealed(twins: Twins) -> None:
    twins.log([Metric("loss", 1.0, 1, -(2**63)), *even(300), Metric("loss", 2.0, 1, 2**63 - 1)])
    assert twins.seal() == 200
    twins.assert_same()


def test_points_taken_away_by_hand_are_gone_once_statistics_are_made_anew(twins: Twins) -> None:
    twins.log(even(1_000))
    twins.seal()
    twins.written("DELETE FROM metrics WHERE run_uuid = ? AND step < 300", twins.runs[0])
    list(sweep(twins.database))
    assert twins.sql.charts is not None
    (series,) = twins.sql.charts.chart([twins.runs[0]], ["loss"], width=10).series
    assert series.count == 700
    assert twins.seal() == 600


@pytest.mark.parametrize("damage", ["cut", "flipped", "other version", "empty"])
def test_a_damaged_chunk_is_not_believed(twins: Twins, damage: str) -> None:
    twins.log(even(1_000))
    twins.seal()
    where = "run_uuid = ? AND metric_key = 'loss' AND number = 2"
    with twins.database.read() as connection:
        packed = bytes(
            connection.execute(f"SELECT packed FROM kirok_chunks WHERE {where}", (twins.runs[0],)).fetchone()[0]
        )
    spoilt = {
        "cut": packed[:-9],
        "flipped": packed[:300] + bytes([packed[300] ^ 1]) + packed[301:],
        "other version": b"KCH\x02" + packed[4:],
        "empty": b"",
    }[damage]
    twins.written(f"UPDATE kirok_chunks SET packed = ? WHERE {where}", spoilt, twins.runs[0])
    twins.assert_same()


@on_each_database
def test_a_missing_chunk_is_made_good(twins: Twins) -> None:
    twins.log(even(1_000))
    sealed = twins.seal()
    twins.written("DELETE FROM kirok_chunks WHERE number = 3")
    twins.assert_same()
    twins.seal()
    assert twins.sealed_points() == sealed
    twins.assert_same()


def test_chunks_can_be_forgotten_from_a_step_on(twins: Twins) -> None:
    twins.log(even(1_000))
    twins.seal()
    twins.database.write(lambda it: forget_chunks(it.connection, twins.runs[0], "loss", 350))
    assert twins.sealed_points() == 300
    twins.assert_same()
    twins.database.write(lambda it: forget_chunks(it.connection, twins.runs[0], "loss"))
    assert twins.sealed_points() == 0


@on_each_database
def test_two_may_seal_one_series_at_once(twins: Twins) -> None:
    twins.log(even(3_000))
    threads = [threading.Thread(target=twins.seal) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    twins.seal()
    assert twins.sealed_points() == 2_900
    twins.assert_same()


def test_what_is_logged_while_a_series_is_sealed_is_there(twins: Twins) -> None:
    twins.log(even(1_000))
    for _ in sealing.seal(twins.database, twins.runs[0], "loss"):
        twins.log([Metric("loss", -1.0, 1, 50)])
        twins.log(even(50, start=1_000))
    twins.assert_same()
    twins.seal()
    twins.assert_same()


@on_each_database
def test_chunks_of_runs_that_are_gone_are_dropped(twins: Twins) -> None:
    twins.log(even(300))
    twins.seal()
    for table in ("metrics", "latest_metrics", "tags", "runs"):
        twins.written(f"DELETE FROM {table} WHERE run_uuid = ?", twins.runs[0])
    assert _shown(twins.sql, twins.runs[0], {}) == "None None []"
    assert _sampled(twins.sql, twins.runs[0], 10, None, None) == []
    sealing.drop_orphans(twins.database)
    with twins.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM kirok_chunks").fetchone()[0] == 0


@on_each_database
def test_everything_long_is_sealed_by_its_statistics(twins: Twins) -> None:
    twins.log([*even(500), *(Metric("short", 1.0, i, i) for i in range(50))])
    for _ in range(2):
        assert sum(sealing.seal_all(twins.database)) == 400
        assert twins.sealed_points() == 400
    twins.written("DELETE FROM kirok_chunks")
    assert twins.sql.reindex is not None
    list(twins.sql.reindex())
    assert twins.sealed_points() == 400


def test_without_our_tables_rows_are_read(twins: Twins) -> None:
    twins.log(even(500))
    twins.written("DROP TABLE kirok_chunks")
    sealer = Sealer(twins.database)
    bare = Twins(_with(twins.sql, sealer, twins.database), twins.memory, twins.database, twins.runs)
    bare.assert_same()


def _with(stores: Stores, sealer: Sealer, database: Database) -> Stores:
    return Stores(
        experiments=stores.experiments,
        runs=stores.runs,
        metrics=SqlMetricStore(database, sealer),
        close=stores.close,
        kind="sql",
        charts=SqlChartStore(database, sealer),
    )


def test_a_server_seals_what_a_chart_found_long(twins: Twins) -> None:
    twins.log(even(1_000))
    assert twins.sql.background is not None
    with twins.sql.background():
        deadline = time.monotonic() + 60
        while twins.sealed_points() < 900 and time.monotonic() < deadline:
            _shown(twins.sql, twins.runs[0], {})
            time.sleep(0.02)
    assert twins.sealed_points() == 900
    twins.assert_same()


def test_points_that_another_program_writes_show_at_once(
    path: Path, open_store: Callable[[], Stores], small_chunks: None
) -> None:
    stores, memory = open_store(), open_memory("/artifacts")
    assert isinstance(stores.charts, SqlChartStore)
    ids = tuple(each.runs.create_run("0", start_time=900).info.run_id for each in (stores, memory))
    twins = Twins(stores, memory, stores.charts._database, (ids[0], ids[1]))
    twins.log(even(1_000))
    twins.seal()
    late = Metric("loss", -9.0, 5, 123)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("INSERT INTO metrics VALUES ('loss', -9.0, 5, ?, 123, 0)", (ids[0],))
    memory.runs.log_batch(ids[1], metrics=[late])
    twins.assert_same()
    twins.log(even(10, start=1_000))
    twins.assert_same()
    twins.seal()
    twins.assert_same()


@pytest.mark.parametrize("twins", ["postgresql", "mariadb"], indirect=True)
def test_a_series_is_stale_until_its_statistics_know_of_another_programs_points(twins: Twins) -> None:
    assert twins.sql.charts is not None
    twins.log(even(1_000))
    twins.seal()
    beyond, late = Metric("loss", -9.0, 99_999, 5_000), Metric("loss", -8.0, 5, 123)
    insert = "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('loss', ?, ?, ?, ?, false)"
    for point in (beyond, late):
        twins.written(insert, point.value, point.timestamp, twins.runs[0], point.step)
    twins.written(
        "UPDATE latest_metrics SET value = ?, timestamp = ?, step = ? WHERE run_uuid = ?",
        *(beyond.value, beyond.timestamp, beyond.step, twins.runs[0]),
    )
    twins.memory.runs.log_batch(twins.runs[1], metrics=[beyond, late])
    assert [series.is_stale for series in twins.sql.charts.chart([twins.runs[0]], ["loss"]).series] == [True]
    twins.assert_same()
    list(sweep(twins.database))
    assert [series.is_stale for series in twins.sql.charts.chart([twins.runs[0]], ["loss"]).series] == [False]
    twins.assert_same()
