"""How much one request may ask for."""

import pytest

from kirok.base.errors import InvalidParameter, MissingParameter
from kirok.rules.paging import check_max_results, check_run_ids, check_step_range


@pytest.mark.parametrize("max_results", [0, -1, 11])
def test_a_page_size_out_of_range_is_refused(max_results: int) -> None:
    with pytest.raises(InvalidParameter, match=f"Invalid value {max_results} for parameter 'max_results' supplied"):
        check_max_results(max_results, 10)


def test_a_page_size_within_range_is_taken() -> None:
    check_max_results(1, 10)
    check_max_results(10, 10)
    check_max_results(10**9)


def test_a_bulk_read_names_some_runs_and_not_too_many() -> None:
    check_run_ids(["a"] * 100, "run_ids")
    with pytest.raises(MissingParameter, match="'run_ids'"):
        check_run_ids([], "run_ids")
    with pytest.raises(InvalidParameter, match=r"at most 100 run_ids values. Received 101"):
        check_run_ids(["a"] * 101, "run_ids")


def test_a_range_of_steps_has_two_ends_in_order() -> None:
    check_step_range(None, None)
    check_step_range(-3, -3)
    for start, end in ((1, None), (None, 1), (2, 1)):
        with pytest.raises(InvalidParameter, match="step"):
            check_step_range(start, end)
