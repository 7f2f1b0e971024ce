"""What a step does to a table, and what that costs on each kind of database."""

from enum import StrEnum

from msgspec import Struct


class Work(StrEnum):
    """Ways to change a table that holds rows."""

    ADD = "columns are added, or little else"
    WIDEN = "a column takes longer values, or none"
    KEY = "another primary key, or another form of its values"
    REFER = "another check or foreign key"
    INDEX = "an index is built, or many rows are looked up"
    FILL = "rows are read, and written one by one"


class Cost(Struct, frozen=True):
    """What happens to the table, and about how many of its rows a second on a machine of 2020."""

    said: str
    rows_per_second: float


_AT_ONCE = Cost("locked for a moment", float("inf"))
_READ = Cost("locked and read", 2_000_000)
_SORTED = Cost("locked, read and sorted", 700_000)
_REBUILT = Cost("locked and rewritten", 300_000)
_FILLED = Cost("locked, read and filled", 40_000)

_ON_ALL = {Work.ADD: _AT_ONCE, Work.INDEX: _SORTED, Work.FILL: _FILLED, Work.KEY: _REBUILT}
_COSTS = {
    # SQLite cannot change a column or a constraint: the table is copied and takes the old one's name.
    "sqlite": _ON_ALL | {Work.WIDEN: _REBUILT, Work.REFER: _REBUILT},
    "postgresql": _ON_ALL | {Work.WIDEN: _AT_ONCE, Work.REFER: _READ},
    "mysql": _ON_ALL | {Work.WIDEN: _REBUILT, Work.REFER: _REBUILT},
}


def cost_of(work: Work, kind: str) -> Cost:
    """What `work` costs on a database of that kind: sqlite, postgresql, mysql."""
    return _COSTS[kind][work]
