"""Where artifacts are, by rows that were written elsewhere."""

import shutil
from pathlib import Path

import pytest

from kirok.rules.aliases import Aliases, parse_aliases
from kirok.services.artifact_places import ArtifactPlaces

RUN = "7/ab/artifacts"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder `mlruns` with the files of one run, moved here from `tmp_path / "old"`."""
    home = tmp_path / "new" / "mlruns"
    (home / RUN).mkdir(parents=True)
    (home / RUN / "model.txt").write_text("weights")
    return home


@pytest.fixture
def places(here: Path) -> ArtifactPlaces:
    return ArtifactPlaces(Aliases(), str(here))


def test_files_that_moved_along_are_found(places: ArtifactPlaces, here: Path, tmp_path: Path) -> None:
    old = tmp_path / "old" / "mlruns" / RUN
    assert places.of_files(str(old)) == str(here / RUN)
    assert places.of_files(old.as_uri()) == (here / RUN).as_uri()


@pytest.mark.parametrize("old", [r"E:\team\mlruns\7\ab\artifacts", "file:///E:/team/mlruns/7/ab/artifacts"])
def test_files_that_came_from_windows_are_found(places: ArtifactPlaces, here: Path, old: str) -> None:
    assert Path(places.of_files(old).removeprefix("file://")) == here / RUN


def test_a_logged_model_that_moved_along_is_found(places: ArtifactPlaces, here: Path) -> None:
    model = "7/models/m-1/artifacts"
    (here / model).mkdir(parents=True)
    (here / model / "MLmodel").write_text("")
    assert places.of_files(f"/gone/mlruns/{model}") == str(here / model)


def test_a_folder_that_was_copied_stays_where_it_is_as_long_as_it_is_there(
    places: ArtifactPlaces, here: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old" / "mlruns"
    shutil.copytree(here, old)
    assert places.of_files(str(old / RUN)) == str(old / RUN)
    assert places.of_experiment(str(old / "7")) == str(old / "7")


def test_new_runs_go_to_the_folder_as_it_lies_now(places: ArtifactPlaces, here: Path) -> None:
    assert places.of_experiment("/gone/mlruns/8") == str(here / "8")
    assert places.of_files("/gone/mlruns/8/cd/artifacts") == str(here / "8/cd/artifacts")


def test_a_folder_of_another_name_is_known_by_its_files(places: ArtifactPlaces, here: Path) -> None:
    assert places.of_experiment("/gone/tracking/7") == str(here / "7")
    assert places.of_files(f"/gone/tracking/{RUN}") == str(here / RUN)
    assert places.of_files("/gone/tracking/7/cd/artifacts") == str(here / "7/cd/artifacts")


def test_a_disk_that_is_away_is_not_taken_for_moved(places: ArtifactPlaces, here: Path) -> None:
    (here / "8/cd/artifacts").mkdir(parents=True)
    for location in ("/mnt/away/8", "/mnt/away/9"):
        assert places.of_experiment(location) == location
    assert places.of_files("/mnt/away/8/cd/artifacts") == "/mnt/away/8/cd/artifacts"


def test_after_a_new_beginning_at_the_old_place_each_run_keeps_its_own(
    places: ArtifactPlaces, here: Path, tmp_path: Path
) -> None:
    began_anew = tmp_path / "old" / "mlruns"
    (began_anew / "7/ef/artifacts").mkdir(parents=True)
    assert places.of_files(str(began_anew / RUN)) == str(here / RUN)
    assert places.of_files(str(began_anew / "7/ef/artifacts")) == str(began_anew / "7/ef/artifacts")


def test_files_in_the_bin_of_a_moved_folder_are_found(places: ArtifactPlaces, here: Path) -> None:
    binned = here / ".trash" / RUN
    shutil.move(here / "7", here / ".trash" / "7")
    assert places.of_files(f"/gone/mlruns/{RUN}") == str(binned)


@pytest.mark.parametrize(
    "location",
    [
        "s3://bucket/mlruns/7/ab/artifacts",
        "mlflow-artifacts:/7/ab/artifacts",
        "/gone/mlruns/7/ab/model",
        "/gone/mlruns/7/../artifacts",
        "mlruns/7/ab/artifacts",
        "",
    ],
)
def test_nothing_else_is_looked_for_here(places: ArtifactPlaces, location: str) -> None:
    assert places.of_files(location) == location


def test_an_alias_comes_before_a_guess(here: Path) -> None:
    places = ArtifactPlaces(parse_aliases(("/gone=s3://bucket",)), str(here))
    assert places.of_files(f"/gone/mlruns/{RUN}") == f"s3://bucket/mlruns/{RUN}"
    assert places.of_experiment("/gone/mlruns/7") == "s3://bucket/mlruns/7"
