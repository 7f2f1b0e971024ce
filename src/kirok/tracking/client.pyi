# For type checkers: at run time this module is api/tracking/client.py (see kirok/__init__.py).
from kirok.api.tracking.client import *  # noqa: F403 - the whole of that module
