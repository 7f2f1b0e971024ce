"""`kirok.exceptions`: the one base of all errors, under MLflow's names."""

from kirok.base.errors import KirokError
from kirok.base.errors import KirokError as MlflowException
from kirok.base.errors import KirokError as RestException

__all__ = ["KirokError", "MlflowException", "RestException"]
