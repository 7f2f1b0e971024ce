"""Whatever is done to a file, and by whom: its statistics are those of its points."""

import math
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.entities import Metric
from kirok.entities.series import SeriesStatistics
from kirok.rules.series import Columns, statistics_of
from kirok.stores.sql.series import marks, rows, watermark
from kirok.stores.sql.sqlite.database import SqliteDatabase
from kirok.stores.sql.sqlite.engine import SqliteFile
from kirok.stores.sql.statistics.sweep import sweep
from kirok.stores.sql.store import open_sqlite

VALUES = (0.0, -0.0, 1.5, 0.1, 1.7e308, -1.7e308, 5e-324, float("nan"), float("inf"), float("-inf"))
KEYS = ("loss", "Loss", "a/b", "ä ö")
RUNS = 3


class File:
    """A SQLite file in the hands of kirok, of another kirok, and of a program that knows nothing of either."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stores = open_sqlite(path, artifact_root="/artifacts")
        self.rival = open_sqlite(path, artifact_root="/artifacts")  # as another process would
        self.runs = [self.stores.runs.create_run("0").info.run_id for _ in range(RUNS)]

    def act(self, act: int, dice: random.Random) -> None:
        run_id, key = dice.choice(self.runs), dice.choice(KEYS)
        if act <= 2:
            points = [self.point(dice, key if act else dice.choice(KEYS)) for _ in range(dice.randrange(6))]
            self.stores.runs.log_batch(run_id, metrics=points)
        elif act == 3:
            start = dice.randrange(50)
            points = [Metric(key, dice.choice(VALUES), 1, start + step) for step in range(5)]
            self.stores.runs.log_batch(run_id, metrics=points)
        elif act <= 5:
            self.write_from_outside(dice, run_id)
        elif act == 6:
            self.collect_garbage(run_id)
        elif act == 7:
            self.from_outside("VACUUM")
        elif act == 8:
            self.stores.close()
            self.stores = open_sqlite(self.path, artifact_root="/artifacts")
        elif act == 9:
            self.detach()
        else:
            self.rival.runs.log_batch(run_id, metrics=[self.point(dice, key) for _ in range(dice.randrange(1, 6))])

    def point(self, dice: random.Random, key: str) -> Metric:
        return Metric(key, dice.choice(VALUES), dice.randrange(3), dice.randrange(-1, 3))

    def write_from_outside(self, dice: random.Random, run_id: str) -> None:
        """As MLflow does: the point, and the latest metric where it is one."""
        for _ in range(dice.randrange(1, 4)):
            point = self.point(dice, dice.choice(KEYS))
            is_nan = point.value != point.value
            value = 0.0 if is_nan else max(-1.7976931348623157e308, min(1.7976931348623157e308, point.value))
            rank = (point.step, point.timestamp, value, is_nan)
            self.from_outside(
                "INSERT OR IGNORE INTO metrics (key, run_uuid, step, timestamp, value, is_nan) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (point.key, run_id, *rank),
            )
            self.from_outside(
                "INSERT INTO latest_metrics (key, run_uuid, step, timestamp, value, is_nan) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET step = excluded.step, timestamp = excluded.timestamp, "
                "value = excluded.value, is_nan = excluded.is_nan WHERE (excluded.step, excluded.timestamp, "
                "excluded.value, excluded.is_nan) > (step, timestamp, value, is_nan)",
                (point.key, run_id, *rank),
            )

    def collect_garbage(self, run_id: str) -> None:
        """A run leaves for good, as by `mlflow gc`."""
        if len(self.runs) > 1:
            self.runs.remove(run_id)
            for table in ("metrics", "latest_metrics", "tags", "runs"):
                self.from_outside(f"DELETE FROM {table} WHERE run_uuid = ?", (run_id,))

    def detach(self) -> None:
        """All that is kirok's own leaves the file, while kirok has it open."""
        for table in ("kirok_series", "kirok_marks"):
            self.from_outside(f"DROP TABLE IF EXISTS {table}")

    def from_outside(self, sql: str, values: tuple[object, ...] = ()) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(sql, values)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "mlflow.db"
    open_sqlite(path, artifact_root="/artifacts").close()
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@given(acts=st.lists(st.integers(0, 10), max_size=20), seed=st.integers(0, 2**16))
def test_statistics_are_those_of_the_points(empty: Path, folder: Path, acts: list[int], seed: int) -> None:
    file = File(Path(shutil.copy(empty, folder / "mlflow.db")))
    dice = random.Random(seed)
    try:
        for act in acts:
            file.act(act, dice)
            check_answers(file)
        file.stores.runs.log_batch(file.runs[0], metrics=[Metric("end", 1.0, 1)])
        database = SqliteDatabase.open(SqliteFile(file.path, "OFF"), "sqlite:///mlflow.db", "/artifacts", lambda: 0)
        with closing(database):
            with database.read() as connection:
                assert not watermark.is_behind(connection)
                if marks.required_sweep(connection) is None:
                    check(rows.read_runs(connection, file.runs, None), counted(file))
            for _ in sweep(database):
                pass
            with database.read() as connection:
                assert marks.required_sweep(connection) is None
                check(rows.read_runs(connection, file.runs, None), counted(file))
                (kept,) = connection.execute("SELECT count(*) FROM kirok_series").fetchone()
                assert kept == len(counted(file))
    finally:
        file.stores.close()
        file.rival.close()


def check_answers(file: File) -> None:
    """A store answers the truth, or says that it may not be."""
    assert file.stores.series is not None
    found, truth = file.stores.series.statistics(file.runs), counted(file)
    check({series: truth[series] if statistics.is_stale else statistics for series, statistics in found.items()}, truth)


def counted(file: File) -> dict[tuple[str, str], SeriesStatistics]:
    """The statistics of the points there are."""
    points: dict[tuple[str, str], list[tuple[int, int, float, int]]] = {}
    with closing(sqlite3.connect(file.path)) as connection:
        for run_id, key, *rank in connection.execute(
            "SELECT run_uuid, key, step, timestamp, value, is_nan FROM metrics"
        ):
            points.setdefault((run_id, key), []).append(tuple(rank))
    return {series: statistics_of(Columns.of(ranks)) for series, ranks in points.items()}


def check(found: dict[tuple[str, str], SeriesStatistics], truth: dict[tuple[str, str], SeriesStatistics]) -> None:
    """The same but for the last bits of a mean."""
    assert found.keys() == truth.keys()
    for series, one in found.items():
        other = truth[series]
        assert repr(msgspec.structs.replace(one, mean=None)) == repr(msgspec.structs.replace(other, mean=None))
        if one.mean is None or other.mean is None or math.isnan(one.mean):
            assert repr(one.mean) == repr(other.mean)
        else:
            assert one.minimum is not None
            assert one.maximum is not None
            largest = max(abs(one.minimum), abs(one.maximum))
            assert one.mean == pytest.approx(other.mean, rel=1e-9, abs=max(1e-9 * largest, 1e-320))
