"""Which names are allowed, with MLflow's own rules as the judge where it has some."""

import pytest

from kirok.base.errors import InvalidParameter, MissingParameter
from kirok.rules.keys import check_experiment_name, check_key, check_length, check_run_id, experiment_number


@pytest.mark.parametrize("key", ["loss", "val/loss", "a.b-c_d:e f", "한글/값", " ", "a...", "a..b", "x" * 250])
def test_a_key_is_allowed(key: str) -> None:
    check_key(key, "Metric name")


@pytest.mark.parametrize("key", ["a;b", "a\nb", "a\\b", "a?", "a%", "'", "🎙", "a\x00"])
def test_a_key_of_other_characters_is_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidParameter, match="for parameter 'Metric name' supplied: Names may only contain"):
        check_key(key, "Metric name")


@pytest.mark.parametrize(
    ("key", "resolved"),
    [("a//b", "a/b"), ("a/", "a"), ("./a", "a"), ("a/../b", "b"), ("/a", "/a"), ("..", ".."), ("...", "...")],
)
def test_a_key_that_would_be_another_file_is_refused_and_the_file_named(key: str, resolved: str) -> None:
    with pytest.raises(InvalidParameter, match="This name would resolve to") as refused:
        check_key(key, "Param key")
    assert refused.value.message.endswith(repr(resolved))


def test_an_over_long_key_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="'key' exceeds the maximum length of 250 characters"):
        check_key("가" * 251, "key")


def test_an_empty_key_is_missing() -> None:
    with pytest.raises(MissingParameter, match="'key'"):
        check_key("", "Tag key")


def test_lengths_are_counted_in_characters() -> None:
    check_length("🎙" * 5, 5, "value")
    with pytest.raises(InvalidParameter, match="has 6"):
        check_length("🎙" * 6, 5, "value")


@pytest.mark.parametrize("name", ["x", "x" * 500, " x ", "한글"])
def test_an_experiment_name_is_allowed(name: str) -> None:
    check_experiment_name(name)


@pytest.mark.parametrize("name", ["", " ", "\n\t", "x" * 501])
def test_an_experiment_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter):
        check_experiment_name(name)


@pytest.mark.parametrize("run_id", ["a", "0" * 32, "A-b_c", "x" * 256])
def test_a_run_id_is_allowed(run_id: str) -> None:
    check_run_id(run_id)


@pytest.mark.parametrize("run_id", ["-a", "_a", "a/b", "a b", "a\n", "x" * 257, "../a"])
def test_a_run_id_is_refused(run_id: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid run ID"):
        check_run_id(run_id)


def test_an_empty_run_id_is_missing() -> None:
    with pytest.raises(MissingParameter, match="'run_id'"):
        check_run_id("")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("+1", 1), ("-1", -1), ("9" * 18, 10**18 - 1)])
def test_an_experiment_id_is_a_number(text: str, number: int) -> None:
    assert experiment_number(text) == number


@pytest.mark.parametrize("text", ["abc", "1.0", "1e3", " 1", "1_0", "9" * 19, "1\n", "0x1"])
def test_other_experiment_ids_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="must be a valid integer"):
        experiment_number(text)


def test_an_empty_experiment_id_is_missing() -> None:
    with pytest.raises(MissingParameter, match="'experiment_id'"):
        experiment_number("")
