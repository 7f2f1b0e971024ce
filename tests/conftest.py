"""Real servers for whoever asks for one, started on first use: a PostgreSQL and a MariaDB per test process, and object
stores that all test processes of a session share.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import object_servers
from databases import DatabaseServer, MariadbServer, PostgresqlServer, server_for_tests
from object_servers import Bucket, MotoServer, ObjectServer


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


@pytest.fixture(scope="session")
def place_of_servers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test session know."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def new_bucket() -> Callable[[ObjectServer], Bucket]:
    """Makes empty buckets, each of a name that no other process of this session gives."""
    numbers = itertools.count(1)

    def create(server: ObjectServer) -> Bucket:
        return server.create(f"test-{os.getpid()}-{next(numbers)}")

    return create


@pytest.fixture(scope="session")
def moto_server(place_of_servers: Path) -> Iterator[MotoServer]:
    """An S3 that believes every signature, shared: nobody may stop it."""
    yield from object_servers.server_for_tests(MotoServer, place_of_servers)


@pytest.fixture
def moto_s3(moto_server: MotoServer, new_bucket: Callable[[ObjectServer], Bucket]) -> Bucket:
    """An empty bucket at moto."""
    return new_bucket(moto_server)
