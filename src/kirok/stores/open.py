"""From a URI to stores. The only file that knows every kind; each is imported when it is asked for."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kirok.base.errors import InvalidParameter, NotSupported
from kirok.base.settings import DatabaseSettings, TransportSettings, sqlite_synchronous
from kirok.entities.experiments import Experiment
from kirok.rules.locations import LOCAL_ARTIFACT_ROOT
from kirok.rules.passwords import without_password
from kirok.rules.uris.databases import Database
from kirok.rules.uris.here import in_full, path_here
from kirok.rules.uris.parse import parse
from kirok.rules.uris.parse import scheme as uri_scheme
from kirok.rules.uris.paths import LocalPath
from kirok.stores.protocols import Stores

if TYPE_CHECKING:
    from kirok.stores.sql.connection import Connection
    from kirok.stores.sql.migrations.old_database import OldDatabase
    from kirok.stores.sql.schema import SchemaState
    from kirok.stores.sql.served.server import DatabaseServer

_WHAT_WORKS = (
    "Use sqlite:///mlflow.db (a file here), sqlite:////data/mlflow.db (anywhere), postgresql://user@host/mlflow, "
    "mysql+pymysql://user@host/mlflow, ./mlruns (a folder of runs), or http://host:5000 (a server)."
)
# `127.0.0.1:5000`: what people write who mean a server. `localhost:5000` is a URI already, of no known scheme.
_ADDRESS = re.compile(r"[\d.]+:\d{1,5}(/.*)?")
_DATABASES = ("postgresql", "postgres", "mysql", "mariadb")
# What SQLAlchemy's users write between the `+` and the colon; kirok has a driver of its own choice for each.
_DRIVERS = {
    "postgresql": ("psycopg", "psycopg2", "psycopg2cffi", "pg8000", "asyncpg"),
    "mysql": ("pymysql", "mysqldb", "mysqlconnector", "mariadbconnector", "cymysql", "aiomysql", "asyncmy", "pyodbc"),
}
_DATABRICKS = ("databricks", "databricks-uc", "uc")


def open_stores(
    uri: str,
    *,
    artifact_root: str | None = None,
    truncate_long_values: bool = True,
    synchronous: str | None = None,
    transport: TransportSettings | None = None,
    env: Mapping[str, str] | None = None,
) -> Stores:
    """The stores at `uri`: `sqlite:///…`, `postgresql://…`, `mysql+pymysql://…`, a folder (a path or `file:///…`),
    `http://…`, `https://…`, or `memory://` (ends with the process).

    `artifact_root` is where experiments without a location of their own keep their files, made absolute; a server has
    its own, and None is where MLflow puts them: in the folder of runs, else in `./mlruns`.
    `synchronous` (FULL or NORMAL, for SQLite and folders) and `transport` (for HTTP) come from the environment where
    not given.
    Raises InvalidParameter for a URI that cannot be read or used, PermissionDenied for a place that may not be
    written, NotSupported for a kind of store that is not there yet. Every message names the mend.
    """
    env = os.environ if env is None else env
    artifact_root = None if artifact_root is None else in_full(artifact_root)
    scheme = _scheme(uri)
    if scheme in (None, "file"):
        from kirok.stores.file.store import open_file

        return open_file(
            folder_path(uri),
            artifact_root=artifact_root,
            truncate_long_values=truncate_long_values,
            synchronous=(synchronous or sqlite_synchronous(env)).upper(),
            env=env,
        )
    if artifact_root is None:
        artifact_root = in_full(LOCAL_ARTIFACT_ROOT)
    if scheme == "sqlite":
        from kirok.stores.sql.store import open_sqlite

        return open_sqlite(
            sqlite_path(uri),
            uri=uri,
            artifact_root=artifact_root,
            truncate_long_values=truncate_long_values,
            synchronous=(synchronous or sqlite_synchronous(env)).upper(),
            read_timeout_s=DatabaseSettings.read(env).statement_timeout_s,
        )
    if scheme in _DATABASES:
        from kirok.stores.sql.store import open_served

        settings = DatabaseSettings.read(env)
        return open_served(
            database_server(uri, settings),
            settings,
            artifact_root=artifact_root,
            truncate_long_values=truncate_long_values,
        )
    if scheme in ("http", "https"):
        from kirok.stores.rest import open_rest

        return open_rest(uri, transport or TransportSettings.read(env))
    if scheme == "memory":
        from kirok.stores.memory import open_memory

        return open_memory(artifact_root, truncate_long_values=truncate_long_values)
    raise _refusal(uri, scheme)


def kind_of(uri: str) -> str:
    """`file` (a folder of runs), `sqlite`, `database` (on a server of databases), `server` (of kirok or MLflow) or
    `memory`; raises as `open_stores` for a URI of no kind that can be opened.
    """
    scheme = _scheme(uri)
    if scheme in (None, "file"):
        return "file"
    if scheme in ("sqlite", "memory"):
        return scheme
    if scheme in _DATABASES:
        return "database"
    if scheme in ("http", "https"):
        return "server"
    raise _refusal(uri, scheme)


def takes_several_servers(uri: str) -> bool:
    """Whether several processes may serve the store at `uri` at the same time."""
    return _scheme(uri) in _DATABASES


def database_server(uri: str, settings: DatabaseSettings) -> "DatabaseServer":
    """How to reach the PostgreSQL or MySQL database at `uri`; InvalidParameter where its driver is not known or not
    installed.
    """
    scheme = _scheme(uri)
    _check_driver(uri, "postgresql" if scheme in ("postgresql", "postgres") else "mysql")
    try:
        if scheme in ("postgresql", "postgres"):
            from kirok.stores.sql.postgresql.server import PostgresqlServer

            return PostgresqlServer(uri, settings)
        from kirok.stores.sql.mysql.server import MysqlServer

        return MysqlServer(uri, settings)
    except ImportError as error:
        extra = "mysql" if scheme in ("mysql", "mariadb") else "postgres"
        raise InvalidParameter(
            f"The driver of {scheme} databases is not installed ({error.name}): pip install 'kirok[{extra}]'."
        ) from error


def _check_driver(uri: str, kind: str) -> None:
    driver = uri.partition(":")[0].lower().partition("+")[2]
    if driver and driver not in _DRIVERS[kind]:
        raise InvalidParameter(
            f"Unknown driver {driver!r} in the database URI {without_password(uri)!r}. Leave it out, or write one of "
            f"{', '.join(_DRIVERS[kind])}."
        )


def lock_for_serving(uri: str) -> AbstractContextManager[None]:
    """While it is entered, no second server can serve the database file at `uri`; Unavailable where one does.

    Clients that open the file without a server are not kept out. Other kinds of store need no such lock.
    """
    if _scheme(uri) != "sqlite":
        return nullcontext()
    from kirok.stores.sql.sqlite.serving_lock import ServingLock

    return ServingLock(sqlite_path(uri))


def has_schema(uri: str) -> bool:
    """Whether the database at `uri` has the schema this version speaks; False where it is yet to be made.

    Changes nothing. Raises as `open_stores` does, and InvalidParameter for a server.
    """
    from kirok.stores.sql.schema import is_at_head

    with _looking_at(uri) as (connection, shown):
        return connection is not None and is_at_head(connection, shown)


def schema_state(uri: str) -> "SchemaState":
    """How the schema of the database at `uri` stands to this version's. Changes nothing; raises as `has_schema`."""
    from kirok.stores.sql.schema import SchemaState
    from kirok.stores.sql.schema import schema_state as state_of

    with _looking_at(uri) as (connection, shown):
        return SchemaState.EMPTY if connection is None else state_of(connection, shown)


