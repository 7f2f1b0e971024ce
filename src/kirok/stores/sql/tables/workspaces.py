"""The revision of the schema, and workspaces."""

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table, Text

from kirok.stores.sql.tables.metadata import metadata

alembic_version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("name", String(63), nullable=False),
    Column("description", Text),
    Column("default_artifact_root", Text),
    Column("trace_archival_location", Text),
    Column("trace_archival_retention", String(32)),
    PrimaryKeyConstraint("name", name="workspaces_pk"),
)
