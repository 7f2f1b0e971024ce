"""Where records go, and when."""

from pathlib import Path

from kirok.client.session import SESSION


def set_tracking_uri(uri: str | Path) -> None:
    """Track to `http://server:5000`, to `sqlite:///file.db` without a server, … from the next run on.

    Child processes inherit it: it is written to MLFLOW_TRACKING_URI too.
    """
    SESSION.set_tracking_uri(uri)


def get_tracking_uri() -> str:
    """Where records go: what was set, else MLFLOW_TRACKING_URI, else `mlflow.db` in the working directory."""
    return SESSION.tracking_uri()


def is_tracking_uri_set() -> bool:
    """Whether `set_tracking_uri` or MLFLOW_TRACKING_URI chose where records go."""
    return SESSION.is_tracking_uri_set


def set_registry_uri(uri: str) -> None:
    """Keep registered models at another place than runs."""
    SESSION.set_registry_uri(uri)


def get_registry_uri() -> str:
    """Where registered models are kept: what was set, else MLFLOW_REGISTRY_URI, else where runs go."""
    return SESSION.registry_uri()


def enable_async_logging(enable: bool = True) -> None:
    """Have logging calls without `synchronous` return at once, as MLFLOW_ENABLE_ASYNC_LOGGING=true does."""
    SESSION.export("ENABLE_ASYNC_LOGGING", "true" if enable else "false")


def flush_async_logging() -> None:
    """Until everything logged so far is kept."""
    SESSION.flush()


def flush_artifact_async_logging() -> None:
    """Until every artifact logged so far is kept."""
    SESSION.flush()
