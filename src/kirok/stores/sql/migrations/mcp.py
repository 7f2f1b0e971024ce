"""The registry of MCP servers."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, String, Text, text

from kirok.stores.sql.migrations.changes import Changes
from kirok.stores.sql.migrations.workspaces import workspace


def create_servers(changes: Changes) -> None:
    """a8b9c0d1e2f3. Servers, versions, tags, aliases, and where they can be reached."""
    changes.create(
        "mcp_servers",
        workspace(),
        Column("name", String(256), nullable=False),
        Column("display_name", String(256)),
        Column("description", Text),
        Column("icons", JSON),
        *_people_and_times(),
        PrimaryKeyConstraint("workspace", "name", name="mcp_servers_pk"),
    )
    changes.create(
        "mcp_server_versions",
        workspace(),
        Column("name", String(256), nullable=False),
        Column("version", String(128), nullable=False),
        Column("version_major", Integer, nullable=False),
        Column("version_minor", Integer, nullable=False),
        Column("version_patch", Integer, nullable=False),
        Column("version_prerelease_sort_key", String(512), nullable=False),
        Column("server_json", JSON, nullable=False),
        Column("status", String(20), nullable=False, server_default=text("'draft'")),
        Column("tools", JSON),
        Column("source", String(512)),
        Column("connect_options", JSON),
        *_people_and_times(),
        _of_server("mcp_server_versions_server_fkey"),
        PrimaryKeyConstraint("workspace", "name", "version", name="mcp_server_versions_pk"),
    )
    changes.create(
        "mcp_server_tags",
        workspace(),
        Column("name", String(256), nullable=False),
        Column("key", String(250), nullable=False),
        Column("value", String(5000)),
        _of_server("mcp_server_tags_server_fkey"),
        PrimaryKeyConstraint("workspace", "name", "key", name="mcp_server_tags_pk"),
    )
    changes.create(
        "mcp_server_version_tags",
        workspace(),
        Column("name", String(256), nullable=False),
        Column("version", String(128), nullable=False),
        Column("key", String(250), nullable=False),
        Column("value", String(5000)),
        ForeignKeyConstraint(
            ["workspace", "name", "version"],
            ["mcp_server_versions.workspace", "mcp_server_versions.name", "mcp_server_versions.version"],
            name="mcp_server_version_tags_version_fkey",
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        PrimaryKeyConstraint("workspace", "name", "version", "key", name="mcp_server_version_tags_pk"),
    )
    changes.create(
        "mcp_server_aliases",
        workspace(),
        Column("name", String(256), nullable=False),
        Column("alias", String(256), nullable=False),
        Column("version", String(128), nullable=False),
        _of_server("mcp_server_aliases_server_fkey"),
        PrimaryKeyConstraint("workspace", "name", "alias", name="mcp_server_aliases_pk"),
    )
    changes.create(
        "mcp_access_endpoints",
        Column("id", String(36), nullable=False),
        workspace(),
        Column("server_name", String(256), nullable=False),
        Column("server_version", String(128)),
        Column("server_alias", String(256)),
        Column("url", String(2048), nullable=False),
        Column("transport_type", String(32), nullable=False, server_default=text("'streamable-http'")),
        *_people_and_times(),
        _of_server("mcp_access_endpoints_server_fkey", column="server_name"),
        PrimaryKeyConstraint("id", name="mcp_access_endpoints_pk"),
        indexes={
            "ix_mcp_access_endpoints_server_name": ["workspace", "server_name"],
            "ix_mcp_access_endpoints_version": ["workspace", "server_name", "server_version"],
            "ix_mcp_access_endpoints_alias": ["workspace", "server_name", "server_alias"],
        },
    )
    changes.index(
        "idx_mcp_server_versions_latest",
        "mcp_server_versions",
        [
            "workspace",
            "name",
            "status",
            text("version_major DESC"),
            text("version_minor DESC"),
            text("version_patch DESC"),
        ],
    )


def _people_and_times() -> tuple[Column[str], Column[str], Column[int], Column[int]]:
    return (
        Column("created_by", String(256)),
        Column("last_updated_by", String(256)),
        Column("created_at", BigInteger, nullable=False),
        Column("last_updated_at", BigInteger, nullable=False),
    )


def _of_server(name: str, column: str = "name") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace", column],
        ["mcp_servers.workspace", "mcp_servers.name"],
        name=name,
        ondelete="CASCADE",
        onupdate="CASCADE",
    )
