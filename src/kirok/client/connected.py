"""What every part of MlflowClient stands on: one tracking URI, its stores, and the way writes take."""

from pathlib import Path

from kirok.client.delivery import Delivery
from kirok.client.session import SESSION, Connection
from kirok.stores.protocols import Stores


class Connected:
    """A client of one tracking URI. Opens it on first use and shares it with every other client of the process."""

    def __init__(self, tracking_uri: str | Path | None = None, registry_uri: str | None = None) -> None:
        self._tracking_uri = (
            tracking_uri.absolute().as_uri()
            if isinstance(tracking_uri, Path)
            else tracking_uri or SESSION.tracking_uri()
        )
        self._registry_uri = registry_uri or SESSION.setting("REGISTRY_URI") or self._tracking_uri

    @property
    def tracking_uri(self) -> str:
        """Where this client's records are."""
        return self._tracking_uri

    @property
    def _connection(self) -> Connection:
        return SESSION.connect(self._tracking_uri)

    @property
    def _delivery(self) -> Delivery:
        return self._connection.delivery

    @property
    def _stores(self) -> Stores:
        """The stores, with all that this process wrote in them: people read what they wrote."""
        connection = self._connection
        connection.delivery.flush()
        return connection.stores
