"""Rows as the destination shall have them."""

import pytest

from kirok.services.copy_translation import Relocation, Translation
from kirok.stores.archive_kinds import KINDS


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("/old/runs/1", "s3://b/7"),
        ("/old/runs/1/abc/artifacts", "s3://b/7/abc/artifacts"),
        ("file:///old/runs/1/abc", "s3://b/7/abc"),
        ("/old/runs/10/abc", "/old/runs/10/abc"),  # another folder, whose name begins alike
        ("/old/runs", "/old/runs"),
        ("runs:/abc/model", "runs:/abc/model"),
        ("/old/runs/1/deep/er", "/elsewhere/er"),
        ("mlflow-artifacts:/1/abc", "mlflow-artifacts:/1/abc"),
        ("", ""),
    ],
)
def test_places_below_an_old_one_move_with_it(place: str, new: str) -> None:
    relocation = Relocation()
    relocation.add("/old/runs/1/", "s3://b/7")
    relocation.add("/old/runs/1/deep", "/elsewhere")
    assert relocation.of(place) == new


def test_a_uri_of_a_folder_and_its_path_are_one_place() -> None:
    relocation = Relocation()
    relocation.add("file:///with%20space/1", "/new/1")
    assert relocation.of("/with space/1/x") == "/new/1/x"
    assert relocation.of("file:///with%20space/1/x") == "/new/1/x"


def test_nothing_moves_to_where_it_is() -> None:
    relocation = Relocation()
    relocation.add("/same", "/same/")
    assert not relocation


def test_only_the_tag_that_names_a_place_is_translated() -> None:
    translation = Translation()
    translation.relocation.add("/old", "/new")
    kind = KINDS["trace_tags"]
    rows = [("mlflow.artifactLocation", "/old/t", "tr-1"), ("note", "/old/t", "tr-1")]
    told = list(translation.applied(kind, ("key", "value", "request_id"), rows))
    assert told == [("mlflow.artifactLocation", "/new/t", "tr-1"), ("note", "/old/t", "tr-1")]


def test_experiments_are_renumbered_wherever_they_are_named() -> None:
    translation = Translation()
    translation.experiments["1"] = "7"
    links = KINDS["evaluation_dataset_links"]
    columns = ("destination_type", "destination_id")
    assert list(translation.applied(links, columns, [("experiment", "1"), ("run", "1")])) == [
        ("experiment", "7"),
        ("run", "1"),
    ]
    assert list(translation.applied(KINDS["runs"], ("experiment_id", "run_uuid"), [("1", "1")])) == [("7", "1")]
    assert not translation.changes(KINDS["params"], KINDS["params"].columns)
