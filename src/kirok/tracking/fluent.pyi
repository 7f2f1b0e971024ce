# For type checkers: at run time this module is api/tracking/fluent.py (see kirok/__init__.py).
from kirok.api.tracking.fluent import *  # noqa: F403 - the whole of that module
