"""Webhooks."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, String, Table

from kirok.stores.sql.tables.metadata import metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", String(256), nullable=False),
    Column("name", String(256), nullable=False),
    Column("description", String(1000)),
    Column("url", String(500), nullable=False),
    Column("status", String(20), nullable=False, server_default="ACTIVE"),
    Column("secret", String(1000)),
    Column("creation_timestamp", BigInteger),
    Column("last_updated_timestamp", BigInteger),
    Column("deleted_timestamp", BigInteger),
    Column("workspace", String(63), nullable=False, server_default="default"),
    PrimaryKeyConstraint("webhook_id", name="webhook_pk"),
    Index("idx_webhooks_name", "name"),
    Index("idx_webhooks_status", "status"),
    Index("idx_webhooks_workspace", "workspace"),
)

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("webhook_id", String(256), nullable=False),
    Column("entity", String(50), nullable=False),
    Column("action", String(50), nullable=False),
    PrimaryKeyConstraint("webhook_id", "entity", "action", name="webhook_event_pk"),
    ForeignKeyConstraint(["webhook_id"], ["webhooks.webhook_id"], ondelete="CASCADE"),
    Index("idx_webhook_events_action", "action"),
    Index("idx_webhook_events_entity", "entity"),
    Index("idx_webhook_events_entity_action", "entity", "action"),
)
