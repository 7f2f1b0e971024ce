"""`kirok.tracking.client`: the client, at MLflow's older address."""

from kirok.client.mlflow_client import MlflowClient

__all__ = ["MlflowClient"]
