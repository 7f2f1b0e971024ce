"""A database server that is not there, goes away, or does not want us: a clear line, and nothing acknowledged lost."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from databases import PASSWORD, USER, DatabaseServer
from faults.backends import Backend
from faults.starting import said_at_start
from faults.writing import IMPATIENT, PATIENT, Client, at_work, check, have_logged, new_runs, wait_until
from kirok.base.errors import Unavailable
from kirok.stores.rest import open_rest
from running_servers import kirok_server


def test_a_database_that_is_away_at_start_is_named(mortal_server: DatabaseServer, tmp_path: Path) -> None:
    uri = mortal_server.uri("anything")
    mortal_server.stop()
    try:
        said = said_at_start(tmp_path, uri)
    finally:
        mortal_server.start()
    assert "cannot be reached" in said
    assert f"127.0.0.1:{mortal_server.port}" in said


def test_a_wrong_password_is_named(served: Backend, tmp_path: Path) -> None:
    said = said_at_start(tmp_path, served.uri.replace(f":{PASSWORD}@", ":wr0ng@"))
    assert "password" in said
    assert "wr0ng" not in said


def test_an_account_that_nobody_has_is_named(served: Backend, tmp_path: Path) -> None:
    said = said_at_start(tmp_path, served.uri.replace(f"//{USER}:", "//stranger:"))
    assert "stranger" in said


def test_a_database_that_nobody_made_is_named(mortal_server: DatabaseServer, tmp_path: Path) -> None:
    said = said_at_start(tmp_path, mortal_server.uri("nowhere"))
    assert "no such database" in said
    assert "nowhere" in said


def test_an_account_that_may_not_make_tables_is_told(served: Backend, tmp_path: Path) -> None:
    assert served.server is not None
    kind = urlsplit(served.uri).scheme
    database = served.server.name_of(served.uri)
    if kind == "postgresql":
        served.server.execute("DROP ROLE IF EXISTS reader")
        served.server.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    else:
        served.server.execute(f"CREATE OR REPLACE USER reader@'%' IDENTIFIED BY '{PASSWORD}'")
        served.server.execute(f"GRANT SELECT ON {database}.* TO reader@'%'")
    said = said_at_start(tmp_path, served.uri.replace(f"//{USER}:", "//reader:"))
    assert "denied" in said
    assert "rant" in said  # the mend


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_clients_outlast_a_database_that_is_away(served: Backend, tmp_path: Path, how: str) -> None:
    assert served.server is not None
    with kirok_server(tmp_path, "--backend-store-uri", served.uri) as running:
        runs = new_runs(running.address, 4)
        clients = [Client(number, running.address, runs[number // 2], PATIENT) for number in range(8)]
        with at_work(clients):
            wait_until(lambda: have_logged(clients, 10))
            served.server.kill() if how == "killed" else served.server.stop()
            # What a killed PostgreSQL leaves running may still finish what it is at.
            wait_until(lambda: not _takes_connections(served))
            with pytest.raises(Unavailable, match="cannot be reached"):
                new_runs(running.address, 10)
            _reads_are_refused(running.address, runs[0])
            served.server.start()
            reached = [len(client.params) for client in clients]
            wait_until(lambda: all(len(client.params) > at + 10 for client, at in zip(clients, reached, strict=True)))
        assert [client.refusal for client in clients] == [None] * 8
        assert running.process.poll() is None
    check(served, clients)


def _takes_connections(served: Backend) -> bool:
    assert served.server is not None
    try:
        served.server.execute("SELECT 1")
    except Exception:
        return False
    return True


def _reads_are_refused(address: str, run_id: str) -> None:
    stores = open_rest(address, IMPATIENT)
    with pytest.raises(Unavailable, match="cannot be reached"):
        stores.runs.get_run(run_id)
    stores.close()
