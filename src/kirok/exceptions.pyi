# For type checkers: at run time this module is api/exceptions.py (see kirok/__init__.py).
from kirok.api.exceptions import *  # noqa: F403 - the whole of that module
