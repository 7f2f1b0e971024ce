"""The model registry: models, versions, tags, aliases."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)

from kirok.stores.sql.migrations.changes import Changes


def create_models(changes: Changes) -> None:
    """2b4d017a5e9b."""
    changes.create(
        "registered_models",
        Column("name", String(256), nullable=False),
        Column("creation_time", BigInteger),
        Column("last_updated_time", BigInteger),
        Column("description", String(5000)),
        PrimaryKeyConstraint("name", name="registered_model_pk"),
        UniqueConstraint("name"),
    )
    changes.create(
        "model_versions",
        Column("name", String(256), ForeignKey("registered_models.name", onupdate="cascade")),
        Column("version", Integer, nullable=False),
        Column("creation_time", BigInteger),
        Column("last_updated_time", BigInteger),
        Column("description", String(5000)),
        Column("user_id", String(256)),
        Column("current_stage", String(20)),
        Column("source", String(500)),
        Column("run_id", String(32), nullable=False),
        Column("status", String(20)),
        Column("status_message", String(500)),
        PrimaryKeyConstraint("name", "version", name="model_version_pk"),
    )


def create_model_tags(changes: Changes) -> None:
    """728d730b5ebd."""
    changes.create(
        "registered_model_tags",
        Column("key", String(250), nullable=False),
        Column("value", String(5000)),
        Column("name", String(256), ForeignKey("registered_models.name", onupdate="cascade"), nullable=False),
        PrimaryKeyConstraint("key", "name", name="registered_model_tag_pk"),
    )


def create_version_tags(changes: Changes) -> None:
    """27a6a02d2cf1."""
    changes.create(
        "model_version_tags",
        Column("key", String(250), nullable=False),
        Column("value", String(5000)),
        Column("name", String(256), nullable=False),
        Column("version", Integer, nullable=False),
        ForeignKeyConstraint(
            ["name", "version"], ["model_versions.name", "model_versions.version"], onupdate="cascade"
        ),
        PrimaryKeyConstraint("key", "name", "version", name="model_version_tag_pk"),
    )


def add_run_link(changes: Changes) -> None:
    """84291f40a231."""
    with changes.table("model_versions") as versions:
        versions.add(Column("run_link", String(500)))


def allow_versions_without_runs(changes: Changes) -> None:
    """a8c4a736bde6."""
    with changes.table("model_versions") as versions:
        versions.alter("run_id", nullable=True, existing_type=String(32))


def create_aliases(changes: Changes) -> None:
    """3500859a5d39."""
    changes.create(
        "registered_model_aliases",
        Column("alias", String(256), nullable=False),
        Column("version", Integer, nullable=False),
        Column(
            "name",
            String(256),
            ForeignKey(
                "registered_models.name",
                name="registered_model_alias_name_fkey",
                onupdate="cascade",
                ondelete="cascade",
            ),
            nullable=False,
        ),
        PrimaryKeyConstraint("name", "alias", name="registered_model_alias_pk"),
    )


def add_storage_location(changes: Changes) -> None:
    """acf3f17fdcc7. Where a version's files are, its source resolved."""
    with changes.table("model_versions") as versions:
        versions.add(Column("storage_location", String(500)))


def lengthen_version_tags(changes: Changes) -> None:
    """bda7b8c39065. Prompts are kept in tags of versions."""
    with changes.table("model_version_tags") as tags:
        tags.alter(
            "value",
            existing_type=String(5000),
            type_=Text(),
            existing_nullable=True,
            existing_server_default=None,
        )


def index_tags_by_name(changes: Changes) -> None:
    """7d34483879f0. The keys that begin with the workspace do not find a version's tags by its name."""
    with changes.table("model_version_tags") as tags:
        tags.index("idx_model_version_tags_workspace_name_version", "workspace", "name", "version")
    with changes.table("registered_model_tags") as tags:
        tags.index("idx_registered_model_tags_workspace_name", "workspace", "name")
