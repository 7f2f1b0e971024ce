"""What a copy did, what a comparison found, and what the destination could not hold."""

from msgspec import Struct, field

# Examples that are told in full; the rest is counted.
_MOST_EXAMPLES = 20


class Tally(Struct):
    """The rows of one kind."""

    source: int = 0
    same: int = 0
    """There already, and equal."""
    missing: int = 0
    """Not at the destination; a copy has written them."""
    changed: int = 0
    """Other at the destination; a copy has overwritten them."""
    conflicts: int = 0
    """Something else stands under the same key; left alone."""
    refused: int = 0
    """Not taken by the destination."""
    extra: int = 0
    """At the destination alone, in a unit that both have; left alone."""


class Conflict(Struct, frozen=True):
    """Two rows under one key that speak of two things."""

    kind: str
    key: tuple[object, ...]
    columns: tuple[str, ...]
    source: tuple[object, ...]
    destination: tuple[object, ...]


class PlacedExperiment(Struct, frozen=True):
    """Where an experiment of the source stands at the destination."""

    source_id: str
    destination_id: str
    name: str
    note: str = ""
    """What is not as it was: another number, another name; "" where all is."""


class Artifacts(Struct):
    """Files that were to be copied, or compared."""

    files: int = 0
    size_bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    differing: list[str] = field(default_factory=list)
    """Files that the destination lacks, or has otherwise, when nothing was to be written."""
    failures: dict[str, str] = field(default_factory=dict)
    """By place: why its files could not be copied or compared."""


class Report(Struct):
    """One copy or one comparison."""

    wrote: bool
    """False for a comparison, which changes nothing."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    experiments: list[PlacedExperiment] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    """The first few."""
    differences: list[str] = field(default_factory=list)
    """A comparison's first few missing or changed rows."""
    refusals: list[str] = field(default_factory=list)
    """The first few rows that the destination refused, and why."""
    unheld: dict[str, int] = field(default_factory=dict)
    """Kinds that the destination cannot hold, with the rows left behind."""
    unheld_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns that only the source knows, by kind."""
    artifacts: Artifacts | None = None
    """None where files stay where they are."""

    @property
    def written(self) -> int:
        """Rows that a copy wrote."""
        if not self.wrote:
            return 0
        return sum(tally.missing + tally.changed - tally.refused for tally in self.tallies.values())

    @property
    def is_faithful(self) -> bool:
        """Whether all that the destination can hold is there, and equal."""
        files = self.artifacts is None or not (self.artifacts.failures or self.artifacts.differing)
        return self.has_equal_rows and files

    @property
    def has_equal_rows(self) -> bool:
        """Whether all rows that the destination can hold are there, and equal, whatever became of files."""
        return all(
            not tally.conflicts and not tally.refused and (self.wrote or not tally.missing + tally.changed)
            for tally in self.tallies.values()
        )

    def tally(self, kind: str) -> Tally:
        """The tally of a kind, begun where there was none."""
        return self.tallies.setdefault(kind, Tally())

    def add_conflict(self, conflict: Conflict) -> None:
        """Count a conflict, and keep it as an example while there are few."""
        self.tally(conflict.kind).conflicts += 1
        if len(self.conflicts) < _MOST_EXAMPLES:
            self.conflicts.append(conflict)

    def add_refusal(self, kind: str, name: str, why: str) -> None:
        """Count a row that was refused, and keep it as an example while there are few."""
        self.tally(kind).refused += 1
        if len(self.refusals) < _MOST_EXAMPLES:
            self.refusals.append(f"{kind} ({name}): {why}")

    def add_difference(self, text: str) -> None:
        """Keep an example while there are few."""
        if len(self.differences) < _MOST_EXAMPLES:
            self.differences.append(text)
