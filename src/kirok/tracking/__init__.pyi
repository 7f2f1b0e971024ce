# For type checkers: at run time this module is api/tracking/__init__.py (see kirok/__init__.py).
from kirok.api.tracking import *  # noqa: F403 - the whole of that module
