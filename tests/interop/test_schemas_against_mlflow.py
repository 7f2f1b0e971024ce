"""MLflow's own schema on PostgreSQL and MariaDB, beside the one that kirok makes there."""

import re
from typing import Any

import pytest

from databases import DatabaseServer, MariadbServer, PostgresqlServer
from kirok.stores.sql.tables.creation import creation_statements

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own

# Each has the name of a table first: what PostgreSQL knows of tables, and of the code that guards them.
POSTGRESQL_CATALOGUES = (
    """SELECT table_name, row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position), column_name, data_type,
    character_maximum_length, numeric_precision, is_nullable, column_default, is_identity, identity_generation,
    is_generated, generation_expression FROM information_schema.columns WHERE table_schema = 'public'""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT sequencename, data_type::text, start_value, max_value, cycle FROM pg_sequences",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)
COLLATIONS = re.compile(r" COLLATE[= ]\w+| CHARACTER SET \w+| DEFAULT CHARSET=\w+")


def _postgresql_schema(server: PostgresqlServer, database: str) -> set[str]:
    return {str(row) for catalogue in POSTGRESQL_CATALOGUES for row in server.execute(catalogue, database)}


def _mariadb_schema(server: MariadbServer, database: str, *, collations: bool = False) -> set[str]:
    """Each line of each table, and each trigger."""
    found: set[str] = set()
    for (table,) in server.execute("SHOW TABLES", database):
        lines = str(server.execute(f"SHOW CREATE TABLE `{table}`", database)[0][1]).splitlines()
        columns = [line for line in lines if line.startswith("  `")]
        found.add(f"{table}: {[column.split()[0] for column in columns]}")
        found |= {f"{table}: {line.strip().rstrip(',')}" for line in lines}
    found |= {str(row[:5]) for row in server.execute("SHOW TRIGGERS", database)}
    return found if collations else {COLLATIONS.sub("", line) for line in found}


def _made_by_mlflow(mlflow: Any, server: DatabaseServer) -> str:
    uri = server.create()
    mlflow.MlflowClient(uri).search_experiments()
    return server.name_of(uri)


def test_a_postgresql_database_is_as_mlflow_makes_it(mlflow: Any, postgresql_server: PostgresqlServer) -> None:
    expected = _postgresql_schema(postgresql_server, _made_by_mlflow(mlflow, postgresql_server))
    ours = postgresql_server.name_of(postgresql_server.create())
    for statement in creation_statements("postgresql"):
        postgresql_server.execute(statement, ours)
    assert len(expected) > 700
    assert _postgresql_schema(postgresql_server, ours) ^ expected == set()


def test_a_mariadb_database_is_as_mlflow_makes_it_but_for_the_collation(
    mlflow: Any, mariadb_server: MariadbServer
) -> None:
    expected = _mariadb_schema(mariadb_server, _made_by_mlflow(mlflow, mariadb_server))
    ours = mariadb_server.name_of(mariadb_server.create())
    for statement in creation_statements("mysql"):
        mariadb_server.execute(statement, ours)
    assert len(expected) > 700
    assert _mariadb_schema(mariadb_server, ours) ^ expected == set()
    collations = set(re.findall(r"COLLATE[= ](\w+)", str(_mariadb_schema(mariadb_server, ours, collations=True))))
    assert collations == {"utf8mb4_bin"}
