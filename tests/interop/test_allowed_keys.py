"""The same names are allowed as in MLflow."""

from collections.abc import Callable

from hypothesis import assume, given
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException
from mlflow.utils.validation import _validate_metric_name

from kirok.base.errors import InvalidParameter
from kirok.rules.keys import check_key


@given(st.text(st.sampled_from("ab/.-_ :한é;\\\n"), min_size=1, max_size=6) | st.text(min_size=1, max_size=6))
def test_mlflow_allows_the_same_keys(key: str) -> None:
    assume(not key.endswith("\n"))  # MLflow's pattern lets one through by its `$`; see docs/compatibility.md
    ours = is_refused(lambda: check_key(key, "Metric name"), InvalidParameter)
    theirs = is_refused(lambda: _validate_metric_name(key), MlflowException)
    assert ours == theirs


def is_refused(check: Callable[[], None], refusal: type[Exception]) -> bool:
    try:
        check()
    except refusal:
        return True
    return False
