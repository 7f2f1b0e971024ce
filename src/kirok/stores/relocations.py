"""Records that say where files lie, made to say another place."""

from typing import Protocol

from msgspec import Struct

from kirok.rules.aliases import Alias

LOCATIONS = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
"""The columns that name places of files, by kind of row."""

TRACE_LOCATION = "mlflow.artifactLocation"
"""The tag by which a trace says where its files lie."""

TRACE_LOCATIONS = (TRACE_LOCATION, "mlflow.trace.archiveLocation")
"""The tags of a trace that name places of files."""

MOST_EXAMPLES = 20


class Changed(Struct, frozen=True):
    """A record whose place changes."""

    id: str
    old: str
    new: str


class Relocated(Struct):
    """What became of the records of one kind."""

    what: str
    """The kind, as a person calls it; plural."""
    count: int = 0
    """Records whose place changes."""
    examples: list[Changed] = []
    """The first of them."""
    others: int = 0
    """Records with a place that stays."""
    other_example: str = ""

    def add(self, record_id: str, old: str, new: str | None) -> None:
        """Count a record; `new` is None where it stays."""
        if new is None:
            self.others += 1
            self.other_example = self.other_example or old
            return
        self.count += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(Changed(record_id, old, new))


class Relocations(Protocol):
    """The places that a store's records name, those in the bin included. No file is touched."""

    def relocate(self, alias: Alias, *, write: bool) -> list[Relocated]:
        """Have what lies below the alias's OLD lie below its NEW, or only tell what would change.

        A database changes as a whole or not at all; a folder file by file, each whole, and goes on where it was broken
        off when it is done again. Done twice it changes nothing. InvalidParameter where a place would be too long.
        """
