"""What a batch may hold, and what of it is new."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.datasets import Dataset, DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.rules.batches import check_batch, check_dataset_inputs, check_unchanged_params, check_unique_params


def test_the_place_of_a_bad_key_is_named() -> None:
    with pytest.raises(InvalidParameter, match=r"'metrics\[1\].name'"):
        check_batch([Metric("ok", 1.0, 1), Metric("a;b", 1.0, 1)], [], [])
    with pytest.raises(InvalidParameter, match=r"'params\[1\].key'"):
        check_batch([], [Param("ok", "1"), Param("a;b", "1")], [])
    with pytest.raises(InvalidParameter, match=r"'tags\[1\].key'"):
        check_batch([], [], [RunTag("ok", "1"), RunTag("a;b", "1")])


def test_a_lone_item_is_named_as_the_single_calls_name_it() -> None:
    with pytest.raises(InvalidParameter, match="'Metric name'"):
        check_batch([Metric("a;b", 1.0, 1)], [], [])
    with pytest.raises(InvalidParameter, match="'timestamp'"):
        check_batch([Metric("a", 1.0, -1)], [], [])


def test_a_time_before_the_epoch_is_found_in_a_key_already_seen() -> None:
    with pytest.raises(InvalidParameter, match=r"'metrics\[1\].timestamp'"):
        check_batch([Metric("a", 1.0, 1), Metric("a", 1.0, -1)], [], [])


def test_repeated_params_are_all_named() -> None:
    check_unique_params([Param("a", "1"), Param("b", "1")])
    with pytest.raises(InvalidParameter, match=r"have been submitted: \['a', 'c'\]"):
        check_unique_params([Param(key, "1") for key in "abcac"])


def test_only_new_params_remain() -> None:
    given = [Param("a", "1"), Param("b", "2")]
    assert check_unchanged_params("r", {"a": "1"}, given) == [Param("b", "2")]
    assert check_unchanged_params("r", {}, given) == given


def test_a_changed_param_is_refused_with_both_values() -> None:
    with pytest.raises(InvalidParameter) as refused:
        check_unchanged_params("r", {"a": "1"}, [Param("a", "2")])
    assert refused.value.message == (
        "Changing param values is not allowed. Param with key='a' was already logged with value='1' for run ID='r'. "
        "Attempted logging new value '2'."
    )


def test_several_changed_params_are_refused_together() -> None:
    with pytest.raises(InvalidParameter) as refused:
        check_unchanged_params("r", {"a": "1", "b": "2", "c": "3"}, [Param(key, "9") for key in "abd"])
    assert refused.value.message == (
        "Changing param values is not allowed. Params were already logged="
        "'[{'key': 'a', 'old_value': '1', 'new_value': '9'}, {'key': 'b', 'old_value': '2', 'new_value': '9'}]' "
        "for run ID='r'."
    )


@pytest.mark.parametrize(
    ("dataset", "named"),
    [
        (Dataset("x" * 501, "d", "", ""), "'name'"),
        (Dataset("x", "d" * 37, "", ""), "'digest'"),
        (Dataset("x", "d", "", "s" * 65_536), "'source'"),
        (Dataset("x", "d", "", "", schema="s" * 1_048_576), "'schema'"),
        (Dataset("x", "d", "", "", profile="s" * 16_777_216), "'profile'"),
    ],
    ids=["name", "digest", "source", "schema", "profile"],
)
def test_a_dataset_fits_mlflows_columns(dataset: Dataset, named: str) -> None:
    with pytest.raises(InvalidParameter, match=named):
        check_dataset_inputs([DatasetInput(dataset)])
