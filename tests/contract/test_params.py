"""Params: written once."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.runs import Param
from kirok.stores.protocols import Stores


def test_a_param_cannot_change(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, params=[Param("lr", "0.1")])
    with pytest.raises(InvalidParameter, match="Changing param values is not allowed") as refused:
        stores.runs.log_batch(run_id, params=[Param("lr", "0.2")])
    assert all(part in refused.value.message for part in ("lr", "0.1", "0.2", run_id))
    assert stores.runs.get_run(run_id).data.params == {"lr": "0.1"}


def test_the_same_value_again_is_no_error(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, params=[Param("lr", "0.1")])
    stores.runs.log_batch(run_id, params=[Param("lr", "0.1"), Param("depth", "3")])
    assert stores.runs.get_run(run_id).data.params == {"depth": "3", "lr": "0.1"}


def test_equal_numbers_written_differently_are_a_change(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, params=[Param("lr", "0.1")])
    with pytest.raises(InvalidParameter, match="Changing param values"):
        stores.runs.log_batch(run_id, params=[Param("lr", "0.10")])


def test_an_empty_value_is_a_value(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, params=[Param("note", "")])
    with pytest.raises(InvalidParameter, match="Changing param values"):
        stores.runs.log_batch(run_id, params=[Param("note", "x")])


def test_all_changed_params_are_named(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, params=[Param("a", "1"), Param("b", "1"), Param("c", "1")])
    with pytest.raises(InvalidParameter, match="Changing param values is not allowed") as refused:
        stores.runs.log_batch(run_id, params=[Param("a", "2"), Param("b", "2"), Param("c", "1")])
    assert "'a'" in refused.value.message
    assert "'b'" in refused.value.message
    assert "'c'" not in refused.value.message


def test_keys_differ_by_case(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, params=[Param("LR", "1"), Param("lr", "2")])
    assert stores.runs.get_run(run_id).data.params == {"LR": "1", "lr": "2"}


@pytest.mark.filterwarnings("ignore:.*only the first 6000 are kept")
def test_a_long_value_is_cut_as_mlflow_cuts_it(stores: Stores, run_id: str) -> None:
    long = "가" * 6_001
    stores.runs.log_batch(run_id, params=[Param("fits", "x" * 6_000), Param("long", long)])
    assert stores.runs.get_run(run_id).data.params == {"fits": "x" * 6_000, "long": long[:6_000]}
    stores.runs.log_batch(run_id, params=[Param("long", long)])


def test_each_run_has_its_own(stores: Stores, experiment_id: str, run_id: str) -> None:
    other = stores.runs.create_run(experiment_id).info.run_id
    stores.runs.log_batch(run_id, params=[Param("lr", "0.1")])
    stores.runs.log_batch(other, params=[Param("lr", "0.2")])
    assert stores.runs.get_run(run_id).data.params == {"lr": "0.1"}
    assert stores.runs.get_run(other).data.params == {"lr": "0.2"}
