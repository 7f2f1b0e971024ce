# For type checkers: at run time this module is api/data.py (see kirok/__init__.py).
from kirok.api.data import *  # noqa: F403 - the whole of that module
