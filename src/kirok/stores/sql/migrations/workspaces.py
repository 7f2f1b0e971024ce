"""Workspaces: what names were unique in a database are unique in each of its workspaces."""

from sqlalchemy import Column, PrimaryKeyConstraint, String, Text, text

from kirok.stores.sql.migrations.changes import Changes
from kirok.stores.sql.migrations.secret_guard import guard_secrets

# table → columns of its primary key, oldest table first: the later ones refer to the earlier.
_KEYED_BY_NAME = {
    "registered_models": ("registered_model_pk", "workspace", "name"),
    "model_versions": ("model_version_pk", "workspace", "name", "version"),
    "registered_model_tags": ("registered_model_tag_pk", "workspace", "key", "name"),
    "model_version_tags": ("model_version_tag_pk", "workspace", "key", "name", "version"),
    "registered_model_aliases": ("registered_model_alias_pk", "workspace", "name", "alias"),
}
_BELONG_TO_MODELS = ("model_versions", "registered_model_tags", "registered_model_aliases")
_UNIQUE_BY_NAME = (
    ("experiments", "name"),
    ("secrets", "secret_name"),
    ("endpoints", "name"),
    ("model_definitions", "name"),
)
_INDEXED = (
    "experiments",
    "registered_models",
    "evaluation_datasets",
    "webhooks",
    "secrets",
    "endpoints",
    "model_definitions",
)

REKEYED = (*(table for table, _ in _UNIQUE_BY_NAME), *_KEYED_BY_NAME)
"""Tables that get the column and another key."""
MARKED = ("evaluation_datasets", "webhooks", "jobs")
"""Tables that get the column."""


def workspace() -> Column[str]:
    """The column that says which workspace a row belongs to."""
    return Column("workspace", String(63), nullable=False, server_default=text("'default'"))


def create_workspaces(changes: Changes) -> None:
    """1b5f0d9ad7c1. The table of workspaces with the one that everything belongs to, and a column that says so."""
    if changes.kind != "sqlite":  # which drops them in the rebuilds below
        for table in _BELONG_TO_MODELS:
            with changes.table(table) as found:
                found.drop_foreign_keys("registered_models")
        with changes.table("model_version_tags") as tags:
            tags.drop_foreign_keys("model_versions")
    for table, column in _UNIQUE_BY_NAME:
        with changes.table(table, names_what_is_unnamed=True) as found:
            found.drop_unique(column)
            found.add(workspace())
            found.unique(f"uq_{table}_workspace_{column}", "workspace", column)
    for table, (key, *columns) in _KEYED_BY_NAME.items():
        with changes.table(table, names_what_is_unnamed=True) as found:
            if table == "registered_models":
                found.drop_unique("name")
            found.add(workspace())
            found.drop_foreign_keys("model_versions" if table == "model_version_tags" else "registered_models")
            found.primary_key(key, *columns)
            if table in _BELONG_TO_MODELS:
                found.foreign_key(
                    f"fk_{table}_registered_models",
                    "registered_models",
                    {"workspace": "workspace", "name": "name"},
                    ondelete="CASCADE" if table == "registered_model_aliases" else None,
                    onupdate="CASCADE",
                )
            elif table == "model_version_tags":
                found.foreign_key(
                    "fk_model_version_tags_model_versions",
                    "model_versions",
                    {"workspace": "workspace", "name": "name", "version": "version"},
                    onupdate="CASCADE",
                )
    guard_secrets(changes)  # a rebuilt table has lost its triggers
    for table in MARKED:
        with changes.table(table, names_what_is_unnamed=True) as found:
            found.add(workspace())
    with changes.table("jobs", names_what_is_unnamed=True) as jobs:
        jobs.drop_index("index_jobs_name_status_creation_time")
        jobs.add(workspace())
        jobs.index("index_jobs_name_status_creation_time", "job_name", "workspace", "status", "creation_time")
    for table in _INDEXED:
        with changes.table(table) as found:
            found.index(f"idx_{table}_workspace", "workspace")
    with changes.table("experiments") as experiments:
        experiments.index("idx_experiments_workspace_creation_time", "workspace", "creation_time")
    _create_catalogue(changes)


def _create_catalogue(changes: Changes) -> None:
    changes.create(
        "workspaces",
        Column("name", String(63), nullable=False),
        Column("description", Text),
        Column("default_artifact_root", Text),
        PrimaryKeyConstraint("name", name="workspaces_pk"),
    )
    connection = changes.connection
    if connection.execute(text("SELECT 1 FROM workspaces WHERE name = 'default'")).first() is None:
        connection.execute(
            text(
                "INSERT INTO workspaces (name, description) "
                "VALUES ('default', 'Default workspace for legacy resources')"
            )
        )
