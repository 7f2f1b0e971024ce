"""Lines of metric files, as every release of MLflow wrote them and as crashes leave them."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.entities.metrics import Metric
from kirok.stores.file.metric_lines import model_point_lines, parse_ranks, point_at, point_lines
from kirok.stores.file.writing import append_lines


def points(content: bytes) -> list[tuple[int, int, float]]:
    """(timestamp, step, value) of each point."""
    return [(rank[1], rank[0], point_at("m", rank).value) for rank in parse_ranks(content)[0]]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []),
        (b"5 0.5 3\n", [(5, 3, 0.5)]),
        (b"5 0.5\n6 1.5\n", [(5, 0, 0.5), (6, 0, 1.5)]),
        (b"5 0.5 3 books d1\n6 1 4\n", [(5, 3, 0.5), (6, 4, 1.0)]),
        (b"5 0.5 3 two words d1\n", [(5, 3, 0.5)]),
        (b"5 0.5 3\r\n6 0.25 4\r\n", [(5, 3, 0.5), (6, 4, 0.25)]),
        (b"5 1e-05 -3\n5 inf 1\n5 -inf 2\n", [(5, -3, 1e-05), (5, 1, math.inf), (5, 2, -math.inf)]),
        (b"5 0.5 3\n5 0.5 3\n", [(5, 3, 0.5), (5, 3, 0.5)]),
        (b"5 0.5 3\n6 0.25 1", [(5, 3, 0.5)]),
        (b"5 0.5 3", []),
    ],
    ids="none three two five spaces windows special repeated torn torn-alone".split(),
)
def test_every_form_of_line_is_read(content: bytes, found: list[tuple[int, int, float]]) -> None:
    assert points(content) == found
    assert parse_ranks(content)[1] == 0


def test_nan_is_read() -> None:
    ((_, _, value),) = points(b"5 nan 1\n")
    assert math.isnan(value)


@pytest.mark.parametrize("line", [b"", b"5", b"x 0.5 1", b"5 loss 1", b"5 0.5 1.5", b"\xff\x00 1 1", b"5 0.5 "])
def test_a_line_that_is_no_point_hides_no_other(line: bytes) -> None:
    ranks, broken = parse_ranks(b"5 0.5 3\n" + line + b"\n6 0.25 4\n")
    assert {(rank[1], rank[0]) for rank in ranks} >= {(5, 3), (6, 4)}
    assert len(ranks) + broken == 3


metrics = st.builds(
    Metric, st.just("m"), st.floats(), st.integers(0, 2**63 - 1), st.integers(-(2**63), 2**63 - 1)
)  # fmt: skip


@given(st.lists(metrics, max_size=5))
def test_what_is_written_is_read(written: list[Metric]) -> None:
    ranks, broken = parse_ranks(point_lines(written))
    assert broken == 0
    read = [point_at("m", rank) for rank in ranks]
    assert [(one.timestamp, one.step) for one in read] == [(one.timestamp, one.step) for one in written]
    for one, other in zip(read, written, strict=True):
        assert one.value == other.value or (math.isnan(one.value) and math.isnan(other.value)) or math.isinf(one.value)


@pytest.mark.parametrize("before", [b"", b"5 0.5 3\n", b"5 0.5 3\n6 0.", b"6 0.", b"5 0.5 3\n" + b"9" * 10_000])
def test_a_torn_line_is_never_glued_to_the_next(tmp_path: Path, before: bytes) -> None:
    file = tmp_path / "loss"
    file.write_bytes(before)
    append_lines(str(file), b"7 0.125 5\n", durable=True)
    assert file.read_bytes() == before[: before.rfind(b"\n") + 1] + b"7 0.125 5\n"


def test_a_models_lines_name_the_run_and_a_dataset_that_can_be_told_apart() -> None:
    lines = model_point_lines(
        [
            Metric("m", 0.5, 1, 2),
            Metric("m", 0.5, 1, 2, dataset_name="books", dataset_digest="d1"),
            Metric("m", 0.5, 1, 2, dataset_name="two words", dataset_digest="d1"),
            Metric("m", 0.5, 1, 2, dataset_name="books"),
        ],
        "r",
    )
    assert lines == b"1 0.5 2 r\n1 0.5 2 r books d1\n1 0.5 2 r\n1 0.5 2 r\n"
