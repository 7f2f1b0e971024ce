"""Artifacts in a folder: of this machine, or of a network file system that several servers share."""

from kirok.artifact_stores.local.store import LocalArtifacts

__all__ = ["LocalArtifacts"]
