"""A store as a place to move things out of and into: rows in the shape of MLflow's tables, whatever lies below.

Two stores that keep these promises can be copied and compared without either knowing the other. Rows are tuples in the
order of the columns asked for, in one canonical form: experiment ids are decimal text; times are milliseconds; NaN is
the value 0.0 with `is_nan`, an infinity the largest finite number, as MLflow's tables have it; truth values are bool;
JSON columns are text as `canonical_document` has it.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Protocol, TypeAlias

import msgspec
from msgspec import Struct

from kirok.stores.archive_kinds import Kind, Noun

Row: TypeAlias = tuple[Any, ...]

_encode = msgspec.msgpack.Encoder().encode
_RANGE = 1 << 128


class Fingerprint(Struct, frozen=True):
    """A set of rows in brief: equal for equal sets, whatever the order."""

    count: int
    digest: str


NOTHING = Fingerprint(0, f"{0:032x}")
"""The fingerprint of no rows."""


class Archive(Protocol):
    """What one store holds, to be read, compared and added to.

    Every method may raise Unavailable where the store cannot be reached.
    """

    @property
    def default_artifact_root(self) -> str | None:
        """Where this store puts artifacts of its own accord (`mlflow-artifacts:/`, the folder); None where that is for
        whoever copies to say.
        """

    def columns(self, kind: Kind) -> tuple[str, ...]:
        """The columns of a kind that this store can tell, in the kind's order; none where it has no such rows."""

    def kept(self, kind: Kind) -> tuple[str, ...]:
        """The columns of a kind that this store keeps as they are written; none where it takes no such rows."""

    def takes(self, kind: Kind, columns: Sequence[str], row: Row) -> bool:
        """Whether this store can hold a row of a kind that it keeps."""

    def units(self, noun: Noun, experiment_ids: Sequence[str] | None = None) -> Iterator[str]:
        """The ids of a noun's units, of all or of these experiments; in the same order every time."""

    def rows(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Iterator[Row]:
        """The rows of a kind that belong to these units, read in constant memory. Unknown ids have none."""

    def fingerprint(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Fingerprint:
        """The fingerprint of `rows`, found where the rows are."""

    def write(self, kind: Kind, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Put rows in; on return they are there, whatever becomes of this process. A row under a key that is there
        takes its place, and an identical one changes nothing. What follows from points (the latest of each series) is
        kept right with them. InvalidParameter for a row that this store cannot hold; then rows may be there in part.
        """

    def free_experiment_id(self, wanted: str, name: str) -> str:
        """An id for a new experiment of that name, which is free: `wanted` where this store can hold an experiment of
        that id and has none, else one of its own choice. A store that gives ids itself makes the experiment at once.
        """

    def finish(self) -> None:
        """All was written: what had to wait for the end, such as putting into the bin, can be done."""


def fingerprint_of(rows: Iterable[Row]) -> Fingerprint:
    """The fingerprint of rows: how many, and the sum of their hashes."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(blake2b(_encode(row), digest_size=16).digest(), "little")
    return Fingerprint(count, f"{total % _RANGE:032x}")


def canonical_document(value: object) -> str | None:
    """A JSON column's value, as text or as what it was parsed to, in the one form that compares."""
    if value is None:
        return None
    import json

    parsed = json.loads(value) if isinstance(value, str | bytes) else value
    # As MLflow writes it, whose filters look for text in it.
    return json.dumps(parsed, ensure_ascii=False)
