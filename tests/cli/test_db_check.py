"""`kirok db check` on databases that something went wrong with."""

import math
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cli.conftest import Command, Seeded
from kirok.entities.metrics import Metric
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores


@pytest.fixture
def kirok(kirok_in_process: Command) -> Command:
    """The command, in this process."""
    return kirok_in_process


@contextmanager
def _opened(seeded: Seeded) -> Iterator[Stores]:
    stores = open_stores(seeded.uri, artifact_root=str(seeded.folder / "artifacts"))
    try:
        yield stores
    finally:
        stores.close()


@contextmanager
def _changed(seeded: Seeded) -> Iterator[sqlite3.Connection]:
    """The database in the hands of somebody who does not care for foreign keys."""
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection, connection:
        yield connection


def _rows(seeded: Seeded, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection:
        return connection.execute(statement).fetchall()


def test_a_sound_database_is_said_to_be_so(kirok: Command, seeded: Seeded) -> None:
    told = kirok("db", "check", seeded.uri, "--artifacts")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.splitlines() == [f"{seeded.uri} is as it should be."]


@pytest.mark.parametrize(
    ("damage", "said", "left"),
    [
        (
            "DELETE FROM runs WHERE run_uuid = '{run}'",
            "rows of params whose run_uuid names nothing in runs",
            "SELECT * FROM params WHERE run_uuid NOT IN (SELECT run_uuid FROM runs)",
        ),
        (
            "INSERT INTO metrics VALUES ('loss', 1.0, 1, 'gone', 1, 0)",
            "1 rows of metrics whose run_uuid names nothing in runs",
            "SELECT * FROM metrics WHERE run_uuid = 'gone'",
        ),
        (
            "INSERT INTO inputs VALUES ('i', 'DATASET', 'd', 'RUN', 'gone', 0)",
            "edges of runs that do not exist",
            "SELECT * FROM inputs",
        ),
        ("INSERT INTO input_tags VALUES ('gone', 'a', 'b')", "tags of edges", "SELECT * FROM input_tags"),
        (
            "INSERT INTO kirok_series SELECT 'gone', metric_key, points, numbers, minimum, minimum_step, maximum, "
            "maximum_step, mean, first_step, first_timestamp, first_value, first_is_nan, last_step, last_timestamp, "
            "last_value, last_is_nan FROM kirok_series",
            "1 rows of kirok's kirok_series",
            "SELECT * FROM kirok_series WHERE run_uuid = 'gone'",
        ),
    ],
)
def test_rows_that_belong_to_nothing_are_found_and_removed(
    kirok: Command, seeded: Seeded, damage: str, said: str, left: str
) -> None:
    with _changed(seeded) as connection:
        connection.execute(damage.format(run=seeded.run_id))
    assert _rows(seeded, left) != []
    told = kirok("db", "check", seeded.uri)
    assert told.returncode == 1
    assert said in told.stdout
    assert "--fix" in told.stderr
    mended = kirok("db", "check", seeded.uri, "--fix")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "mended" in mended.stdout
    assert _rows(seeded, left) == []
    assert kirok("db", "check", seeded.uri).returncode == 0


# Points of a series as (value, timestamp, step), and what its latest is.
SERIES = {
    "steps": ([(1.0, 5, 1), (2.0, 4, 3), (3.0, 9, 2)], (2.0, 4, 3)),
    "times": ([(1.0, 5, 0), (2.0, 7, 0), (3.0, 6, 0)], (2.0, 7, 0)),
    "values": ([(1.0, 5, 0), (3.0, 5, 0), (2.0, 5, 0)], (3.0, 5, 0)),
    "nan": ([(1.0, 5, 0), (math.nan, 5, 1)], (0.0, 5, 1)),
    "infinite": ([(math.inf, 5, 0), (-math.inf, 4, 0)], (1.7976931348623157e308, 5, 0)),
}


@pytest.mark.parametrize("key", SERIES)
@pytest.mark.parametrize("damage", ["first", "gone", "later"])
def test_a_latest_value_is_computed_anew(kirok: Command, seeded: Seeded, key: str, damage: str) -> None:
    points, latest = SERIES[key]
    with _opened(seeded) as stores:
        stores.runs.log_batch(seeded.run_id, metrics=[Metric(key, *point) for point in points])
    kept = _rows(seeded, "SELECT * FROM latest_metrics ORDER BY key")
    with _changed(seeded) as connection:
        if damage == "gone":
            connection.execute("DELETE FROM latest_metrics WHERE key = ?", (key,))
        elif damage == "first":
            connection.execute("UPDATE latest_metrics SET value = 1.0, timestamp = 4, step = 0 WHERE key = ?", (key,))
        else:
            connection.execute("UPDATE latest_metrics SET step = step + 1 WHERE key = ?", (key,))
    told = kirok("db", "check", seeded.uri)
    assert told.returncode == 1
    assert "1 series whose latest value is not that of their points" in told.stdout
    assert f"run {seeded.run_id}, {key}" in told.stdout
    assert kirok("db", "check", seeded.uri, "--fix").returncode == 0
    assert _rows(seeded, "SELECT * FROM latest_metrics ORDER BY key") == kept
    assert (*latest,) in {(value, timestamp, step) for _, value, timestamp, step, *_ in kept}


def test_a_latest_value_without_points_is_told_of_and_left(kirok: Command, seeded: Seeded) -> None:
    with _changed(seeded) as connection:
        connection.execute("DELETE FROM metrics")
        connection.execute("DELETE FROM kirok_series")
    before = _rows(seeded, "SELECT * FROM latest_metrics")
    told = kirok("db", "check", seeded.uri, "--fix")
    assert told.returncode == 1
    assert "1 series of which nothing but the latest value is left" in told.stdout
    assert _rows(seeded, "SELECT * FROM latest_metrics") == before


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        ("UPDATE tags SET value = 'other' WHERE key = 'mlflow.runName' AND run_uuid = '{run}'", "first\x1b[31m"),
        ("DELETE FROM tags WHERE key = 'mlflow.runName' AND run_uuid = '{run}'", "first\x1b[31m"),
        ("UPDATE runs SET name = NULL WHERE run_uuid = '{run}'", "first\x1b[31m"),
    ],
)
def test_a_run_gets_one_name(kirok: Command, seeded: Seeded, damage: str, name: str) -> None:
    with _changed(seeded) as connection:
        connection.execute(damage.format(run=seeded.run_id))
    told = kirok("db", "check", seeded.uri)
    assert told.returncode == 1
    assert "1 runs whose name and tag mlflow.runName differ" in told.stdout
    assert kirok("db", "check", seeded.uri, "--fix").returncode == 0
    with _opened(seeded) as stores:
        run = stores.runs.get_run(seeded.run_id)
    assert (run.info.run_name, run.data.tags["mlflow.runName"]) == (name, name)


