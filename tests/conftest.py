"""Real servers for whoever asks for one, started on first use by each test process."""

import itertools
from collections.abc import Callable, Iterator

import pytest

import object_servers
from databases import DatabaseServer, MariadbServer, PostgresqlServer, server_for_tests
from object_servers import AzuriteServer, Bucket, GcsServer, MotoServer, ObjectServer, RgwServer


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
def new_bucket() -> Callable[[ObjectServer], Bucket]:
    """Makes empty buckets."""
    numbers = itertools.count(1)
    return lambda server: server.create(f"test-{next(numbers)}")


@pytest.fixture(scope="session")
def rgw_server() -> Iterator[RgwServer]:
    """An S3 that refuses wrong keys and bad signatures."""
    yield from object_servers.server_for_tests(RgwServer)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[MotoServer]:
    """An S3 that starts at once and believes every signature."""
    yield from object_servers.server_for_tests(MotoServer)


@pytest.fixture(scope="session")
def azurite_server() -> Iterator[AzuriteServer]:
    """Azure's blob storage, as Microsoft imitates it."""
    yield from object_servers.server_for_tests(AzuriteServer)


@pytest.fixture(scope="session")
def gcs_server() -> Iterator[GcsServer]:
    """Google's storage, as we imitate it."""
    yield from object_servers.server_for_tests(GcsServer)


@pytest.fixture
def s3(rgw_server: RgwServer, new_bucket: Callable[[ObjectServer], Bucket]) -> Bucket:
    """An empty bucket at Ceph's S3."""
    return new_bucket(rgw_server)


@pytest.fixture
def moto_s3(moto_server: MotoServer, new_bucket: Callable[[ObjectServer], Bucket]) -> Bucket:
    """An empty bucket at moto."""
    return new_bucket(moto_server)


@pytest.fixture
def azurite(azurite_server: AzuriteServer, new_bucket: Callable[[ObjectServer], Bucket]) -> Bucket:
    """An empty container at Azurite."""
    return new_bucket(azurite_server)


@pytest.fixture
def gcs(gcs_server: GcsServer, new_bucket: Callable[[ObjectServer], Bucket]) -> Bucket:
    """An empty bucket at the stand-in for Google's storage."""
    return new_bucket(gcs_server)
