"""What databases say differently. One statement serves all where it can; the rest is asked for here."""

from collections.abc import Hashable, Iterable
from typing import Literal, Protocol, TypeAlias

from kirok.base.errors import KirokError

Kind: TypeAlias = Literal["sqlite", "postgresql", "mysql"]

OWN_TABLES_MISSING = (
    "This needs kirok's own tables, which are not in the database: its account may not make any, or `kirok db detach` "
    "removed them. Start the server again with an account that may create tables."
)


class Dialect(Hashable, Protocol):
    """How one kind of database wants things said. `?` stands for a value in every text."""

    @property
    def kind(self) -> Kind:
        """Which kind; MariaDB is `mysql`."""

    @property
    def among(self) -> str:
        """To follow a column: it is one of a list, bound as `listed` makes it."""

    @property
    def not_among(self) -> str:
        """To follow a column: it is none of a list, bound as `listed` makes it."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises."""

    @property
    def table_names(self) -> str:
        """Lists the tables."""

    @property
    def index_names(self) -> str:
        """Lists the indexes that can be used."""

    @property
    def begin_alone(self) -> tuple[str, ...]:
        """Begins a transaction in which no other process changes the schema."""

    @property
    def end_alone(self) -> tuple[str, ...]:
        """Commits it."""

    def listed(self, values: Iterable[str] | Iterable[int]) -> object:
        """A list as the one value that `among` takes."""

    def ordered(self, column: str, ascending: bool, *, nullable: bool = True) -> str:
        """The terms of an ORDER BY that put NULL last either way."""

    def text_order(self, column: str) -> str:
        """A column of text as it is to be sorted and ranked: by code points."""

    def as_inserted(self, table: str, id_column: str) -> str:
        """The term of an ORDER BY that gives rows in the order they were inserted, by ids of ours at the latest."""

    def like(self, column: str) -> str:
        """LIKE with one value: case counts, and nothing escapes `%` and `_`."""

    def folded(self, column: str) -> str:
        """The text with A to Z in lower case and nothing else changed."""

    def number_test(self, column: str, comparator: str, number: float) -> tuple[str, tuple[object, ...]]:
        """Whether a text writes a number that stands so to `number`, and the values it binds: see `text_number`."""

    def using_index(self, index: str) -> str:
        """To follow a table: read it by this index."""

    def unless_there(self, key: str) -> str:
        """The end of an INSERT that leaves a row alone which is there already; `key` names its columns."""

    def or_overwrite(self, key: str, columns: str) -> str:
        """The end of an INSERT that overwrites these columns of a row which is there already."""

    def explained(self, error: Exception) -> KirokError:
        """What a failure inside the database or its driver means to the caller."""

    def fails_all(self, error: Exception) -> bool:
        """Whether the error has spoilt the whole transaction or connection, so that no savepoint helps."""

    def is_lost(self, error: Exception) -> bool:
        """Whether the connection is gone, so that another may serve."""
