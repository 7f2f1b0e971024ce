"""A URI says which store; what cannot be opened says why and what can."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kirok.base.errors import InvalidParameter, KirokError, NotFound, NotSupported, Unavailable
from kirok.stores.open import lock_for_serving, open_stores, sqlite_path


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("databricks", NotSupported),
        ("databricks://profile", NotSupported),
        ("gopher://somewhere", InvalidParameter),
        ("sqlite://", InvalidParameter),
        ("sqlite:///:memory:", InvalidParameter),
        ("sqlite:mlflow.db", InvalidParameter),
    ],
)
def test_what_cannot_be_opened_says_what_can(uri: str, error: type[KirokError]) -> None:
    with pytest.raises(error, match=r"sqlite:///mlflow\.db"):
        open_stores(uri, artifact_root="/artifacts")


@pytest.mark.parametrize(
    "uri", ["{}/my runs", "file://{}/my%20runs", "file:{}/my%20runs", "file://localhost{}/my%20runs", "./my runs"]
)
def test_a_folder_may_be_a_path_or_a_uri(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stores = open_stores(uri.format(tmp_path.as_posix()))
    assert stores.kind == "file"
    stores.close()
    assert (tmp_path / "my runs" / "0" / "meta.yaml").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="drives and shares are at home there")
@pytest.mark.parametrize("uri", ["E:\\mlruns", "E:/mlruns", "file:E:/mlruns", "file:///E:/mlruns", "file://E:/mlruns"])
def test_a_folder_of_a_windows_machine_is_refused_elsewhere(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidParameter, match=r"Windows machine \(E:/mlruns\)"):
        open_stores(uri)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uri", ["", "file:", "file://"])
def test_a_folder_has_a_name(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidParameter, match="names no folder"):
        open_stores(uri)
    assert list(tmp_path.iterdir()) == []


def test_an_address_without_its_scheme_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidParameter, match=r"Write http://127\.0\.0\.1:5000 instead"):
        open_stores("127.0.0.1:5000")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder_of_runs(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"SQLite")
    with pytest.raises(InvalidParameter, match="sqlite:///"):
        open_stores(str(tmp_path / "mlflow.db"))


def test_artifacts_lie_in_the_folder_of_runs_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    stores = open_stores(str(tmp_path / "my runs"))
    experiment = stores.experiments.get_experiment("0")
    stores.close()
    assert experiment.artifact_location == f"{(tmp_path / 'my runs').as_uri()}/0"


def test_three_slashes_are_here_and_four_are_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sqlite_path("sqlite:///mlflow.db") == tmp_path / "mlflow.db"
    assert sqlite_path("sqlite:////data/mlflow.db") == Path("/data/mlflow.db")
    assert sqlite_path("sqlite+pysqlite:////data/mlflow.db?timeout=5") == Path("/data/mlflow.db")


@pytest.mark.skipif(sys.platform == "win32", reason="drives are at home there")
def test_a_windows_path_is_refused_elsewhere() -> None:
    with pytest.raises(InvalidParameter, match=r"Windows machine \(E:/mlflow.db\)"):
        sqlite_path("sqlite:///E:/mlflow.db")


def test_a_database_may_lie_in_the_home_and_have_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert sqlite_path("sqlite:///~/my%20runs.db") == sqlite_path("sqlite:///~/my runs.db") == tmp_path / "my runs.db"


@pytest.mark.parametrize(("text", "level"), [(None, 2), ("normal", 1), ("FULL", 2)])
def test_the_environment_says_how_hard_to_sync(tmp_path: Path, text: str | None, level: int) -> None:
    env = {} if text is None else {"KIROK_SQLITE_SYNCHRONOUS": text}
    stores = open_stores(f"sqlite:///{tmp_path / 'mlflow.db'}", artifact_root="/artifacts", env=env)
    try:
        database = stores.runs._database  # type: ignore[attr-defined]  # the one place to see it
        found = database.write(lambda transaction: transaction.connection.execute("PRAGMA synchronous").fetchone()[0])
        assert found == level
    finally:
        stores.close()


def test_another_way_to_sync_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="FULL or NORMAL"):
        open_stores(f"sqlite:///{tmp_path / 'mlflow.db'}", artifact_root="/a", env={"KIROK_SQLITE_SYNCHRONOUS": "OFF"})
    assert not list(tmp_path.iterdir())


def test_the_lightest_kinds_open(tmp_path: Path) -> None:
    for uri, kind in (("memory://", "memory"), ("http://localhost:1", "rest"), (f"sqlite:///{tmp_path}/m.db", "sql")):
        stores = open_stores(uri, artifact_root="/artifacts")
        assert stores.kind == kind
        stores.close()


def test_opening_a_database_that_is_there_loads_no_sqlalchemy(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    open_stores(uri, artifact_root="/artifacts").close()
    script = (
        "import sys; from kirok.stores.open import open_stores; stores = open_stores(sys.argv[1], artifact_root='/a'); "
        "stores.runs.create_run('0'); stores.runs.search_runs(['0']); stores.close(); "
        "print(sorted({'sqlalchemy', 'asyncio', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, uri], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_misspelt_kind_does_not_show_the_password() -> None:
    with pytest.raises(InvalidParameter, match="postgressql://me:") as refused:
        open_stores("postgressql://me:secret@host/runs")
    assert "secret" not in str(refused.value)


def test_a_database_in_a_folder_that_is_not_there_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no folder .*gone"):
        second_server(f"sqlite:///{tmp_path / 'gone' / 'mlflow.db'}")


def second_server(uri: str) -> None:
    with lock_for_serving(uri):
        pass


_HOLD = (
    "import sys; from kirok.stores.open import lock_for_serving\n"
    "with lock_for_serving(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def first_server(uri: str) -> "Iterator[subprocess.Popen[str]]":
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    if process.poll() is None:
        process.communicate("")


def test_a_second_server_on_one_file_is_refused(uri: str, first_server: "subprocess.Popen[str]") -> None:
    with pytest.raises(Unavailable, match=f"process {first_server.pid}"):
        second_server(uri)
    open_stores(uri, artifact_root="/artifacts").close()  # a client without a server is welcome
    first_server.communicate("")
    second_server(uri)
    second_server("http://localhost:5000")


def test_the_lock_ends_with_a_killed_process(uri: str, first_server: "subprocess.Popen[str]") -> None:
    first_server.kill()
    first_server.communicate()
    second_server(uri)
