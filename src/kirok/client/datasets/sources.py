"""Where data came from, so that it can be found again."""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from kirok.base.errors import InvalidParameter
from kirok.client.run_context import context_tags
from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import scheme

_OBJECT_STORES = ("s3", "gs", "wasbs", "abfss", "hdfs", "viewfs", "ftp", "sftp", "r2", "b2", "uc", "dbfs")


class DatasetSource(ABC):
    """A place data came from; `kind` is the word MLflow's tables keep for it."""

    kind: ClassVar[str] = "unknown"

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """What is needed to find the data again."""

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict())

    @property
    def source_type(self) -> str:
        """The kind of this source."""
        return self.kind


class CodeSource(DatasetSource):
    """The program that made the data, as its run tags tell."""

    kind = "code"

    def __init__(self, tags: Mapping[str, str]) -> None:
        self.tags = dict(tags)

    def to_dict(self) -> dict[str, Any]:
        return {"tags": self.tags}


class FileSource(DatasetSource):
    """A file or folder of this machine."""

    kind = "local"

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def to_dict(self) -> dict[str, Any]:
        return {"uri": self.uri}


class ObjectSource(FileSource):
    """Something in an object store or on a file server."""

    @property
    def source_type(self) -> str:
        return scheme(self.uri)


class HttpSource(DatasetSource):
    """A web address."""

    kind = "http"

    def __init__(self, url: str) -> None:
        self.url = url

    def to_dict(self) -> dict[str, Any]:
        return {"url": self.url}


def source_of(given: "str | Path | DatasetSource | None") -> DatasetSource:
    """The source a path or URI stands for; without one, the program that is running.

    InvalidParameter for a URI of a kind that names no data.
    """
    if given is None:
        return CodeSource(context_tags(os.environ))
    if isinstance(given, DatasetSource):
        return given
    text = str(given)
    kind = scheme(text)
    if kind in ("http", "https"):
        return HttpSource(text)
    if local_folder(text) is not None:
        return FileSource(text)
    if kind in _OBJECT_STORES:
        return ObjectSource(text)
    raise InvalidParameter(
        f"Could not find a source information resolver for the specified dataset source: {text!r}. Give a path, a "
        "web address, the URI of an object store, or a DatasetSource."
    )
