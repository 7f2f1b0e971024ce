"""The trigger that keeps a secret's id and name as they are."""

from sqlalchemy import text

from kirok.stores.sql.migrations.changes import Changes

_TRIGGER = "prevent_secrets_aad_mutation"
_MUTATES = "OLD.secret_id != NEW.secret_id OR OLD.secret_name != NEW.secret_name"
_REFUSAL = "secret_id and secret_name are immutable (used as AAD in encryption)"

_GUARDS = {
    "sqlite": (
        f"DROP TRIGGER IF EXISTS {_TRIGGER}",
        f"CREATE TRIGGER {_TRIGGER}\nBEFORE UPDATE ON secrets\nFOR EACH ROW\nWHEN {_MUTATES}\n"
        f"BEGIN\n    SELECT RAISE(ABORT, '{_REFUSAL}');\nEND",
    ),
    "postgresql": (
        f"CREATE OR REPLACE FUNCTION {_TRIGGER}() RETURNS TRIGGER AS $$ BEGIN IF {_MUTATES} THEN "
        f"RAISE EXCEPTION '{_REFUSAL}'; END IF; RETURN NEW; END; $$ LANGUAGE plpgsql",
        f"DROP TRIGGER IF EXISTS {_TRIGGER} ON secrets",
        f"CREATE TRIGGER {_TRIGGER} BEFORE UPDATE ON secrets FOR EACH ROW EXECUTE FUNCTION {_TRIGGER}()",
    ),
    "mysql": (
        f"DROP TRIGGER IF EXISTS {_TRIGGER}",
        f"CREATE TRIGGER {_TRIGGER} BEFORE UPDATE ON secrets FOR EACH ROW BEGIN IF {_MUTATES} THEN "
        f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{_REFUSAL}'; END IF; END",
    ),
}


def guard_secrets(changes: Changes) -> None:
    """A trigger keeps a secret's id and name as they are: both are part of what was encrypted."""
    for statement in _GUARDS[changes.kind]:
        changes.connection.execute(text(statement))
