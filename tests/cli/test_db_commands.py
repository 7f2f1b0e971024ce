"""`kirok db` on files of every age."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.conftest import Command, Seeded


def test_a_current_database_is_left_alone(kirok: Command, seeded: Seeded) -> None:
    told = kirok("db", "upgrade", seeded.uri)
    assert told.returncode == 0
    assert "is at schema revision dc11669786a5 already" in told.stdout


def test_a_database_that_is_not_there_yet_is_no_error(kirok: Command, tmp_path: Path) -> None:
    told = kirok("db", "upgrade", "sqlite:///new.db")
    assert told.returncode == 0
    assert "has no tables yet" in told.stdout
    assert not (tmp_path / "new.db").exists()


def test_an_older_database_is_told_what_to_do_and_not_touched(kirok: Command, seeded: Seeded) -> None:
    file = seeded.folder / "kirok.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '75868b020152'")
    before = file.read_bytes()
    told = kirok("db", "upgrade", seeded.uri)
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert "75868b020152" in line
    assert "mlflow db upgrade" in line
    assert file.read_bytes() == before


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
        ("postgresql://me:secret@host/db", "cannot be opened yet"),
        ("./mlruns", "Folders of runs"),
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
