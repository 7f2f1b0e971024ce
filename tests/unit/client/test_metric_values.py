"""What people pass as a metric."""

import math
from typing import Any

import numpy as np
import pytest

from kirok.base.errors import InvalidParameter, MissingParameter
from kirok.client.values import metric_value


class OneElementTensor:
    """As much of a torch tensor as a metric shows: autograd has to be left before its number can be read."""

    def __init__(self, attached: bool = True) -> None:
        self._attached = attached

    def detach(self) -> "OneElementTensor":
        return OneElementTensor(attached=False)

    def item(self) -> float:
        assert not self._attached
        return 0.25


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (1, 1.0),
        (True, 1.0),
        ("3.5", 3.5),
        (np.float32(0.5), 0.5),
        (np.array(2), 2.0),
        (np.array([1.5]), 1.5),
        (np.array([[7]]), 7.0),
        (OneElementTensor(), 0.25),
        (math.inf, math.inf),
        ("-Infinity", -math.inf),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, OneElementTensor) else repr(value),
)
def test_what_turns_into_a_number_is_kept_as_one(given: Any, kept: float) -> None:
    value = metric_value(given, "loss")
    assert type(value) is float
    assert value == kept


def test_nan_stays_nan() -> None:
    assert math.isnan(metric_value(np.float64("nan"), "loss"))


@pytest.mark.parametrize("given", ["abc", np.array([1.0, 2.0]), np.array([])], ids=repr)
def test_a_value_that_is_not_one_number_is_refused_by_the_metrics_name(given: Any) -> None:
    with pytest.raises(InvalidParameter, match="'loss'"):
        metric_value(given, "loss")


def test_no_value_is_a_missing_one() -> None:
    with pytest.raises(MissingParameter, match="'value'"):
        metric_value(None, "loss")


@pytest.mark.parametrize("given", [[1.0], object(), 1 + 2j], ids=lambda given: type(given).__name__)
def test_what_is_no_number_at_all_is_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError):
        metric_value(given, "loss")
