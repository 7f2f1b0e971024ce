"""Real database servers for whoever asks for one: a PostgreSQL and a MariaDB per test process, started on first use."""

from collections.abc import Iterator

import pytest

from databases import DatabaseServer, MariadbServer, PostgresqlServer, server_for_tests


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    yield from server_for_tests(PostgresqlServer)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariadbServer]:
    yield from server_for_tests(MariadbServer)


@pytest.fixture
def postgresql_uri(postgresql_server: PostgresqlServer) -> str:
    """An empty PostgreSQL database of this test's own."""
    return postgresql_server.create()


@pytest.fixture
def mariadb_uri(mariadb_server: MariadbServer) -> str:
    """An empty MariaDB database of this test's own."""
    return mariadb_server.create()


@pytest.fixture(params=["postgresql_server", "mariadb_server"])
def database_server(request: pytest.FixtureRequest) -> DatabaseServer:
    """Each kind of server in turn."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server
