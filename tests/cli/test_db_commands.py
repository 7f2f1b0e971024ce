"""`kirok db` on files of every age."""

import gzip
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.conftest import Command, Seeded
from kirok.base.errors import Unavailable
from kirok.stores.sql.sqlite.upgrading import snapshot_before_upgrade

OLD_DATABASES = Path(__file__).parents[1] / "migrations" / "databases"


def test_a_current_database_is_left_alone(kirok: Command, seeded: Seeded) -> None:
    told = kirok("db", "upgrade", seeded.uri)
    assert told.returncode == 0
    assert "is at schema revision dc11669786a5 already" in told.stdout


def test_a_database_that_is_not_there_may_be_a_new_one(kirok: Command, tmp_path: Path) -> None:
    told = kirok("db", "upgrade", "sqlite:///new.db")
    assert told.returncode == 0
    (line,) = told.stderr.splitlines()
    assert "If it is not new, check the spelling." in line
    assert not (tmp_path / "new.db").exists()


def test_an_older_database_is_upgraded_and_copied_first(kirok: Command, old_database: Path) -> None:
    before = old_database.read_bytes()
    told = kirok("db", "upgrade", f"sqlite:///{old_database}")
    assert told.returncode == 0, told.stderr
    assert "is at schema revision dc11669786a5 now" in told.stdout
    assert "compared with this version's: it is right" in told.stdout
    copy = old_database.with_name("old.before-acf3f17fdcc7.db")
    assert f"mv {copy} {old_database}" in told.stdout
    assert _revision(copy) == "acf3f17fdcc7"
    assert len(copy.read_bytes()) == len(before)
    assert kirok("db", "upgrade", f"sqlite:///{old_database}").stdout.endswith("Nothing to do.\n")


def test_a_plan_changes_nothing(kirok: Command, old_database: Path) -> None:
    before = old_database.read_bytes()
    told = kirok("db", "upgrade", "--plan", f"sqlite:///{old_database}")
    assert told.returncode == 0, told.stderr
    assert "is at revision acf3f17fdcc7. 44 steps lead to the head" in told.stdout
    assert "tags: locked and rewritten, about 30 rows" in told.stdout
    assert old_database.read_bytes() == before
    assert [each.name for each in old_database.parent.iterdir()] == [old_database.name]


def test_a_copy_that_is_there_is_kept(kirok: Command, old_database: Path) -> None:
    kept = old_database.with_name("old.before-acf3f17fdcc7.db")
    kept.write_bytes(b"of an earlier day")
    assert kirok("db", "upgrade", f"sqlite:///{old_database}").returncode == 0
    assert kept.read_bytes() == b"of an earlier day"
    assert _revision(old_database.with_name("old.before-acf3f17fdcc7-2.db")) == "acf3f17fdcc7"


def test_an_upgrade_may_go_without_a_copy(kirok: Command, old_database: Path) -> None:
    told = kirok("db", "upgrade", "--no-snapshot", f"sqlite:///{old_database}")
    assert told.returncode == 0, told.stderr
    assert not list(old_database.parent.glob("*.before-*"))


def test_a_step_that_fails_is_undone_and_told(kirok: Command, old_database: Path) -> None:
    with closing(sqlite3.connect(old_database)) as connection, connection:
        connection.execute("CREATE VIEW logged_models AS SELECT 1 AS model_id")  # in the way of a table
    told = kirok("db", "upgrade", f"sqlite:///{old_database}")
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert "Revision 400f98739977 (logged models) was not reached" in line
    assert "stays at revision 0584bdc529eb" in line
    assert _revision(old_database) == "0584bdc529eb"
    with closing(sqlite3.connect(old_database)) as connection, connection:
        connection.execute("DROP VIEW logged_models")
    again = kirok("db", "upgrade", f"sqlite:///{old_database}")
    assert again.returncode == 0, again.stderr
    assert _revision(old_database) == "dc11669786a5"


def test_a_schema_that_was_changed_by_hand_is_told(kirok: Command, seeded: Seeded) -> None:
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection, connection:
        connection.execute("DROP TABLE job_locks")
        connection.execute("DROP INDEX index_params_run_uuid")
        connection.execute("ALTER TABLE runs DROP COLUMN deleted_time")
    told = kirok("db", "upgrade", "--plan", seeded.uri)
    assert told.returncode == 1
    assert "The table job_locks is missing." in told.stderr
    assert "The column runs.deleted_time is missing." in told.stderr
    assert "The table params lacks index_params_run_uuid on (run_uuid)." in told.stderr


def test_a_full_disk_is_told_before_anything_is_done(old_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = old_database.stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(size, size, 2 * size))
    with pytest.raises(Unavailable, match="Make room"):
        snapshot_before_upgrade(old_database, "acf3f17fdcc7")
    assert [each.name for each in old_database.parent.iterdir()] == [old_database.name]


@pytest.fixture
def old_database(tmp_path: Path) -> Path:
    """As MLflow 2.9 left it."""
    file = tmp_path / "old" / "old.db"
    file.parent.mkdir()
    file.write_bytes(gzip.decompress((OLD_DATABASES / "mlflow-2.9.2.db.gz").read_bytes()))
    return file


def _revision(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        (row,) = connection.execute("SELECT version_num FROM alembic_version")
    return str(row[0])


def test_a_newer_database_is_not_touched(kirok: Command, seeded: Seeded) -> None:
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'feedfacefeed'")
    told = kirok("db", "upgrade", seeded.uri)
    assert told.returncode == 1
    assert "newer" in told.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:5000", "is a server"),
        ("postgresql://me:secret@localhost:1/db", "cannot be reached"),
        ("./mlruns", "is a folder of runs"),
        ("sqlite:///notes.txt", "notes.txt"),
        ("sqlite:///no/such/folder/x.db", "no/such/folder"),
    ],
)
def test_what_is_no_database_is_said_plainly(kirok: Command, tmp_path: Path, url: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("no database\n" * 100, encoding="utf-8")
    told = kirok("db", "upgrade", url)
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert said in line
    assert "secret" not in line
