"""The servers that the other tests rest on: fresh databases, a kill that loses nothing, and no trace afterwards."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from databases import DatabaseServer, PostgresqlServer

TESTS = Path(__file__).parents[1]


def test_each_database_is_new_and_empty(database_server: DatabaseServer) -> None:
    first, second = database_server.create(), database_server.create()
    assert first != second
    database_server.execute("CREATE TABLE drawings (id INTEGER PRIMARY KEY)", database_server.name_of(first))
    assert list(database_server.execute("SELECT * FROM drawings", database_server.name_of(first))) == []
    with pytest.raises(Exception, match="drawings"):
        database_server.execute("SELECT * FROM drawings", database_server.name_of(second))


def test_a_clone_has_the_rows_of_its_template(postgresql_server: PostgresqlServer) -> None:
    template = postgresql_server.create()
    postgresql_server.execute("CREATE TABLE drawings AS SELECT 7 AS id", postgresql_server.name_of(template))
    clone = postgresql_server.clone(template)
    assert postgresql_server.execute("SELECT id FROM drawings", postgresql_server.name_of(clone)) == [(7,)]


def test_a_killed_server_comes_back_at_its_address_with_what_was_committed(database_server: DatabaseServer) -> None:
    uri = database_server.create()
    name = database_server.name_of(uri)
    database_server.execute("CREATE TABLE drawings (id INTEGER PRIMARY KEY)", name)
    database_server.execute("INSERT INTO drawings VALUES (7)", name)
    database_server.kill()
    with pytest.raises(Exception, match=r"(?i)refused|can't connect"):
        database_server.execute("SELECT 1")
    database_server.start()
    assert list(database_server.execute("SELECT id FROM drawings", name)) == [(7,)]
    assert database_server.uri(name) == uri


def test_a_server_goes_with_the_process_that_started_it(database_server: DatabaseServer) -> None:
    kind = type(database_server).__name__
    program = (
        f"import databases, time; s = databases.{kind}.launch(); print(s.port, s.folder, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=TESTS)
    assert starter.stdout is not None
    port, _, folder_name = starter.stdout.readline().strip().partition(" ")
    folder = Path(folder_name)
    assert (folder / "data").is_dir()
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port))).close()
