"""Files that moved, and the real MLflow reading them again after `kirok artifacts relocate`."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kirok.cli.root import kirok
from kirok.rules.aliases import Alias
from kirok.stores.open import open_stores
from running_servers import kirok_server, plain_environment

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


def relocate(*arguments: str) -> Result:
    return CliRunner().invoke(kirok, ["artifacts", "relocate", *arguments], catch_exceptions=False)


def read(mlflow: Any, uri: str, folder: Path) -> list[str]:
    """What the real MLflow fetches: a file of a run, and one of a logged model."""
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    (churn,) = (each for each in client.search_experiments() if each.name.startswith("churn"))
    run = next(run for run in client.search_runs([churn.experiment_id]) if run.info.run_name == "first")
    found = [client.download_artifacts(run.info.run_id, "notes/hello.txt", str(folder))]
    (model,) = client.search_logged_models([churn.experiment_id])
    found.append(mlflow.artifacts.download_artifacts(f"{model.artifact_location}/MLmodel", dst_path=str(folder)))
    return [Path(each).read_text() for each in found]


@pytest.fixture
def moved_database(a_database_lived: Path, tmp_path: Path) -> tuple[str, Path, Path]:
    """(URI, where its rows place files, where these are)."""
    shutil.copy(a_database_lived / "mlflow.db", tmp_path / "mlflow.db")
    shutil.copytree(a_database_lived / "artifacts", tmp_path / "files of now")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    old = tmp_path / "gone"
    stores = open_stores(uri)
    assert stores.relocations is not None
    stores.relocations.relocate(Alias.of(str(a_database_lived / "artifacts"), old.as_uri()), write=True)
    stores.close()
    return uri, old, tmp_path / "files of now"


def test_mlflow_reads_a_database_again_whose_files_moved(
    mlflow: Any, moved_database: tuple[str, Path, Path], tmp_path: Path
) -> None:
    uri, old, new = moved_database
    with pytest.raises(Exception, match="Failed to download"):
        read(mlflow, uri, tmp_path)
    trial = relocate(str(old), str(new), "--dry-run", "--backend-store-uri", uri)
    assert "Nothing was changed." in trial.output
    done = relocate(str(old), str(new), "--backend-store-uri", uri)
    assert done.exit_code == 0
    assert "Files are at the new place of" in done.output
    assert read(mlflow, uri, tmp_path) == ["hello", "flavors: {}\n"]
    assert "No record names a place below" in relocate(str(old), str(new), "--backend-store-uri", uri).output


def test_mlflow_reads_a_folder_again_that_moved(mlflow: Any, a_folder_lived: Path, tmp_path: Path) -> None:
    folder, old = tmp_path / "runs of now", tmp_path / "gone"
    shutil.copytree(a_folder_lived, folder)
    for each in (str(a_folder_lived), str(old)), (str(old), folder.as_uri()):
        assert relocate(*each, "--backend-store-uri", str(folder)).exit_code == 0
    assert read(mlflow, folder.as_uri(), tmp_path) == ["hello", "flavors: {}\n"]


def test_it_says_when_the_files_are_still_where_they_were(
    moved_database: tuple[str, Path, Path], tmp_path: Path
) -> None:
    uri, old, new = moved_database
    new.rename(old)
    told = relocate(str(old), str(tmp_path / "else where"), "--backend-store-uri", uri)
    assert told.exit_code == 0
    assert "This command moves no files." in told.output
    assert f"cp -a {old}/. '{tmp_path}/else where/'" in told.output


def test_a_database_that_a_server_holds_is_left_alone(moved_database: tuple[str, Path, Path], tmp_path: Path) -> None:
    uri, old, new = moved_database
    with kirok_server(tmp_path, "--backend-store-uri", uri):
        refused = relocate(str(old), str(new), "--backend-store-uri", uri)
        assert refused.exit_code != 0
        assert "serves" in refused.output
        assert "Nothing was changed." in relocate(str(old), str(new), "--dry-run", "--backend-store-uri", uri).output


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [("s3://a", "s3://a/", "one place twice"), ("runs:/x", "/y", "no two places"), ("", "/y", "no two places")],
)
def test_nonsense_is_refused(old: str, new: str, named: str, tmp_path: Path) -> None:
    refused = relocate(old, new, "--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db")
    assert refused.exit_code == 2
    assert named in refused.output
    assert not (tmp_path / "mlflow.db").exists()


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    refused = CliRunner().invoke(
        kirok, ["artifacts", "relocate", "/a", "/b", "--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db"]
    )
    assert refused.exit_code != 0
    assert not (tmp_path / "mlflow.db").exists()


def test_a_folder_whose_relocation_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    stores = open_stores(str(tmp_path / "mlruns"))
    experiment_id = stores.experiments.create_experiment("speech", artifact_location="s3://old/speech")
    for _ in range(150):
        stores.runs.create_run(experiment_id)
    arguments = ["artifacts", "relocate", "s3://old", "s3://new", "--backend-store-uri", str(tmp_path / "mlruns")]

    def done() -> int:
        found = stores.runs.search_runs([experiment_id])
        return sum(run.info.artifact_uri.startswith("s3://new/speech/") for run in found)

    process = subprocess.Popen(
        [sys.executable, "-m", "kirok.cli", *arguments], env=plain_environment(), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while done() == 0 and time.monotonic() < deadline:
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert 0 < done() <= 150
    assert relocate(*arguments[2:]).exit_code == 0
    assert done() == 150
    assert not list((tmp_path / "mlruns").rglob("*.tmp"))
    stores.close()
