"""Values that are cut, refused, or kept in another form."""

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import InvalidParameter
from kirok.entities.runs import Param, RunTag
from kirok.rules.values import (
    LARGEST,
    check_experiment_tag_value,
    check_timestamp,
    fitted_params,
    fitted_tags,
    restored_value,
    stored_value,
)


def test_values_that_fit_are_passed_on_untouched() -> None:
    params, tags = [Param("a", "x" * 6_000)], [RunTag("a", "x" * 8_000)]
    assert fitted_params(params, truncate=True) is params
    assert fitted_tags(tags, truncate=False) is tags


def test_a_long_param_is_cut_with_a_warning_that_names_it() -> None:
    with pytest.warns(UserWarning, match="Param 'prompt' has 6001 characters; only the first 6000 are kept"):
        fitted = fitted_params([Param("lr", "0.1"), Param("prompt", "가" * 6_001)], truncate=True)
    assert fitted == [Param("lr", "0.1"), Param("prompt", "가" * 6_000)]


def test_a_long_tag_is_cut_with_a_warning_that_names_it() -> None:
    with pytest.warns(UserWarning, match="Tag 'note' has 9000 characters; only the first 8000 are kept"):
        assert fitted_tags([RunTag("note", "x" * 9_000)], truncate=True) == [RunTag("note", "x" * 8_000)]


def test_where_nothing_may_be_cut_long_values_are_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"'Param value' exceeds .* 6000 .*MLFLOW_TRUNCATE_LONG_VALUES"):
        fitted_params([Param("p", "x" * 6_001)], truncate=False)
    with pytest.raises(InvalidParameter, match="'Tag value' exceeds the maximum length of 8000 characters"):
        fitted_tags([RunTag("t", "x" * 8_001)], truncate=False)


def test_experiment_tags_are_never_cut() -> None:
    check_experiment_tag_value("x" * 20_000)
    with pytest.raises(InvalidParameter, match="20000"):
        check_experiment_tag_value("x" * 20_001)


@given(st.floats())
def test_a_stored_value_is_finite_and_restores(value: float) -> None:
    number, is_nan = stored_value(value)
    assert math.isfinite(number)
    restored = restored_value(number, is_nan)
    if value != value:
        assert is_nan
        assert restored != restored
    elif abs(value) == sys.float_info.max:
        assert restored == math.copysign(math.inf, value)  # MLflow's form of infinity is taken for it
    else:
        assert restored == value


def test_infinities_are_stored_as_mlflow_stores_them() -> None:
    assert stored_value(math.inf) == (1.7976931348623157e308, False)
    assert stored_value(-math.inf) == (-1.7976931348623157e308, False)
    assert stored_value(math.nan) == (0.0, True)
    assert sys.float_info.max == LARGEST


def test_a_time_is_not_before_the_epoch() -> None:
    check_timestamp(0)
    with pytest.raises(InvalidParameter, match=r"Invalid value -1 for parameter 'metrics\[3\].timestamp'"):
        check_timestamp(-1, "metrics[3].timestamp")
