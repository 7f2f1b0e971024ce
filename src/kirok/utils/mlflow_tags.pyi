# For type checkers: at run time this module is api/utils/mlflow_tags.py (see kirok/__init__.py).
from kirok.api.utils.mlflow_tags import *  # noqa: F403 - the whole of that module
