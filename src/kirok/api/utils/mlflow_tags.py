"""`kirok.utils.mlflow_tags`: the keys of tags with a meaning, under MLflow's names."""

from kirok.client.tags import DATASET_CONTEXT as MLFLOW_DATASET_CONTEXT
from kirok.client.tags import GIT_BRANCH as MLFLOW_GIT_BRANCH
from kirok.client.tags import GIT_COMMIT as MLFLOW_GIT_COMMIT
from kirok.client.tags import GIT_REPO_URL as MLFLOW_GIT_REPO_URL
from kirok.client.tags import LOGGED_ARTIFACTS as MLFLOW_LOGGED_ARTIFACTS
from kirok.client.tags import LOGGED_IMAGES as MLFLOW_LOGGED_IMAGES
from kirok.client.tags import NOTE as MLFLOW_RUN_NOTE
from kirok.client.tags import PARENT_RUN_ID as MLFLOW_PARENT_RUN_ID
from kirok.client.tags import RUN_NAME as MLFLOW_RUN_NAME
from kirok.client.tags import SOURCE_NAME as MLFLOW_SOURCE_NAME
from kirok.client.tags import SOURCE_TYPE as MLFLOW_SOURCE_TYPE
from kirok.client.tags import USER as MLFLOW_USER

__all__ = [
    "MLFLOW_DATASET_CONTEXT",
    "MLFLOW_GIT_BRANCH",
    "MLFLOW_GIT_COMMIT",
    "MLFLOW_GIT_REPO_URL",
    "MLFLOW_LOGGED_ARTIFACTS",
    "MLFLOW_LOGGED_IMAGES",
    "MLFLOW_PARENT_RUN_ID",
    "MLFLOW_RUN_NAME",
    "MLFLOW_RUN_NOTE",
    "MLFLOW_SOURCE_NAME",
    "MLFLOW_SOURCE_TYPE",
    "MLFLOW_USER",
]
