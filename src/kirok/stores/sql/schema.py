"""The schema of a database: whether it is the one this version speaks, and how a new one is made."""

from kirok.base.clock import Clock
from kirok.base.errors import InvalidParameter
from kirok.rules.locations import below
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.own_tables import alone, create_own

HEAD = "dc11669786a5"
"""MLflow's schema revision: that of 3.17.2. MLflow refuses a database whose revision is not its own."""

BEGUN = "kirok_creation_begun"
"""A table that stands for as long as the schema is being made."""

# MLflow's earlier revisions, oldest first, so that an old database is told from a new one.
_EARLIER = frozenset(
    """
    451aebb31d03 90e64c465722 181f10493468 df50e92ffc5e 7ac759974ad8 89d4b8295536 2b4d017a5e9b cfd24bdc0731
    0a8213491aaa 728d730b5ebd 27a6a02d2cf1 84291f40a231 a8c4a736bde6 39d1c3be5f05 c48cb773bb87 bd07f7e963c5
    0c779009ac13 cc1f77228345 97727af70f4d 3500859a5d39 7f2a7d5fae7d 2d6e25af4d3e acf3f17fdcc7 867495a8f9d4
    5b0e9adcef9c 4465047574b1 f5a4f2784254 0584bdc529eb 400f98739977 6953534de441 bda7b8c39065 cbc13b556ace
    770bee3ae1dd a1b2c3d4e5f6 de4033877273 1a0cddfcaa16 534353b11cbc 71994744cf8e 3da73c924c2f bf29a5ff90ea
    1bd49d398cd23 b7c8d9e0f1a2 5d2d30f0abce c9d4e5f6a7b8 2c33131f4dae d3e4f5a6b7c8 d0e1f2a3b4c5 c8d9e0f1a2b3
    1b5f0d9ad7c1 e1f2a3b4c5d6 76601a5f987d c3d6457b6d8a a5b4c3d2e1f0 ae8bbe7743c9 7d34483879f0 da6fb0208061
    89d3d66ed43f b7e4c1a90f23 a8b9c0d1e2f3 c1d2e3f4a5b6 c3d9e7f1a2b4 6f8d9c3b2a1e 1971f2d9a75b 17e22815139b
    b7e2c1a4d9f3 75868b020152
""".split()
)


def prepare(connection: Connection, uri: str, artifact_root: str, clock: Clock) -> None:
    """Make the schema in an empty database; refuse, changing nothing, one that is not at HEAD.

    Experiment 0, `Default`, is made where there is no experiment at all.
    """
    if not is_at_head(connection, uri):
        _create(connection, uri)
    create_own(connection)
    _make_default_experiment(connection, artifact_root, clock)


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
    tables = _table_names(connection)
    if not tables or BEGUN in tables:
        return False
    if "alembic_version" not in tables:
        if "experiments" in tables:
            raise InvalidParameter(_too_old(uri, "from before revisions were recorded"))
        raise InvalidParameter(
            f"The database at {uri} holds tables, but none of MLflow's. Name another database, empty or not there yet."
        )
    revisions = [revision for (revision,) in connection.execute("SELECT version_num FROM alembic_version")]
    if revisions == [HEAD]:
        return True
    found = ", ".join(revisions) or "none"
    if revisions and revisions[0] in _EARLIER:
        raise InvalidParameter(_too_old(uri, f"at revision {found}"))
    raise InvalidParameter(
        f"The database at {uri} is at schema revision {found}, which this version of kirok does not know "
        f"(it speaks {HEAD}, that of MLflow 3.17.2). It was probably written by a newer MLflow: install a newer kirok. "
        "Nothing was changed."
    )


def _too_old(uri: str, age: str) -> str:
    return (
        f"The database at {uri} is older than this version of kirok speaks ({age}; wanted {HEAD}, that of MLflow "
        f"3.17.2). Back it up, then run `mlflow db upgrade {uri}` with MLflow 3.17.2. Nothing was changed."
    )


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
