"""How a server is, as JSON."""

from msgspec import Struct


class DatabaseHealth(Struct, omit_defaults=True):
    status: str
    """`ok` or `failed`."""
    kind: str
    """`sql`, `file` or `memory`."""
    message: str | None = None
    answered_ms: float | None = None
    """How long a small question took."""


class PlaceHealth(Struct, omit_defaults=True):
    location: str
    """A folder or URI, without a password."""
    status: str
    """`ok`, `warning`, `failed`, or `unknown` where it was not looked at yet."""
    message: str | None = None
    checked_ms: int | None = None
    """When, in ms since the epoch."""
    free_bytes: int | None = None
    """How much can still be written, where that is a folder."""


class Health(Struct):
    """The worst of its parts is the `status` of the whole; what was not looked at does not count."""

    status: str
    kirok: str
    mlflow: str
    uptime_s: float
    database: DatabaseHealth | None
    """None where this server serves artifacts alone."""
    artifacts: list[PlaceHealth]
