"""A SQLite file that may be read and not written is refused at the start, by name."""

import os
import shutil
from pathlib import Path

import pytest

from faults.starting import said_at_start
from kirok.stores.open import open_stores

# Root may write what nobody may: without these capabilities it cannot.
_AS_OTHERS = "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"


@pytest.fixture
def as_others() -> list[str]:
    """What to put before a command so that permissions of files hold for it."""
    if os.geteuid() != 0:
        return []
    program = shutil.which("setpriv")
    if program is None:
        pytest.skip("Permissions do not hold for root, and there is no setpriv (util-linux) to change that.")
    return [program, *_AS_OTHERS]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file with a run in it, in a folder of its own."""
    path = tmp_path / "kept" / "mlflow.db"
    path.parent.mkdir()
    stores = open_stores(f"sqlite:///{path}", artifact_root=str(tmp_path))
    stores.runs.create_run("0", run_name="kept")
    stores.close()
    return path


def test_a_file_that_is_read_only_is_named(database: Path, tmp_path: Path, as_others: list[str]) -> None:
    before = database.read_bytes()
    database.chmod(0o444)
    said = said_at_start(tmp_path, f"sqlite:///{database}", as_others)
    assert str(database) in said
    assert "not readable and writable" in said
    assert database.read_bytes() == before


def test_a_file_in_a_folder_that_is_read_only_is_named(database: Path, tmp_path: Path, as_others: list[str]) -> None:
    database.parent.chmod(0o555)
    try:
        said = said_at_start(tmp_path, f"sqlite:///{database}", as_others)
    finally:
        database.parent.chmod(0o755)
    assert str(database.parent) in said
    assert "change the folder's permissions" in said
