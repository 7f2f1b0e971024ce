"""Names of runs, records of models, places of artifacts."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.runs import RunTag
from kirok.rules.lifecycle import agreed_run_name, model_record_fields, require_active_experiment, require_active_run
from kirok.rules.locations import below, checked_location, run_artifact_uri


@pytest.mark.parametrize(
    ("argument", "tag", "agreed"),
    [
        ("a", None, "a"),
        (None, "a", "a"),
        ("a", "a", "a"),
        ("", "a", "a"),
        ("a", "", "a"),
        (None, None, None),
        ("", "", None),
    ],
)
def test_argument_and_tag_agree_on_a_name(argument: str | None, tag: str | None, agreed: str | None) -> None:
    tags = [RunTag("other", "x")] + ([] if tag is None else [RunTag("mlflow.runName", tag)])
    assert agreed_run_name(argument, tags) == agreed


def test_two_names_are_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"run_name='a', mlflow.runName='b'"):
        agreed_run_name("a", [RunTag("mlflow.runName", "b")])


def test_what_is_deleted_is_not_written_to() -> None:
    require_active_run("r", "active")
    require_active_experiment("7", "active")
    with pytest.raises(InvalidParameter, match=r"The run r must be in the 'active' state. Current state is deleted."):
        require_active_run("r", "deleted")
    with pytest.raises(InvalidParameter, match="The experiment 7 must be in the 'active' state"):
        require_active_experiment("7", "deleted")


@pytest.mark.parametrize("model", [{}, [], "text", None, {"artifact_path": "a", "flavors": {}, "run_id": "r"}])
def test_a_model_record_lacking_fields_is_refused(model: object) -> None:
    with pytest.raises(InvalidParameter, match=r"missing mandatory fields: .*utc_time_created"):
        model_record_fields(model)


@pytest.mark.parametrize(
    ("location", "uri"),
    [
        ("/data/0", "/data/0/r/artifacts"),
        ("/data/0/", "/data/0/r/artifacts"),
        ("s3://bucket/p?region=x", "s3://bucket/p/r/artifacts?region=x"),
        ("mlflow-artifacts:/0", "mlflow-artifacts:/0/r/artifacts"),
        ("file:///C:/data", "file:///C:/data/r/artifacts"),
        ("/data/what?/0", "/data/what?/0/r/artifacts"),
    ],
)
def test_a_runs_artifacts_lie_below_its_experiments(location: str, uri: str) -> None:
    assert run_artifact_uri(location, "r") == uri


def test_segments_go_before_a_query() -> None:
    assert below("s3://b?x=1&y=2", "3") == "s3://b/3?x=1&y=2"


@pytest.mark.parametrize(
    ("location", "uri"),
    [
        ("file:///data", "file:///data/50%25 of what%3F"),
        ("mlflow-artifacts:/1", "mlflow-artifacts:/1/50%25 of what%3F"),
        ("/data", "/data/50% of what?"),
        ("s3://b/a", "s3://b/a/50% of what?"),
    ],
)
def test_a_name_is_escaped_where_escapes_count(location: str, uri: str) -> None:
    assert below(location, "50% of what?") == uri


@pytest.mark.parametrize("location", ["runs:/r/model", "/data#x", "s3://b/p?x=../y", "x" * 2049])
def test_a_place_that_cannot_hold_artifacts_is_refused(location: str) -> None:
    with pytest.raises(InvalidParameter):
        checked_location(location)


@pytest.mark.parametrize("location", ["/data/", "s3://b/p?x=y", "file:///data", "C:\\data", "hdfs://h/p"])
def test_other_places_are_taken_as_they_are_written(location: str) -> None:
    assert checked_location(location) == location
