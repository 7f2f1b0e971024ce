"""Many rows by few statements."""


class Insert:
    """One INSERT of many rows, and what happens to a row that is there already."""

    def __init__(
        self, table: str, columns: str, types: str, *, key: str = "", overwrite: str = "", only_if: str = ""
    ) -> None:
        """`columns` separated by commas; `types`, one word each, as PostgreSQL calls them.

        A row whose `key` (columns) is there already is left alone, or has its columns `overwrite` overwritten; without
        a key it is an error. No key may occur twice in one list that overwrites. `only_if` are columns by which the
        new row must rank above the old one to overwrite it.
        """
        self.table = table
        self.columns = tuple(column.strip() for column in columns.split(","))
        self.types = tuple(types.split())
        self.key = key
        self.overwrite = overwrite
        self.only_if = only_if

    @property
    def condition(self) -> str:
        """The end of an overwriting INSERT, in the words that SQLite and PostgreSQL share."""
        if not self.only_if:
            return ""
        columns = self.only_if.split(", ")
        new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("excluded", self.table))
        return f" WHERE ({new}) > ({old})"
