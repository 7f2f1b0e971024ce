"""What `kirok server` says at its start of the store it opened, and of others beside it."""

from pathlib import Path

import pytest

from cli.conftest import Command, Seeded
from kirok.stores.open import open_stores
from running_servers import kirok_server


def _printed(folder: Path, *options: str) -> str:
    with kirok_server(folder, *options) as running:
        pass
    return running.log.read_text(encoding="utf-8")


def _folder_of_runs(folder: Path) -> Path:
    """An `mlruns` with one run."""
    stores = open_stores(str(folder / "mlruns"))
    stores.runs.create_run("0")
    stores.close()
    return folder / "mlruns"


def test_it_says_how_much_there_is(seeded: Seeded) -> None:
    stores = open_stores(seeded.uri, artifact_root="x")
    stores.runs.delete_run(seeded.run_id)
    for _ in range(1_200):
        stores.runs.create_run("0")
    stores.close()
    printed = _printed(seeded.folder, "--backend-store-uri", seeded.uri)
    assert f"in {seeded.folder / 'kirok.db'}: 2 experiments, 1,201 runs (1 in the bin)\n" in printed
    assert "Warning" not in printed


def test_it_counts_no_further_than_anybody_waits_for(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirok.stores.sql.holdings.MOST_COUNTED", 1)
    stores = open_stores(seeded.uri, artifact_root="x")
    assert stores.holdings is not None
    held = stores.holdings()
    stores.close()
    assert (held.runs, held.is_cut_off) == (1, True)


def test_a_new_database_beside_a_folder_of_runs_is_told_of(tmp_path: Path) -> None:
    folder = _folder_of_runs(tmp_path)
    printed = _printed(tmp_path, "--backend-store-uri", "sqlite:///new.db")
    assert f"in {tmp_path / 'new.db'}: nothing yet" in printed
    assert f"Warning: {folder} holds runs too" in printed
    assert f"kirok server --backend-store-uri {folder}." in printed
    assert f"kirok copy {folder} sqlite:///new.db" in printed


def test_a_database_beside_a_folder_of_runs_is_told_of(tmp_path: Path) -> None:
    folder = _folder_of_runs(tmp_path)
    stores = open_stores(f"sqlite:///{tmp_path / 'mlflow.db'}", artifact_root="x")
    stores.runs.create_run("0")
    stores.close()
    printed = _printed(tmp_path)
    assert f"in {folder}: 1 experiment, 1 run\n" in printed
    assert f"Warning: {tmp_path / 'mlflow.db'} holds runs too" in printed
    assert f"kirok copy sqlite:///{tmp_path / 'mlflow.db'} " in printed


def test_artifacts_that_lie_beside_the_database_are_told_of(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    (there / "mlartifacts" / "0").mkdir(parents=True)
    here.mkdir()
    backend = ("--backend-store-uri", f"sqlite:///{there / 'mlflow.db'}")
    printed = _printed(here, *backend)
    assert f"Warning: {there / 'mlartifacts'} holds artifacts" in printed
    assert f"--artifacts-destination {there / 'mlartifacts'}," in printed
    assert "holds artifacts" not in _printed(here, *backend, "--artifacts-destination", str(there / "mlartifacts"))
    assert "holds artifacts" not in _printed(there, *backend)
    (here / "mlartifacts" / "7").mkdir(parents=True)
    assert "holds artifacts" not in _printed(here, *backend)


def test_neighbours_without_anything_in_them_are_not_mentioned(tmp_path: Path) -> None:
    (tmp_path / "mlruns" / "0" / "abc" / "artifacts").mkdir(parents=True)
    (tmp_path / "mlflow.db").write_text("no database")
    printed = _printed(tmp_path, "--backend-store-uri", "sqlite:///new.db")
    assert "Warning" not in printed


def test_looking_at_a_neighbour_leaves_it_as_it_is(seeded: Seeded, tmp_path: Path, kirok: Command) -> None:
    database = tmp_path / "mlflow.db"
    (seeded.folder / "kirok.db").rename(database)
    before = database.read_bytes()
    printed = _printed(tmp_path, "--backend-store-uri", "sqlite:///new.db")
    assert "holds runs too" in printed
    assert database.read_bytes() == before
    assert sorted(file.name for file in tmp_path.glob("mlflow.db*")) == ["mlflow.db"]
