# For type checkers: at run time this module is api/utils/__init__.py (see kirok/__init__.py).
from kirok.api.utils import *  # noqa: F403 - the whole of that module
