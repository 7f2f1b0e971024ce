"""Every kind of store under one name: the tests cannot tell which one they have."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import Struct

from contract.in_process import InProcess
from databases import MariadbServer, PostgresqlServer
from kirok.base.settings import ServerSettings, TransportSettings
from kirok.server.app import create_app
from kirok.stores.file.store import open_file
from kirok.stores.memory import open_memory
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores
from kirok.stores.rest import open_rest
from restored_databases import RestoredDatabase, RestoredMariadb, RestoredPostgresql

FIRST_ANSWER_COUNTS = TransportSettings(max_retries=0)


class Place(Struct, frozen=True):
    """Where a test may put things."""

    folder: Path
    empty_database: Path
    """A SQLite file with the schema and the experiment `Default`; made once, as making it is most of a test's time."""
    restored: Callable[[str], RestoredDatabase]
    """A database with the same in it, by the name of its fixture."""


def memory(place: Place) -> Iterator[Stores]:
    stores = open_memory(artifact_root=str(place.folder / "artifacts"))
    yield stores
    stores.close()


def sqlite(place: Place) -> Iterator[Stores]:
    file = shutil.copy(place.empty_database, place.folder / "mlflow.db")
    stores = open_stores(f"sqlite:///{file}", artifact_root=str(place.folder / "artifacts"))
    yield stores
    stores.close()


def file(place: Place) -> Iterator[Stores]:
    stores = open_file(str(place.folder / "mlruns"), artifact_root=str(place.folder / "artifacts"))
    yield stores
    stores.close()


def postgresql(place: Place) -> Iterator[Stores]:
    yield from _restored("restored_postgresql", place)


def mariadb(place: Place) -> Iterator[Stores]:
    yield from _restored("restored_mariadb", place)


def _restored(fixture: str, place: Place) -> Iterator[Stores]:
    database = place.restored(fixture)
    database.restore()
    stores = open_stores(database.uri, artifact_root=str(place.folder / "artifacts"))
    yield stores
    stores.close()


def rest_over_memory(place: Place) -> Iterator[Stores]:
    yield from _rest_over(memory, place)


def rest_over_sqlite(place: Place) -> Iterator[Stores]:
    yield from _rest_over(sqlite, place)


def rest_over_file(place: Place) -> Iterator[Stores]:
    yield from _rest_over(file, place)


def _rest_over(make: Callable[[Place], Iterator[Stores]], place: Place) -> Iterator[Stores]:
    settings = ServerSettings(artifacts_destination=str(place.folder / "destination"))
    for served in make(place):
        stores = open_rest("http://localhost", FIRST_ANSWER_COUNTS, InProcess(create_app(settings, served)))
        yield stores
        stores.close()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    open_stores(f"sqlite:///{folder / 'mlflow.db'}", artifact_root=str(folder / "artifacts")).close()
    return folder / "mlflow.db"


@pytest.fixture(scope="session")
def restored_postgresql(
    postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RestoredDatabase]:
    # Over the socket, where checking the password would be most of a connection's time.
    uri = postgresql_server.socket_uri(postgresql_server.name_of(postgresql_server.create()))
    open_stores(uri, artifact_root=str(tmp_path_factory.mktemp("empty") / "artifacts")).close()
    with closing(RestoredPostgresql(postgresql_server, uri)) as database:
        yield database


@pytest.fixture(scope="session")
def restored_mariadb(
    mariadb_server: MariadbServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RestoredDatabase]:
    uri = mariadb_server.create() + "?ssl_disabled=true"  # TLS would take most of the time of opening a store
    open_stores(uri, artifact_root=str(tmp_path_factory.mktemp("empty") / "artifacts")).close()
    with closing(RestoredMariadb(mariadb_server, uri)) as database:
        yield database


@pytest.fixture(
    params=[memory, sqlite, postgresql, mariadb, file, rest_over_memory, rest_over_sqlite, rest_over_file],
    ids=lambda make: make.__name__,
)
def stores(request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path) -> Iterator[Stores]:
    """A store of each kind, with nothing in it but the experiment `Default`."""
    yield from request.param(Place(tmp_path, empty_database, request.getfixturevalue))


@pytest.fixture
def keys_name_files(request: pytest.FixtureRequest, stores: Stores) -> bool:
    """Whether a tag's key names a file below the store, so that some keys cannot be kept, as in MLflow's folders."""
    return request.node.callspec.params["stores"] in (file, rest_over_file)


@pytest.fixture
def columns_have_widths(request: pytest.FixtureRequest, stores: Stores) -> bool:
    """Whether the database refuses a text that MLflow's column is too narrow for, though its API allows it."""
    return request.node.callspec.params["stores"] in (postgresql, mariadb)


@pytest.fixture
def refuses_nul(request: pytest.FixtureRequest, stores: Stores) -> bool:
    """Whether no text may hold the character NUL."""
    return bool(request.node.callspec.params["stores"] is postgresql)


@pytest.fixture
def experiment_id(stores: Stores) -> str:
    """A new experiment."""
    return stores.experiments.create_experiment("speech")


@pytest.fixture
def run_id(stores: Stores, experiment_id: str) -> str:
    """A new run in it."""
    return stores.runs.create_run(experiment_id, run_name="first", start_time=1_000).info.run_id
