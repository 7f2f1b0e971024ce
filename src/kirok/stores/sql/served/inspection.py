"""Looking at a database on a server without changing anything in it."""

from contextlib import closing

from kirok.stores.sql.schema import is_at_head
from kirok.stores.sql.served.server import DatabaseServer


def has_schema(server: DatabaseServer) -> bool:
    """Whether the database holds the schema this version speaks; False where it is empty.

    Raises as DatabaseServer.connect does, and InvalidParameter, naming the mend, where it has another schema.
    """
    with closing(server.connect()) as connection:
        return is_at_head(connection, server.shown)
