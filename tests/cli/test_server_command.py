"""`kirok server` as a process: what it prints, how it stops, and why it may not start."""

import json
import os
import signal
import socket
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from cli.conftest import Command, Seeded
from running_servers import kirok_server, stop


def test_it_says_where_to_look_and_where_it_keeps_things(tmp_path: Path) -> None:
    with kirok_server(tmp_path) as running:
        with urllib.request.urlopen(f"{running.address}/version") as answer:
            assert answer.read() == b"3.17.2"
        assert stop(running.process) == 0
    assert running.log.read_text(encoding="utf-8").splitlines() == [
        f"kirok is at {running.address}   (Ctrl-C stops it)",
        f"  runs       in {tmp_path / 'mlflow.db'}: nothing yet",
        f"  artifacts  in {tmp_path / 'mlartifacts'}",
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_cleanly_and_leaves_one_whole_file(tmp_path: Path, number: signal.Signals) -> None:
    with kirok_server(tmp_path) as running:
        body = json.dumps({"name": "kept"}).encode()
        request = urllib.request.Request(f"{running.address}/api/2.0/mlflow/experiments/create", body)
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request).close()
        running.process.send_signal(number)
        assert running.process.wait(20) == 0
    assert [file.name for file in tmp_path.glob("mlflow.db*") if file.suffix in {".db-wal", ".db-shm"}] == []
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        assert ("kept",) in connection.execute("SELECT name FROM experiments").fetchall()
    assert "Traceback" not in running.log.read_text(encoding="utf-8")


def test_options_reach_the_running_server(tmp_path: Path) -> None:
    options = ["--static-prefix", "/ml", "--default-artifact-root", "roots", "--no-serve-artifacts"]
    with kirok_server(
        tmp_path, *options, env={"KIROK_BACKEND_STORE_URI": "sqlite:///other.db"}, prefix="/ml"
    ) as running:
        url = f"{running.address}/ml/api/2.0/mlflow/experiments/get?experiment_id=0"
        with urllib.request.urlopen(url) as answer:
            assert json.load(answer)["experiment"]["artifact_location"] == str(tmp_path / "roots" / "0")
        printed = running.log.read_text(encoding="utf-8")
    assert (tmp_path / "other.db").is_file()
    assert f"kirok is at {running.address}/ml " in printed
    assert f"not served here; of new experiments in {tmp_path / 'roots'}, written by the clients" in printed


def test_the_alias_of_mlflow_serves_too(kirok: Command) -> None:
    assert kirok("ui", "--backend-store-uri", "nonsense://x").returncode == 1


def test_a_port_in_use_is_one_line(kirok: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = kirok("server", "--port", port)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert port in line
    assert "--port" in line


def test_a_second_server_on_one_file_is_one_line(tmp_path: Path, kirok: Command) -> None:
    with kirok_server(tmp_path):
        answer = kirok("server", "--port", "0")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "mlflow.db" in line


def test_an_older_database_is_one_line(kirok: Command, seeded: Seeded) -> None:
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '75868b020152'")
    answer = kirok("server", "--port", "0", "--backend-store-uri", seeded.uri)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "kirok db upgrade" in line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--backend-store-uri", "nonsense://x"], "nonsense"),
        (["--backend-store-uri", "sqlite://x.db"], "three slashes"),
        (["--backend-store-uri", "sqlite:///"], "names no file"),
        (["--backend-store-uri", "sqlite:///no/such/x.db"], "no/such"),
        (["--backend-store-uri", "sqlite:///a-file/x.db"], "a-file"),
        (["--backend-store-uri", "sqlite:///a-file"], "a-file"),
        (["--backend-store-uri", "postgresql://me:secret@db/x"], "postgresql"),
        (["--artifacts-destination", "a-file/below"], "a-file"),
        (["--artifacts-destination", "/proc/here"], "/proc/here"),
        (["--artifacts-destination", "nonsense://x"], "nonsense"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--backend-store-uri", "postgresql://me:secret@localhost:abc/x"], "invalid port 'abc'"),
        (["--backend-store-uri", "mysql+foo://me:secret@localhost/x"], "Unknown driver 'foo'"),
        (["--backend-store-uri", "postgresql+foo://me:secret@localhost/x"], "Unknown driver 'foo'"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)
def test_what_stands_in_the_way_is_one_line(kirok: Command, tmp_path: Path, options: list[str], said: str) -> None:
    (tmp_path / "a-file").write_text("not a folder and no database\n" * 50, encoding="utf-8")
    answer = kirok("server", "--port", "0", *options)
    assert answer.returncode == 1
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert line.startswith("Error: ")
    assert said in line
    assert "secret" not in line
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]  # nothing is left of the attempt


def test_a_server_that_cannot_listen_leaves_nothing_behind(kirok: Command, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert kirok("server", "--port", str(taken.getsockname()[1])).returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_second_server_takes_nothing_from_the_first(tmp_path: Path, kirok: Command) -> None:
    """The lock's file goes with its holder, and no sooner."""
    lock = tmp_path / "mlflow.db-kirok-server.lock"
    with kirok_server(tmp_path):
        for _ in range(2):
            assert kirok("server", "--port", "0").returncode == 1
            assert lock.exists()
    assert not lock.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--artifacts-only", "--no-serve-artifacts"], ["--artifacts-only", "--no-serve-artifacts"]),
        (
            ["--no-serve-artifacts", "--default-artifact-root", "mlflow-artifacts:/"],
            ["--default-artifact-root=mlflow-artifacts:/", "--no-serve-artifacts forbids"],
        ),
        (["--artifacts-only", "--backend-store-uri", "sqlite:///x.db"], ["--artifacts-only", "sqlite:///x.db"]),
        (["--backend-store-uri", "http://me:secret@host:5000"], ["http://", "is a tracking server", "kirok copy"]),
        (["--default-artifact-root", "E:\\runs"], ["--default-artifact-root", "Windows"]),
        (["--artifacts-destination", "file:///E:/runs"], ["--artifacts-destination", "Windows"]),
    ],
    ids=" ".join,
)
@pytest.mark.skipif(os.name == "nt", reason="drives are places there")
def test_options_that_contradict_each_other_are_named(
    kirok_in_process: Command, tmp_path: Path, options: list[str], said: list[str]
) -> None:
    answer = kirok_in_process("server", "--port", "0", *options)
    assert answer.returncode == 2
    for words in said:
        assert words in answer.stderr
    assert "secret" not in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_no_number_is_a_usage_error(kirok: Command) -> None:
    for port in ("http", "70000", "-1"):
        answer = kirok("server", "--port", port)
        assert answer.returncode == 2
        assert "--port" in answer.stderr
