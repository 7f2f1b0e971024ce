"""Logged models in a folder, as far as this version knows them."""

import os
from collections.abc import Sequence

from kirok.entities.views import LifecycleStage
from kirok.stores.file.faults import on_files
from kirok.stores.file.folder import Folder
from kirok.stores.file.layout import META, MODELS
from kirok.stores.file.meta import Unreadable, read_meta


class FileLoggedModelStore:
    """A LoggedModelStore in a folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.root = folder.layout.root

    @on_files
    def has_logged_model(self, experiment_ids: Sequence[str], name: str | None = None) -> bool:
        """As LoggedModelStore."""
        return any(
            meta.get("lifecycle_stage", LifecycleStage.ACTIVE) == LifecycleStage.ACTIVE
            and name in (None, meta.get("name"))
            for place in self._folder.places_of(experiment_ids)
            for meta in self._records(self._folder.layout.path(place, MODELS))
        )

    def _records(self, folder: str) -> list[dict[str, object]]:
        found = []
        try:
            for model_id in os.listdir(folder):
                path = os.path.join(folder, model_id, META)
                try:
                    found.append(read_meta(path))
                except FileNotFoundError:
                    continue
                except Unreadable as error:
                    self._folder.warnings.skip(path, None, error)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return found
