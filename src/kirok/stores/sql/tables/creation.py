"""The statements that make MLflow's schema in an empty database, in the words of each kind."""

from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from kirok.stores.sql.dialect import Kind
from kirok.stores.sql.tables import metadata

_IMMUTABLE = "secret_id and secret_name are immutable (used as AAD in encryption)"

# An encrypted secret's name is part of what was encrypted: a trigger keeps the two together.
_TRIGGERS: dict[Kind, tuple[str, ...]] = {
    "sqlite": (
        f"""
CREATE TRIGGER prevent_secrets_aad_mutation
BEFORE UPDATE ON secrets
FOR EACH ROW
WHEN OLD.secret_id != NEW.secret_id OR OLD.secret_name != NEW.secret_name
BEGIN
    SELECT RAISE(ABORT, '{_IMMUTABLE}');
END
""",
    ),
    "postgresql": (
        f"""
CREATE FUNCTION prevent_secrets_aad_mutation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.secret_id != NEW.secret_id OR OLD.secret_name != NEW.secret_name THEN
        RAISE EXCEPTION '{_IMMUTABLE}';
    END IF;
    RETURN NEW;
END;
$$
""",
        """
CREATE TRIGGER prevent_secrets_aad_mutation BEFORE UPDATE ON secrets
FOR EACH ROW EXECUTE FUNCTION prevent_secrets_aad_mutation()
""",
    ),
    "mysql": (
        f"""
CREATE TRIGGER prevent_secrets_aad_mutation BEFORE UPDATE ON secrets FOR EACH ROW
BEGIN
    IF OLD.secret_id != NEW.secret_id OR OLD.secret_name != NEW.secret_name THEN
        SIGNAL SQLSTATE '45000'
        SET MESSAGE_TEXT = '{_IMMUTABLE}';
    END IF;
END
""",
    ),
}

# What MLflow's migrations leave behind in a MySQL database, so that its next ones find what they expect.
_LEFT_BY_MIGRATIONS: dict[Kind, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
    "mysql": (
        "ALTER TABLE jobs MODIFY job_name VARCHAR(500)",
        "ALTER TABLE metrics ADD CHECK (is_nan IN (0, 1))",
        "CREATE INDEX name ON model_version_tags (name, version)",
        "CREATE INDEX name ON registered_model_tags (name)",
    ),
}

# Case counts in names and keys, as on every other store; tables made later in this database say the same.
_BINARY = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def creation_statements(kind: Kind) -> list[str]:
    """For an empty database of this kind, in an order that foreign keys allow; no statement binds a value."""
    dialects: dict[Kind, Dialect] = {
        "sqlite": sqlite.dialect(),
        "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        "mysql": mysql.dialect(),
    }
    dialect = dialects[kind]
    statements = [f"ALTER DATABASE {_BINARY}"] if kind == "mysql" else []
    for table in metadata.sorted_tables:
        options = f"ENGINE=InnoDB {_BINARY}" if kind == "mysql" else ""
        statements.append(str(CreateTable(table).compile(dialect=dialect)).rstrip() + options)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            statements.append(str(CreateIndex(index).compile(dialect=dialect)))
    return [*statements, *_TRIGGERS[kind], *_LEFT_BY_MIGRATIONS[kind]]
