"""Experiments."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from kirok.stores.sql.tables.metadata import metadata

experiments = Table(
    "experiments",
    metadata,
    Column("experiment_id", Integer, nullable=False),
    Column("name", String(256), nullable=False),
    Column("artifact_location", String(256)),
    Column("lifecycle_stage", String(32)),
    Column("creation_time", BigInteger),
    Column("last_update_time", BigInteger),
    Column("workspace", String(63), nullable=False, server_default="default"),
    PrimaryKeyConstraint("experiment_id", name="experiment_pk"),
    CheckConstraint("lifecycle_stage IN ('active', 'deleted')", name="experiments_lifecycle_stage"),
    UniqueConstraint("workspace", "name", name="uq_experiments_workspace_name"),
    Index("idx_experiments_workspace", "workspace"),
    Index("idx_experiments_workspace_creation_time", "workspace", "creation_time"),
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    Column("key", String(250), nullable=False),
    Column("value", Text().with_variant(MEDIUMTEXT, "mysql")),
    Column("experiment_id", Integer, nullable=False),
    PrimaryKeyConstraint("key", "experiment_id", name="experiment_tag_pk"),
    ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"]),
)
