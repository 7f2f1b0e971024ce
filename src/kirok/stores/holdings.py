"""How much a store holds, in brief."""

from msgspec import Struct

MOST_COUNTED = 100_000
"""Beyond so many runs nobody waits for the rest to be counted."""


class Holdings(Struct, frozen=True):
    """Numbers of things, those in the bin counted apart."""

    experiments: int
    runs: int
    deleted_experiments: int = 0
    deleted_runs: int = 0
    is_cut_off: bool = False
    """There are more runs than were counted."""

    @property
    def is_nothing(self) -> bool:
        """Whether nobody has tracked anything yet: every store is made with one experiment."""
        return self.runs + self.deleted_runs == 0 and self.experiments + self.deleted_experiments <= 1
