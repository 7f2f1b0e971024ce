"""URIs of databases."""

from msgspec import Struct

from kirok.rules.uris.escapes import decoded
from kirok.rules.uris.paths import LocalPath, path_of

DIALECTS = ("sqlite", "postgresql", "postgres", "mysql", "mariadb")
_NO_FILES = ("", ":memory:")


class Database(Struct, frozen=True):
    """A database, in a file or behind a server of its own."""

    dialect: str
    """One of DIALECTS."""
    uri: str
    driver: str = ""
    """What follows the dialect's `+`."""
    file: LocalPath | None = None
    """Where SQLite keeps it; None for a database in memory, for a URI with too few slashes, and elsewhere."""

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file, or none that could be found."""
        return self.dialect == "sqlite"


def database(uri: str) -> Database:
    """What the URI of a database names: `sqlite:///here.db`, `sqlite:////there.db`, `sqlite:///E:/there.db`."""
    scheme, _, rest = uri.partition(":")
    dialect, _, driver = scheme.lower().partition("+")
    if dialect != "sqlite" or not rest.startswith("///"):
        return Database(dialect, uri, driver)
    # SQLAlchemy decodes the name since 2.1, and so does MLflow on it.
    name = decoded(rest[3:].partition("?")[0], uri)
    return Database(dialect, uri, driver, None if name in _NO_FILES else path_of(name))


def sqlite_uri(path: str) -> str:
    """The URI of a SQLite file, by its path with forward slashes."""
    return "sqlite:///" + path.replace("%", "%25").replace("?", "%3F")
