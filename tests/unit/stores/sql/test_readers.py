"""Connections that read a SQLite file."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from kirok.base.errors import Unavailable
from kirok.stores.sql.sqlite.engine import SqliteFile
from kirok.stores.sql.sqlite.readers import Readers


def test_a_connection_that_cannot_be_had_is_an_error_of_the_store(tmp_path: Path) -> None:
    """As where a process may open no more files: who asks is told, and a thread in the background goes on."""
    file = tmp_path / "runs.db"
    readers = Readers(SqliteFile(file))
    with ExitStack() as held:
        held.enter_context(readers.snapshot())
        file.unlink()
        file.mkdir()
        with pytest.raises(Unavailable):
            held.enter_context(readers.snapshot())
    readers.close()
