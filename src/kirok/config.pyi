# For type checkers: at run time this module is api/config.py (see kirok/__init__.py).
from kirok.api.config import *  # noqa: F403 - the whole of that module
