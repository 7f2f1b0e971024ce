"""Database servers that may be killed: not those that other tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import DatabaseServer, MariadbServer, PostgresqlServer, server_for_tests
from faults.backends import Backend, file_backend, served_backend


@pytest.fixture(scope="package")
def mortal_postgresql() -> Iterator[PostgresqlServer]:
    yield from server_for_tests(PostgresqlServer)


@pytest.fixture(scope="package")
def mortal_mariadb() -> Iterator[MariadbServer]:
    yield from server_for_tests(MariadbServer)


@pytest.fixture(params=["mortal_postgresql", "mortal_mariadb"], ids=["postgresql", "mariadb"])
def mortal_server(request: pytest.FixtureRequest) -> DatabaseServer:
    """A database server that a test may stop and kill, if it starts it again."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def served(mortal_server: DatabaseServer) -> Backend:
    """An empty database on it."""
    return served_backend(mortal_server)


@pytest.fixture(params=["sqlite", "mortal_postgresql", "mortal_mariadb"], ids=["sqlite", "postgresql", "mariadb"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return file_backend(tmp_path / "mlflow.db")
    return served_backend(request.getfixturevalue(request.param))
