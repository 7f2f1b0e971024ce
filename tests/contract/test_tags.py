"""Tags of runs."""

import pytest

from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.runs import RunTag
from kirok.stores.protocols import Stores


def test_a_tag_may_be_overwritten(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, tags=[RunTag("note", "one")])
    stores.runs.log_batch(run_id, tags=[RunTag("note", "two")])
    assert stores.runs.get_run(run_id).data.tags == {"mlflow.runName": "first", "note": "two"}


def test_of_one_key_twice_in_a_batch_the_last_counts(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, tags=[RunTag("note", "one"), RunTag("note", "two")])
    assert stores.runs.get_run(run_id).data.tags["note"] == "two"


def test_the_name_tag_renames_the_run(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, tags=[RunTag("mlflow.runName", "second")])
    run = stores.runs.get_run(run_id)
    assert (run.info.run_name, run.data.tags["mlflow.runName"]) == ("second", "second")


def test_a_deleted_tag_is_gone(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, tags=[RunTag("note", "one"), RunTag("other", "x")])
    stores.runs.delete_tag(run_id, "note")
    assert stores.runs.get_run(run_id).data.tags == {"mlflow.runName": "first", "other": "x"}


def test_deleting_a_tag_that_is_not_there_is_not_found(stores: Stores, run_id: str) -> None:
    with pytest.raises(NotFound, match=f"No tag with name: note in run with id {run_id}"):
        stores.runs.delete_tag(run_id, "note")
    with pytest.raises(NotFound):
        stores.runs.delete_tag("nobody", "note")


@pytest.mark.filterwarnings("ignore:.*only the first 8000 are kept")
def test_a_long_value_is_cut_as_mlflow_cuts_it(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, tags=[RunTag("fits", "x" * 8_000), RunTag("long", "나" * 8_001)])
    tags = stores.runs.get_run(run_id).data.tags
    assert tags["fits"] == "x" * 8_000
    assert tags["long"] == "나" * 8_000


def test_any_text_is_a_value(stores: Stores, run_id: str) -> None:
    values = ["null", "NaN", "true", "0", "'; DROP TABLE tags; --", '{"a": [1]}', "\x01\x1f\x7f", "\r\n", "𝔘𝔫𝔦", " "]
    stores.runs.log_batch(run_id, tags=[RunTag(f"t{i}", value) for i, value in enumerate(values)])
    tags = stores.runs.get_run(run_id).data.tags
    assert [tags[f"t{i}"] for i in range(len(values))] == values


def test_a_nul_is_kept_or_refused(stores: Stores, run_id: str, refuses_nul: bool) -> None:
    tags = [RunTag("whole", "yes"), RunTag("nul", "a\x00b")]
    if refuses_nul:
        with pytest.raises(InvalidParameter, match="NUL"):
            stores.runs.log_batch(run_id, tags=tags)
        assert "whole" not in stores.runs.get_run(run_id).data.tags
        return
    stores.runs.log_batch(run_id, tags=tags)
    assert stores.runs.get_run(run_id).data.tags["nul"] == "a\x00b"