@pytest.mark.parametrize(
    "damage", ["points = points + 1", "minimum = -1", "maximum = NULL", "numbers = 0, minimum = NULL, maximum = NULL"]
)
def test_statistics_are_counted_anew(kirok: Command, seeded: Seeded, damage: str) -> None:
    kept = _rows(seeded, "SELECT * FROM kirok_series")
    with _changed(seeded) as connection:
        connection.execute(f"UPDATE kirok_series SET {damage}")
    told = kirok("db", "check", seeded.uri)
    assert told.returncode == 1
    assert "1 series whose statistics are not those of their points" in told.stdout
    assert kirok("db", "check", seeded.uri, "--fix").returncode == 0
    assert _rows(seeded, "SELECT * FROM kirok_series") == kept


def test_artifacts_that_are_gone_are_found(kirok: Command, seeded: Seeded) -> None:
    with _opened(seeded) as stores:
        record = {"artifact_path": "model", "flavors": {}, "utc_time_created": "now", "run_id": seeded.run_id}
        stores.runs.log_model_record(seeded.run_id, record)
    told = kirok("db", "check", seeded.uri, "--artifacts")
    assert told.returncode == 1
    assert "1 models that were logged and are not there" in told.stdout
    model = seeded.folder / "artifacts" / seeded.run_id / "artifacts" / "model"
    model.mkdir()
    (model / "MLmodel").write_text("flavors: {}")
    assert kirok("db", "check", seeded.uri, "--artifacts").returncode == 0
    shutil.rmtree(model.parent)
    assert kirok("db", "check", seeded.uri).returncode == 0
    with _changed(seeded) as connection:
        connection.execute("UPDATE runs SET artifact_uri = 'mlflow-artifacts:/0/' || run_uuid || '/artifacts'")
    told = kirok("db", "check", seeded.uri, "--artifacts")
    assert "2 runs and logged models whose artifacts cannot be listed" in told.stdout


def test_a_damaged_file_is_told_of_and_not_touched(kirok: Command, seeded: Seeded) -> None:
    file = seeded.folder / "kirok.db"
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'index_params_run_uuid'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(file.read_bytes())
    content[(page - 1) * size + size - 20 : page * size] = b"\xff" * 20
    file.write_bytes(content)
    told = kirok("db", "check", seeded.uri, "--fix")
    assert told.returncode == 1
    assert "damages of the file" in told.stdout
    assert file.read_bytes() == content


def test_nothing_is_made_where_nothing_was(kirok: Command, tmp_path: Path) -> None:
    for uri in ("sqlite:///none.db", "./none"):
        told = kirok("db", "check", uri)
        assert told.returncode == 1
        assert "There is no" in told.stderr
    assert list(tmp_path.iterdir()) == []
