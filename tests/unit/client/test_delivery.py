"""Logging of any size becomes batches that the rules let pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import InvalidParameter, KirokError
from kirok.client.delivery import Immediate, fitting_batches
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.rules.batches import check_batch
from kirok.stores.memory import open_memory

_SIZES = st.integers(min_value=0, max_value=2500)


@given(_SIZES, st.integers(0, 250), st.integers(0, 250))
def test_batches_keep_everything_in_order_and_obey_the_limits(metrics: int, params: int, tags: int) -> None:
    points = [Metric("loss", float(step), 1, step) for step in range(metrics)]
    settings = [Param(f"p{i}", str(i)) for i in range(params)]
    labels = [RunTag(f"t{i}", str(i)) for i in range(tags)]
    batches = list(fitting_batches(points, settings, labels))
    for batch in batches:
        check_batch(*batch)
    assert [point for batch in batches for point in batch[0]] == points
    assert [param for batch in batches for param in batch[1]] == settings
    assert [tag for batch in batches for tag in batch[2]] == labels


def test_nothing_to_log_is_no_batch() -> None:
    assert list(fitting_batches([], [], [])) == []


def test_a_refusal_of_a_later_write_comes_out_of_waiting_for_it() -> None:
    stores = open_memory()
    delivery = Immediate(stores.runs)
    run_id = delivery.create_run("0", user_id="", run_name=None, start_time=1, tags=[]).info.run_id
    delivery.log_batch_later(run_id, params=[Param("depth", "3")]).wait()
    refused = delivery.log_batch_later(run_id, params=[Param("depth", "4")])
    with pytest.raises(KirokError, match="depth"):
        refused.wait()
    assert stores.runs.get_run(run_id).data.params == {"depth": "3"}


def test_a_refused_param_is_raised_at_once() -> None:
    delivery = Immediate(open_memory().runs)
    run_id = delivery.create_run("0", user_id="", run_name=None, start_time=1, tags=[]).info.run_id
    delivery.log_batch(run_id, params=[Param("depth", "3")])
    with pytest.raises(InvalidParameter, match="Changing param values"):
        delivery.log_batch(run_id, params=[Param("depth", "4")])
