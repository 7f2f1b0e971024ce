"""What an artifact location is written like: a folder of this machine, or a URI of something else."""

from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import scheme

__all__ = ["local_folder", "scheme"]
