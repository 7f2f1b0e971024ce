"""The schema of a database: whether it is the one this version speaks, and how a new one is made."""

import logging
from enum import StrEnum

from kirok.base.clock import Clock
from kirok.base.errors import InvalidParameter
from kirok.rules.locations import below
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.own_tables import alone, create_own
from kirok.stores.sql.read_only import is_readable

_log = logging.getLogger(__name__)

HEAD = "dc11669786a5"
"""MLflow's schema revision: that of 3.17.2. MLflow refuses a database whose revision is not its own."""

BEGUN = "kirok_creation_begun"
"""A table that stands for as long as the schema is being made."""


class SchemaState(StrEnum):
    """How the schema of a database stands to this version's."""

    EMPTY = "no table"
    CURRENT = "this version's"
    OLDER = "an earlier revision of MLflow"
    UNKNOWN = "a revision that is not known, of a newer MLflow as a rule"


def prepare(connection: Connection, uri: str, artifact_root: str, clock: Clock) -> str | None:
    """Make the schema in an empty database; refuse, changing nothing, one that is not at HEAD.

    Experiment 0, `Default`, is made where there is no experiment at all. The answer is why the database can only be
    read, None where it can be written: one of a newer MLflow is read where what we use of it is as we know it.
    """
    if schema_state(connection, uri) is SchemaState.UNKNOWN and is_readable(connection):
        create_own(connection)  # ours alone, and reads rest on them
        reason = (
            f"The database at {uri} is only read: it is at schema revision {_recorded(connection)}, probably of a "
            f"newer MLflow, and this version of kirok writes {HEAD}, that of MLflow 3.17.2. Install a newer kirok to "
            "write to it."
        )
        _log.warning(reason)
        return reason
    if not is_at_head(connection, uri):
        _create(connection, uri)
    create_own(connection)
    _make_default_experiment(connection, artifact_root, clock)
    return None


def _create(connection: Connection, uri: str) -> None:
    from kirok.stores.sql.tables.creation import creation_statements  # SQLAlchemy: before the lock, not under it

    statements = creation_statements(connection.dialect.kind)
    with alone(connection):
        if is_at_head(connection, uri):  # another process may have been quicker
            return
        # MySQL commits each of these by itself. The table says that they were begun, and whoever finds it begins anew.
        tables = _table_names(connection)
        if tables:
            connection.execute("SET FOREIGN_KEY_CHECKS = 0")
            for table in sorted(tables - {BEGUN}):
                connection.execute(f"DROP TABLE `{table}`")
            connection.execute("SET FOREIGN_KEY_CHECKS = 1")
        else:
            connection.execute(f"CREATE TABLE {BEGUN} (begun INTEGER)")
        for statement in statements:
            connection.execute(statement)
        connection.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))
        connection.execute(
            "INSERT INTO workspaces (name, description) VALUES ('default', 'Default workspace for legacy resources')"
        )
        connection.execute(f"DROP TABLE {BEGUN}")


def _table_names(connection: Connection) -> set[str]:
    return {name for (name,) in connection.execute(connection.dialect.table_names)}


def is_at_head(connection: Connection, uri: str) -> bool:
    """False for a database without any table. InvalidParameter, naming the mend, for any schema but this version's."""
    match schema_state(connection, uri):
        case SchemaState.EMPTY:
            return False
        case SchemaState.OLDER:
            raise InvalidParameter(
                f"The database at {uri} is older than this version of kirok speaks (at revision "
                f"{_recorded(connection)}; wanted {HEAD}, that of MLflow 3.17.2). Nothing was changed. See what an "
                f"upgrade would do with `kirok db upgrade --plan {uri}`, and do it with `kirok db upgrade {uri}`."
            )
        case SchemaState.UNKNOWN:
            raise InvalidParameter(
                f"The database at {uri} is at schema revision {_recorded(connection)}, which this version of kirok "
                f"does not know (it speaks {HEAD}, that of MLflow 3.17.2). It was probably written by a newer MLflow: "
                "install a newer kirok. Nothing was changed."
            )
        case SchemaState.CURRENT:
            return True


def schema_state(connection: Connection, uri: str) -> SchemaState:
    """How the schema stands to this version's. InvalidParameter for tables of something else than MLflow."""
    tables = _table_names(connection)
    if not tables or BEGUN in tables:
        return SchemaState.EMPTY
    if "alembic_version" not in tables and "experiments" not in tables:
        raise InvalidParameter(
            f"The database at {uri} holds tables, but none of MLflow's. Name another database, empty or not there yet."
        )
    revision = _recorded(connection)
    if revision == HEAD:
        return SchemaState.CURRENT
    if revision == "none":  # MLflow 0.9 recorded none, and had no table of latest metrics
        return SchemaState.UNKNOWN if "latest_metrics" in tables else SchemaState.OLDER
    from kirok.stores.sql.migrations.steps import is_known  # Alembic: only where it will be needed

    return SchemaState.OLDER if is_known(revision) else SchemaState.UNKNOWN


def _recorded(connection: Connection) -> str:
    if "alembic_version" not in _table_names(connection):
        return "none"
    revisions = [revision for (revision,) in connection.execute("SELECT version_num FROM alembic_version")]
    return ", ".join(revisions) or "none"


def _make_default_experiment(connection: Connection, artifact_root: str, clock: Clock) -> None:
    if connection.execute("SELECT 1 FROM experiments LIMIT 1").fetchone():
        return
    with alone(connection):
        if connection.execute("SELECT 1 FROM experiments LIMIT 1").fetchone() is None:
            now = clock()
            connection.execute(
                "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, "
                "last_update_time, workspace) VALUES (0, 'Default', ?, 'active', ?, ?, 'default')",
                (below(artifact_root, "0"), now, now),
            )
