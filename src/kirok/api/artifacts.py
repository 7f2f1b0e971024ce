"""`kirok.artifacts`: files of runs, by run or by URI."""

from kirok.client.artifact_uris import download_artifacts, list_artifacts, load_dict, load_image, load_text

__all__ = ["download_artifacts", "list_artifacts", "load_dict", "load_image", "load_text"]
