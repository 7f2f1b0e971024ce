"""`kirok db reindex` and `kirok db detach`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.conftest import Command, Seeded
from databases import MariadbServer, PostgresqlServer
from kirok.entities import Metric
from kirok.stores.open import open_stores
from running_servers import kirok_server


def of_schema(file: Path) -> list[str]:
    """Everything in a file that is kirok's own."""
    with closing(sqlite3.connect(file)) as connection:
        return [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'kirok%' ORDER BY 1")
        ]


def test_reindex_counts_every_series_anew(kirok: Command, seeded: Seeded) -> None:
    file = seeded.folder / "kirok.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE kirok_series SET maximum = 99")
        connection.execute(
            "INSERT INTO kirok_series SELECT 'gone', metric_key, points, numbers, minimum, minimum_step, maximum, "
            "maximum_step, mean, first_step, first_timestamp, first_value, first_is_nan, last_step, last_timestamp, "
            "last_value, last_is_nan FROM kirok_series"
        )
    told = kirok("db", "reindex", seeded.uri)
    assert told.returncode == 0, told.stderr
    assert told.stdout == f"{seeded.uri}: 2 series of 1 points, in 2 runs.\n"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT run_uuid, maximum FROM kirok_series").fetchall() == [(seeded.run_id, 0.25)]


def test_reindex_of_a_folder_is_refused_plainly(kirok: Command, tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    told = kirok("db", "reindex", "./mlruns")
    assert told.returncode == 1
    assert "name a database" in told.stderr


@pytest.mark.parametrize("uri", ["sqlite:///misspelt.db", "./misspelt"])
@pytest.mark.parametrize("command", ["reindex", "detach", "check"])
def test_a_store_that_is_not_there_is_not_made(kirok: Command, tmp_path: Path, command: str, uri: str) -> None:
    told = kirok("db", command, uri)
    assert told.returncode == 1
    assert "There is no" in told.stderr
    assert "misspelt" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_detach_leaves_what_mlflow_made(kirok: Command, seeded: Seeded) -> None:
    file = seeded.folder / "kirok.db"
    assert "kirok_series" in of_schema(file)
    told = kirok("db", "detach", seeded.uri)
    assert told.returncode == 0, told.stderr
    assert "removed kirok_series\n" in told.stdout
    assert told.stdout.endswith("is as MLflow made it.\n")
    assert of_schema(file) == []
    assert "Nothing to do" in kirok("db", "detach", seeded.uri).stdout

    stores = open_stores(seeded.uri)
    assert stores.series is not None
    assert stores.series.statistics([seeded.run_id])[seeded.run_id, "loss"].maximum == 0.25
    stores.close()


def test_detach_refuses_a_file_that_is_being_served(kirok: Command, tmp_path: Path) -> None:
    with kirok_server(tmp_path) as running:
        (file,) = tmp_path.glob("*.db")
        told = kirok("db", "detach", f"sqlite:///{file}")
        assert running
    assert told.returncode == 1
    assert of_schema(file) != []


@pytest.mark.parametrize("server", ["postgresql_server", "mariadb_server"])
def test_detach_and_reindex_on_a_database_server(server: str, request: pytest.FixtureRequest, kirok: Command) -> None:
    database: PostgresqlServer | MariadbServer = request.getfixturevalue(server)
    uri = database.create()
    stores = open_stores(uri, artifact_root="/artifacts")
    run_id = stores.runs.create_run("0").info.run_id
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 0.25, 1)])
    stores.close()

    assert "1 series of 1 points, in 1 runs." in kirok("db", "reindex", uri).stdout
    told = kirok("db", "detach", uri)
    assert told.returncode == 0, told.stderr
    assert "removed kirok_series" in told.stdout
    assert "removed kirok_latest_metrics_by_value" in told.stdout
    assert "Nothing to do" in kirok("db", "detach", uri).stdout
    assert "1 series of 1 points, in 1 runs." in kirok("db", "reindex", uri).stdout
