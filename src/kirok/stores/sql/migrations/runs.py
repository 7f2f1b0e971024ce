"""Runs, their params and their tags: longer values, killed runs, the time of deletion."""

from typing import Any

from sqlalchemy import BigInteger, Column, Enum, String, text

from kirok.stores.sql.migrations.changes import Changes

_STATUSES = ("SCHEDULED", "FAILED", "FINISHED", "RUNNING")

_USERS_TO_TAGS = """
INSERT INTO tags ({key}, value, run_uuid)
SELECT 'mlflow.user', user_id, run_uuid FROM runs
WHERE user_id <> ''
AND NOT EXISTS (SELECT 1 FROM tags AS known WHERE known.{key} = 'mlflow.user' AND known.run_uuid = runs.run_uuid)
"""


def tag_users(changes: Changes) -> None:
    """90e64c465722. Who started a run is a tag as well."""
    connection = changes.connection
    key = connection.dialect.identifier_preparer.quote("key")
    connection.execute(text(_USERS_TO_TAGS.format(key=key)))


def lengthen_tags_to_5000(changes: Changes) -> None:
    """7ac759974ad8."""
    _lengthen(changes, "tags", 250, 5000)


def lengthen_tags_to_8000(changes: Changes) -> None:
    """f5a4f2784254."""
    _lengthen(changes, "tags", 5000, 8000)


def lengthen_params_to_500(changes: Changes) -> None:
    """cc1f77228345."""
    _lengthen(changes, "params", 250, 500, nullable=False, existing_nullable=False)


def lengthen_params_to_8000(changes: Changes) -> None:
    """2d6e25af4d3e. The longest that a VARCHAR may be on every database."""
    _lengthen(changes, "params", 500, 8000, existing_nullable=False)


def allow_killed(changes: Changes) -> None:
    """cfd24bdc0731. Runs can be killed: one more status that the check on the column lets through."""
    before: Any = Enum(*_STATUSES, create_constraint=True, native_enum=False, name="status")
    if changes.kind == "mysql" and not _has_status_check(changes):
        before = String(20)
    with changes.table("runs") as runs:
        runs.alter(
            "status",
            type_=Enum(*_STATUSES, "KILLED", create_constraint=True, native_enum=False),
            existing_type=before,
        )


def drop_old_status_check(changes: Changes) -> None:
    """0a8213491aaa. MLflow 1.5 left the old check beside the new one on MySQL."""
    if changes.kind == "mysql" and _has_status_check(changes):
        changes.operations.drop_constraint("status", "runs", type_="check")


def add_deleted_time(changes: Changes) -> None:
    """0c779009ac13. When a run was deleted, for `gc --older-than`."""
    with changes.table("runs") as runs:
        runs.add(Column("deleted_time", BigInteger))


def _lengthen(changes: Changes, table: str, before: int, after: int, **said: bool) -> None:
    said = said or {"existing_nullable": True}
    with changes.table(table) as found:
        found.alter("value", existing_type=String(before), type_=String(after), existing_server_default=None, **said)


def _has_status_check(changes: Changes) -> bool:
    return any(check["name"] == "status" for check in changes.inspector.get_check_constraints("runs"))
