"""Rows on their way between two stores, one of them behind a server. A row is a list of cells."""

from typing import Any

from msgspec import Struct


class ArchiveColumns(Struct, kw_only=True):
    """What the store behind a server can hold: the columns of each kind of rows, those it lacks left out."""

    columns: dict[str, list[str]]
    default_artifact_root: str | None = None


class ListUnits(Struct, kw_only=True):
    """The units of a noun, such as `runs`: all, or those of these experiments."""

    noun: str
    experiment_ids: list[str] | None = None


class Units(Struct):
    """Ids."""

    ids: list[str]


class ReadRows(Struct, kw_only=True):
    """The rows of a kind that belong to these units. The answer has a JSON list of rows on each line."""

    kind: str
    columns: list[str]
    ids: list[str]


class RowsFingerprint(Struct):
    """How many rows there are, and the sum of their hashes."""

    count: int
    digest: str


class WriteRows(Struct, kw_only=True):
    """Rows of a kind to be put in, over those under the same keys."""

    kind: str
    columns: list[str]
    rows: list[list[Any]]


class FindFreeExperimentId(Struct, kw_only=True):
    """The id that a new experiment of that name shall have if it can."""

    wanted: str
    name: str


class FreeExperimentId(Struct):
    """The id that it can have."""

    experiment_id: str
