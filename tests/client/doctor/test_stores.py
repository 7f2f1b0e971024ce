"""Stores without a server, each broken for real."""

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from client.doctor.conftest import Doctor
from databases import PostgresqlServer
from kirok.client.doctor.findings import Status
from kirok.client.mlflow_client import MlflowClient
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """The URI of a database with a run in it."""
    uri = f"sqlite:///{tmp_path / 'kept.db'}"
    stores = open_stores(uri, artifact_root=str(tmp_path / "files"))
    stores.runs.create_run("0")
    stores.close()
    return uri


@pytest.fixture
def mlflows_own(tmp_path: Path, kept: str) -> Path:
    """A database as MLflow leaves it, without anything of kirok's."""
    from kirok.stores.open import detach

    detach(kept)
    return tmp_path / "kept.db"


def _dump(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return "\n".join(connection.iterdump())


def test_a_sound_database_passes_and_is_left_as_it_was(mlflows_own: Path, doctor: Doctor) -> None:
    before = _dump(mlflows_own)
    report = doctor(f"sqlite:///{mlflows_own}")
    assert report.names(Status.FAILED) == []
    assert report.one("write").text == "a row was written, read back and undone"
    assert report.one("experiments").text == "1 in use, with 1 run"
    assert report.one("artifacts").status is Status.OK
    assert _dump(mlflows_own) == before
    assert not (mlflows_own.parent / "files").exists()


def test_a_locked_database_names_who_to_ask(kept: str, tmp_path: Path, doctor: Doctor) -> None:
    file = tmp_path / "kept.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        report = doctor(kept, timeout_s=0.5)
    assert report.failure() is report.one("write")
    assert "keeps the database locked" in report.failure().text
    assert report.failure().mend.startswith(f"fuser -v {file}")


def test_a_missing_folder_can_be_made(tmp_path: Path, doctor: Doctor) -> None:
    uri = f"sqlite:///{tmp_path}/not/there/mlflow.db"
    failure = doctor(uri).failure()
    assert failure.mend == f"mkdir -p {tmp_path}/not/there"
    assert failure.fix is not None
    failure.fix.act()
    assert doctor(uri).names(Status.FAILED) == []


def test_a_file_that_is_no_database_is_told(tmp_path: Path, doctor: Doctor) -> None:
    (tmp_path / "notes.db").write_text("not a database, though it is long enough to be taken for one\n" * 40)
    failure = doctor(f"sqlite:///{tmp_path}/notes.db").failure()
    assert "cannot be read as a SQLite database" in failure.text


def test_an_older_schema_is_upgraded(kept: str, tmp_path: Path, doctor: Doctor) -> None:
    with closing(sqlite3.connect(tmp_path / "kept.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'cc1f77228345'")
    assert doctor(kept).failure().mend == f"kirok db upgrade {kept}"


def test_a_newer_schema_asks_for_a_newer_kirok(kept: str, tmp_path: Path, doctor: Doctor) -> None:
    with closing(sqlite3.connect(tmp_path / "kept.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    assert doctor(kept).failure().mend == "pip install -U kirok"


def test_a_store_of_no_kind_is_told_what_works(doctor: Doctor) -> None:
    failure = doctor("mongodb://me:hunter2@host/db").failure()
    assert "hunter2" not in failure.text
    assert failure.mend == "MLFLOW_TRACKING_URI=sqlite:///mlflow.db"


def test_a_file_where_a_folder_of_runs_should_be_is_told(tmp_path: Path, doctor: Doctor) -> None:
    (tmp_path / "mlruns").write_text("")
    assert doctor(str(tmp_path / "mlruns")).failure().mend == f"MLFLOW_TRACKING_URI=sqlite:///{tmp_path}/mlruns"


def test_a_store_in_memory_is_nothing_to_check(doctor: Doctor) -> None:
    report = doctor("memory://")
    assert report.names(Status.FAILED) == []
    assert report.one("address").text == "not checked because memory:// ends with the process that uses it"


def test_a_disk_without_room_is_told(kept: str, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1 << 40, 1 << 40, 3 << 20))
    failure = doctor(kept).failure()
    assert failure.text.startswith("only 3 MiB are free on the disk of")


def test_a_network_file_system_is_told(kept: str, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirok.stores.sql.sqlite.engine.is_on_network", lambda _: True)
    found = doctor(kept).of("room")[1]
    assert found.status is Status.WARNING
    assert found.mend.startswith("kirok server")


def test_a_sound_folder_passes_and_is_left_as_it_was(tmp_path: Path, doctor: Doctor) -> None:
    stores = open_stores(str(tmp_path / "runs"))
    stores.runs.create_run("0")
    stores.close()
    before = sorted(tmp_path.rglob("*"))
    report = doctor(str(tmp_path / "runs"))
    assert report.names(Status.FAILED) == []
    assert report.one("experiments").text == "1 in use, with 1 run"
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_yet_is_no_failure(doctor: Doctor, tmp_path: Path) -> None:
    report = doctor()
    assert report.names(Status.FAILED) == []
    assert "will be made by the first run" in report.one("store").text
    assert any(finding.mend == "set MLFLOW_TRACKING_URI" for finding in report.of("neighbours"))
    assert not (tmp_path / "mlflow.db").exists()


def test_a_driver_that_is_missing_is_installed(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    for name in [name for name in sys.modules if name.startswith("kirok.stores.sql.mysql.server")]:
        monkeypatch.delitem(sys.modules, name)
    assert doctor("mysql://me:hunter2@host/mlflow").failure().mend == "pip install 'kirok[mysql]'"


@pytest.fixture
def served(postgresql_server: PostgresqlServer) -> Iterator[tuple[PostgresqlServer, str, Stores]]:
    """A PostgreSQL, the URI of a database on it with a run in it, and its stores."""
    uri = postgresql_server.create()
    stores = open_stores(uri)
    stores.runs.create_run("0")
    yield postgresql_server, uri, stores
    stores.close()


def test_a_database_on_a_server_passes(served: tuple[PostgresqlServer, str, Stores], doctor: Doctor) -> None:
    _, uri, stores = served
    report = doctor(uri)
    assert report.names(Status.FAILED) == []
    assert report.one("write").text == "a row was written, read back and undone"
    assert stores.experiments.get_experiment("0").tags == {}


def test_a_database_that_may_only_be_read_is_told(served: tuple[PostgresqlServer, str, Stores], doctor: Doctor) -> None:
    server, uri, _ = served
    server.execute(f'ALTER DATABASE "{uri.rpartition("/")[2]}" SET default_transaction_read_only = on')
    report = doctor(uri)
    assert report.failure() is report.one("write")
    assert "takes no writes just now" in report.failure().text


def test_an_account_without_rights_is_told(served: tuple[PostgresqlServer, str, Stores], doctor: Doctor) -> None:
    server, uri, _ = served
    name = uri.rpartition("/")[2]
    server.execute("CREATE ROLE reader LOGIN PASSWORD 'reading-only'", name)
    server.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", name)
    try:
        host = uri.partition("@")[2]
        report = doctor(f"postgresql://reader:reading-only@{host}")
    finally:
        server.execute("DROP OWNED BY reader", name)
        server.execute("DROP ROLE reader", name)
    assert report.failure() is report.one("write")
    assert report.failure().mend.startswith("grant INSERT, UPDATE and DELETE")
    assert "reading-only" not in repr(report.outcomes)


def test_a_wrong_password_is_told_without_showing_it(
    served: tuple[PostgresqlServer, str, Stores], doctor: Doctor
) -> None:
    _, uri, _ = served
    host = uri.partition("@")[2]
    report = doctor(f"postgresql://nobody-known:hunter2@{host}")
    assert report.failure() is report.one("store")
    assert report.failure().mend == "MLFLOW_TRACKING_URI=postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    assert "hunter2" not in repr(report.outcomes)


@pytest.mark.parametrize("store", ["mlruns", "mlflow.db"])
def test_files_that_moved_with_their_store_are_looked_for_there(
    store: str, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    monkeypatch.chdir(before)
    uri = "{}/mlruns" if store == "mlruns" else "sqlite:///{}/mlflow.db"
    client = MlflowClient(uri.format(before))
    client.log_text(client.create_run("0").info.run_id, "hello", "notes.txt")
    before.rename(after)
    monkeypatch.chdir(tmp_path)
    report = doctor(uri.format(after))
    assert report.one("locations").status is Status.OK
    assert str(after / "mlruns" / "0") in report.one("artifacts").text
    assert not before.exists()
