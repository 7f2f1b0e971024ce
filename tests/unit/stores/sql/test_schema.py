"""A database that kirok makes is the one MLflow makes, and no other is touched."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kirok.base.errors import InvalidParameter, KirokError, PermissionDenied
from kirok.entities import Metric, Param, RunTag
from kirok.stores.protocols import Stores
from kirok.stores.sql.store import open_sqlite

_MAKE = """
import sys
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
SqlAlchemyStore(sys.argv[1], "/artifacts")
"""

Shape = tuple[list[str], list[str]] | str


def _by_mlflow(script: str, *arguments: str) -> str:
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=quiet, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made_by_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    _by_mlflow(_MAKE, f"sqlite:///{path}")
    return path


def _split(body: str) -> list[str]:
    parts, depth = [""], 0
    for character in body:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _shape(path: Path) -> dict[str, Shape]:
    """By name: a table's columns in order and its constraints in any; else the statement."""
    shapes: dict[str, Shape] = {}
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    for kind, name, sql in rows:
        text = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
        if kind != "table":
            shapes[name] = text
            continue
        parts = _split(text[text.index("(") + 1 : text.rindex(")")])
        is_constraint = re.compile("(CONSTRAINT|PRIMARY|FOREIGN|UNIQUE|CHECK)")
        shapes[name] = (
            [part for part in parts if not is_constraint.match(part)],
            # MLflow spells one of its cascades in lower case.
            sorted(part.replace("DELETE cascade", "DELETE CASCADE") for part in parts if is_constraint.match(part)),
        )
    return shapes


def test_every_table_index_and_trigger_is_mlflows(made_by_mlflow: Path, stores: Stores, path: Path) -> None:
    ours = {name: shape for name, shape in _shape(path).items() if not name.startswith("kirok_")}
    theirs = _shape(made_by_mlflow)
    assert len([shape for shape in theirs.values() if isinstance(shape, tuple)]) == 65
    assert ours == theirs


def test_the_first_rows_are_mlflows(made_by_mlflow: Path, stores: Stores, path: Path) -> None:
    for rows in (
        "SELECT * FROM alembic_version",
        "SELECT * FROM workspaces",
        "SELECT experiment_id, name, artifact_location, lifecycle_stage, workspace FROM experiments",
    ):
        found = []
        for file in (path, made_by_mlflow):
            connection = sqlite3.connect(file)
            found.append(connection.execute(rows).fetchall())
            connection.close()
        assert found[0] == found[1]


def test_mlflow_opens_and_reads_what_kirok_wrote(stores: Stores, run_id: str, path: Path) -> None:
    stores.runs.log_batch(
        run_id,
        metrics=[Metric("loss", 0.25, 1, 1), Metric("loss", 0.5, 1, 0), Metric("gone", float("nan"), 1, 0)],
        params=[Param("lr", "0.1")],
        tags=[RunTag("team", "blue")],
    )
    stores.close()
    read = """
import sys
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
run = SqlAlchemyStore(sys.argv[1], "/artifacts").get_run(sys.argv[2])
print(sorted(run.data.metrics.items()), run.data.params, run.data.tags["team"], run.info.status, run.info.artifact_uri)
"""
    printed = _by_mlflow(read, f"sqlite:///{path}", run_id)
    assert printed.split("\n")[-2] == (
        f"[('gone', nan), ('loss', 0.25)] {{'lr': '0.1'}} blue RUNNING /artifacts/0/{run_id}/artifacts"
    )


def test_a_database_of_mlflow_is_opened_in_place(made_by_mlflow: Path) -> None:
    stores = open_sqlite(made_by_mlflow, artifact_root="/elsewhere")
    try:
        assert stores.experiments.get_experiment("0").artifact_location == "/artifacts/0"
        run_id = stores.runs.create_run("0").info.run_id
        assert stores.runs.get_run(run_id).info.artifact_uri == f"/artifacts/0/{run_id}/artifacts"
    finally:
        stores.close()


def test_an_earlier_revision_is_refused_and_nothing_changed(stores: Stores, path: Path) -> None:
    stores.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("UPDATE alembic_version SET version_num = 'c48cb773bb87'")
    connection.execute("DROP INDEX kirok_runs_by_start")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InvalidParameter, match="kirok db upgrade"):
        open_sqlite(path, artifact_root="/artifacts")
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(InvalidParameter, match="none of MLflow's"):
        open_sqlite(path, artifact_root="/artifacts")


def _text_file(path: Path) -> Path:
    path.write_text("no database " * 1000)
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (_text_file, "is not a SQLite database"),
        (_folder, "is a folder"),
        (lambda path: path.parent / "absent" / "mlflow.db", "create it first"),
    ],
    ids=["a text file", "a folder", "in no folder"],
)
def test_a_place_where_no_database_can_be_is_named(path: Path, place: Callable[[Path], Path], sentence: str) -> None:
    with pytest.raises(InvalidParameter, match=sentence):
        open_sqlite(place(path), artifact_root="/artifacts")


def test_an_unwritable_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:  # root may write everywhere, so the answer of any other account is given
        monkeypatch.setattr(os, "access", lambda place, mode: not (mode & os.W_OK and Path(place) == tmp_path))
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionDenied, match="not writable"):
            open_sqlite(tmp_path / "mlflow.db", artifact_root="/artifacts")
    finally:
        tmp_path.chmod(0o700)


def test_two_processes_may_make_the_database_at_once(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from kirok.stores.sql.store import open_sqlite\n"
        "s = open_sqlite(Path(sys.argv[1]), artifact_root='/a'); s.runs.create_run('0'); s.close()"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(path)], stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    stores = open_sqlite(path, artifact_root="/a")
    try:
        assert len(stores.runs.search_runs(["0"])) == 3
        assert len(stores.experiments.search_experiments()) == 1
    finally:
        stores.close()


def test_a_closed_store_leaves_one_whole_file(stores: Stores, run_id: str, path: Path) -> None:
    stores.runs.log_batch(run_id, params=[Param("lr", "0.1")])
    stores.close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    copied = path.with_name("copy.db")
    copied.write_bytes(path.read_bytes())
    again = open_sqlite(copied, artifact_root="/artifacts")
    try:
        assert again.runs.get_run(run_id).data.params == {"lr": "0.1"}
    finally:
        again.close()


def test_a_closed_store_says_so(stores: Stores) -> None:
    stores.close()
    for call in (lambda: stores.runs.create_run("0"), lambda: stores.runs.search_runs(["0"])):
        with pytest.raises(KirokError, match="is closed"):
            call()
