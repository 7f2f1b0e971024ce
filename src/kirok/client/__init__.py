"""What runs inside the user's process. `from kirok.client import MlflowClient` is MLflow's spelling."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kirok.client.mlflow_client import MlflowClient as MlflowClient


def __getattr__(name: str) -> Any:
    if name == "MlflowClient":  # on use: whoever imports one module of this package should not load them all
        from kirok.client.mlflow_client import MlflowClient

        return MlflowClient
    raise AttributeError(f"module 'kirok.client' has no attribute {name!r}")
