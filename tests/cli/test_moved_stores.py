"""gc, db check and copy on stores that were moved: they find the files where these are now."""

import shutil
from pathlib import Path

import pytest

from cli.conftest import Command
from kirok.stores.open import open_stores


@pytest.fixture
def kirok(kirok_in_process: Command) -> Command:
    """The command, in this process."""
    return kirok_in_process


class Moved:
    """A store with a run in use, a deleted run, and a deleted experiment with another run; each has one file."""

    def __init__(self, there: Path, here: Path, uri: str, *, moves: bool = True) -> None:
        there.mkdir()
        stores = open_stores(uri.format(there), artifact_root=(there / "mlruns").as_uri())
        experiment_id = stores.experiments.create_experiment("speech")
        gone = stores.experiments.create_experiment("gone")
        self.runs = []
        for each in (experiment_id, experiment_id, gone):
            run = stores.runs.create_run(each)
            place = Path(run.info.artifact_uri.removeprefix("file://"))
            place.mkdir(parents=True, exist_ok=True)
            (place / "notes.txt").write_text("hello")
            self.runs.append(run.info.run_id)
        stores.runs.delete_run(self.runs[1])
        stores.experiments.delete_experiment(gone)
        stores.close()
        if moves:
            shutil.move(there, here)
        self.here, self.uri = here, uri.format(here if moves else there)

    def left(self) -> set[str]:
        """The runs of which files are left."""
        return {file.parts[-3] for file in self.here.rglob("notes.txt")}


@pytest.fixture(params=["sqlite:///{}/mlflow.db", "{}/mlruns"], ids=["sqlite", "folder"])
def moved(request: pytest.FixtureRequest, tmp_path: Path) -> Moved:
    return Moved(tmp_path / "there", tmp_path / "here", str(request.param))


def test_gc_deletes_the_files_of_what_is_in_the_bin(moved: Moved, kirok: Command) -> None:
    trial = kirok("gc", "--dry-run", "--backend-store-uri", moved.uri)
    assert "in 2 files" in trial.stdout
    done = kirok("gc", "--backend-store-uri", moved.uri)
    assert (done.returncode, moved.left()) == (0, {moved.runs[0]})


def test_gc_follows_aliases(tmp_path: Path, kirok: Command) -> None:
    moved = Moved(tmp_path / "there", tmp_path / "here", f"sqlite:///{tmp_path}/mlflow.db", moves=False)
    shutil.move(tmp_path / "there", tmp_path / "here")
    aliases = {"KIROK_ARTIFACT_ROOT_ALIASES": f"{tmp_path}/there={tmp_path}/here"}
    assert kirok("gc", "--backend-store-uri", moved.uri, **aliases).returncode == 0
    assert moved.left() == {moved.runs[0]}


def test_an_alias_that_ends_elsewhere_lets_nothing_be_deleted(tmp_path: Path, kirok: Command) -> None:
    moved = Moved(tmp_path / "there", tmp_path / "here", f"sqlite:///{tmp_path}/mlflow.db", moves=False)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    stores = open_stores(moved.uri)
    uri = stores.runs.get_run(moved.runs[1]).info.artifact_uri
    stores.close()
    refused = kirok("gc", "--backend-store-uri", moved.uri, KIROK_ARTIFACT_ROOT_ALIASES=f"{uri}={tmp_path}/precious")
    assert "it may hold other things" in refused.stderr
    assert (tmp_path / "precious" / "file").exists()


def test_check_finds_nothing_amiss(moved: Moved, kirok: Command) -> None:
    done = kirok("db", "check", moved.uri, "--artifacts")
    assert done.returncode == 0, done.stdout


def test_copy_takes_the_files_along(moved: Moved, kirok: Command, tmp_path: Path) -> None:
    done = kirok("copy", moved.uri, str(tmp_path / "copy" / "mlruns"), "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((tmp_path / "copy").rglob("notes.txt"))) == 3


def test_relocating_for_good_leads_to_the_same_files(moved: Moved, kirok: Command, tmp_path: Path) -> None:
    done = kirok(
        "artifacts", "relocate", str(tmp_path / "there"), str(tmp_path / "here"), "--backend-store-uri", moved.uri
    )
    assert "Files are at the new place of" in done.stdout
    stores = open_stores(moved.uri)
    assert str(tmp_path / "here") in stores.runs.get_run(moved.runs[0]).info.artifact_uri
    stores.close()