@contextmanager
def _looking_at(uri: str) -> Iterator["tuple[Connection | None, str]"]:
    """A connection to look with, None where there is no database yet; and what messages call the database."""
    scheme = _scheme(uri)
    if scheme in ("http", "https"):
        raise InvalidParameter(
            f"{without_password(uri)!r} is a server, not a database: name the database that the server runs on."
        )
    if scheme in (None, "file"):
        raise InvalidParameter(
            f"{uri!r} is a folder of runs, not a database: there are no tables in it, and nothing to do."
        )
    if scheme in _DATABASES:
        server = database_server(uri, DatabaseSettings.read(os.environ))
        with closing(server.connect()) as served:
            yield served, server.shown
    elif scheme == "sqlite":
        from kirok.stores.sql.sqlite.inspection import looking_at

        with looking_at(sqlite_path(uri)) as connection:
            yield connection, uri
    else:
        raise _refusal(uri, scheme)


def experiments_at(uri: str) -> list[tuple[Experiment, int]]:
    """(experiment, its runs in use) of each experiment in use in the database or folder at `uri`, newest first.

    Changes nothing, unlike opening a store, which adds what is kirok's own. Raises as `open_stores` does.
    """
    if _scheme(uri) in (None, "file"):
        from kirok.stores.file.visits import experiments_in_use as in_folder

        return in_folder(folder_path(uri))
    from kirok.stores.sql.visits import experiments_in_use

    with _looking_at(uri) as (connection, _):
        return [] if connection is None else experiments_in_use(connection)


