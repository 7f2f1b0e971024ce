"""Upgrades that are killed: every step is whole or not there, and both kirok and MLflow go on from any."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kirok.stores.open import old_database
from migrations.conftest import Old, Upgrade, revision_of, state

KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from kirok.stores.open import old_database

left = int(sys.argv[2])

@event.listens_for(Engine, "after_cursor_execute")
def count(*_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

with old_database(sys.argv[1]) as database:
    database.upgrade(lambda step: None)
"""


@pytest.mark.parametrize(
    ("release", "statements", "reached"),
    [("1.30.0", 1300, "c8d9e0f1a2b3"), ("3.14.0", 260, "b7e2c1a4d9f3")],
    ids=["in the rebuild for workspaces", "while traces are moved"],
)
def test_a_killed_upgrade_leaves_whole_steps_from_which_both_go_on(
    old: Old, judged: Old, by_mlflow: Upgrade, tmp_path: Path, release: str, statements: int, reached: str
) -> None:
    unharmed = tmp_path / "unharmed.db"
    unharmed.write_bytes(old(release).read_bytes())
    file = old(release)
    uri = f"sqlite:///{file}"
    killed = subprocess.run([sys.executable, "-c", KILLED, uri, str(statements)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    assert revision_of(file) == reached  # the first to read it brings it back from its journal
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    by_mlflow(f"sqlite:///{unharmed}", reached)
    assert state(uri) == state(f"sqlite:///{unharmed}")

    for_mlflow = tmp_path / "for mlflow.db"
    for_mlflow.write_bytes(file.read_bytes())
    by_mlflow(f"sqlite:///{for_mlflow}")
    with old_database(uri) as database:
        database.upgrade(lambda step: None)
    expected = state(f"sqlite:///{judged(release)}")
    assert state(uri) == expected
    assert state(f"sqlite:///{for_mlflow}") == expected


def test_two_upgrades_at_once_take_turns(old: Old, judged: Old) -> None:
    file = old("2.22.0")
    uri = f"sqlite:///{file}"
    script = "import sys; from kirok.stores.open import old_database\n" + (
        "with old_database(sys.argv[1]) as database: database.upgrade(lambda step: print(step.revision, flush=True))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script, uri], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert state(uri) == state(f"sqlite:///{judged('2.22.0')}")
