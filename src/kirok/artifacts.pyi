# For type checkers: at run time this module is api/artifacts.py (see kirok/__init__.py).
from kirok.api.artifacts import *  # noqa: F403 - the whole of that module
