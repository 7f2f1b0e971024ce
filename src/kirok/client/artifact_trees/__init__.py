"""Whole folders in and out of an artifact store."""

from kirok.client.artifact_trees.downloads import download
from kirok.client.artifact_trees.uploads import upload, upload_folder

__all__ = ["download", "upload", "upload_folder"]