def rehearse_write(uri: str, *, timeout_s: float) -> None:
    """Write to the database or folder at `uri` and undo it, waiting `timeout_s` for other writers at most.

    The store must be there. Raises the KirokError that a write would raise.
    """
    scheme = _scheme(uri)
    if scheme in (None, "file"):
        from kirok.stores.file.visits import rehearse_write as in_folder

        in_folder(folder_path(uri))
        return
    from kirok.stores.sql.visits import rehearse_write as in_transaction

    if scheme in _DATABASES:
        settings = msgspec.structs.replace(DatabaseSettings.read(os.environ), connect_timeout_s=timeout_s)
        with closing(database_server(uri, settings).connect()) as served:
            served.begin()
            in_transaction(served)
        return
    from kirok.stores.sql.sqlite.visits import begun

    with begun(sqlite_path(uri), timeout_s) as connection:
        in_transaction(connection)


@contextmanager
def old_database(uri: str) -> Iterator["OldDatabase"]:
    """The database at `uri`, at an older revision or the head: to plan its upgrade, to upgrade it, to compare its
    schema with the head's. Ask `schema_state` first whether it is one of these. Raises as `has_schema`.
    """
    from kirok.stores.sql.migrations.old_database import open_old_database

    if _scheme(uri) == "sqlite":
        from kirok.stores.sql.sqlite.dialect import SQLITE
        from kirok.stores.sql.sqlite.upgrading import connect_to_rebuild

        opened = open_old_database(SQLITE, partial(connect_to_rebuild, sqlite_path(uri)))
    else:
        # A limit for requests is none for an upgrade.
        settings = msgspec.structs.replace(DatabaseSettings.read(os.environ), statement_timeout_s=0)
        server = database_server(uri, settings)
        opened = open_old_database(server.dialect, lambda: server.connect().raw)
    with opened as database:
        yield database


def detach(uri: str) -> list[str]:
    """Remove kirok's own tables and indexes from the database at `uri`; their names.

    Raises as `has_schema` does, PermissionDenied where the account may not, and Unavailable where a server of this
    machine is serving the file.
    """
    if not has_schema(uri):
        return []
    from kirok.stores.sql.detachment import detach as detach_from

    with lock_for_serving(uri):
        if _scheme(uri) == "sqlite":
            from kirok.stores.sql.sqlite.engine import SqliteConnection, SqliteFile

            with closing(SqliteFile(sqlite_path(uri)).connect(SqliteConnection)) as connection:
                return detach_from(connection)
        with closing(database_server(uri, DatabaseSettings.read(os.environ)).connect()) as served:
            return detach_from(served)


def sqlite_path(uri: str) -> Path:
    """The file a SQLite URI names: `sqlite:///here.db`, `sqlite:////there.db`, `sqlite:///E:/there.db`."""
    place = parse(uri)
    if not isinstance(place, Database) or not uri.partition(":")[2].startswith("///"):
        raise InvalidParameter(
            f"Invalid database URI {uri!r}: SQLite takes three slashes before a relative path and four before an "
            f"absolute one. {_WHAT_WORKS}"
        )
    if place.file is None:
        raise InvalidParameter(
            f"Invalid database URI {uri!r}: it names no file, and a database in memory could not be shared between "
            f"threads. {_WHAT_WORKS}"
        )
    return path_here(place.file, uri)


def folder_path(uri: str) -> str:
    """The folder of runs at a path or `file:` URI, as this machine names it.

    InvalidParameter for a URI of another kind, a drive or share that this machine has none of, and one that names
    nothing.
    """
    place = parse(uri)
    if not isinstance(place, LocalPath) or not place.path:
        raise InvalidParameter(f"The tracking URI {uri!r} names no folder. {_WHAT_WORKS}")
    path = path_here(place, uri)
    if _ADDRESS.fullmatch(uri) and not path.exists():
        raise InvalidParameter(f"The tracking URI {uri!r} would be a folder of that name. Write http://{uri} instead.")
    return str(path)


def _scheme(uri: str) -> str | None:
    if uri in _DATABRICKS:
        return uri  # MLflow takes the bare word, too
    # `sqlite+pysqlite://` names a driver; there is one here.
    return uri_scheme(uri).partition("+")[0] or None


def _refusal(uri: str, scheme: str | None) -> Exception:
    if scheme in ("mssql", "oracle", "cockroachdb"):
        return NotSupported(f"Databases of kind {scheme!r} cannot be opened. {_WHAT_WORKS}")
    if scheme in _DATABRICKS:
        return NotSupported(f"Databricks ({uri!r}) is not among the stores of kirok. {_WHAT_WORKS}")
    return InvalidParameter(f"The tracking URI {without_password(uri)!r} is of no known kind. {_WHAT_WORKS}")
