"""The client on real stores: a SQLite file without a server, and `kirok server` over HTTP. Tests cannot tell which."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import kirok
from kirok.client.session import SESSION
from running_servers import kirok_server


@pytest.fixture(scope="session")
def server_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a database of its own."""
    with kirok_server(tmp_path_factory.mktemp("server")) as running:
        yield running.address


@pytest.fixture(autouse=True)
def fresh_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has tracked nothing yet, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    for name in before:
        if name.startswith(("MLFLOW_", "KIROK_")):
            del os.environ[name]
    yield
    while kirok.active_run() is not None:
        kirok.end_run()
    SESSION.close()
    SESSION.set_tracking_uri(None)
    SESSION.set_registry_uri(None)
    SESSION.experiment_id = None
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def in_file(tmp_path: Path) -> str:
    """Tracking into a SQLite file."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    kirok.set_tracking_uri(uri)
    return uri


@pytest.fixture(params=["file", "server"])
def tracked(request: pytest.FixtureRequest) -> str:
    """Tracking into a file, and to a server; an experiment of the test's own is active. Its value is the URI."""
    uri: str = request.getfixturevalue("in_file" if request.param == "file" else "server_address")
    kirok.set_tracking_uri(uri)
    kirok.set_experiment(f"{request.node.name} {os.urandom(4).hex()}")
    return uri
