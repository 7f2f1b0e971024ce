"""Long series: pages, neighbours, samples."""

import math
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities import Metric
from kirok.stores.memory import open_memory
from kirok.stores.protocols import Stores
from kirok.stores.sql import history_pages
from kirok.stores.sql.store import open_sqlite
from kirok.wire.metrics import MetricsPage


@pytest.fixture
def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stores, Stores]]:
    """The same runs in SQL and in memory; what counts as a long series is made short."""
    monkeypatch.setattr(history_pages, "_IS_LONG", history_pages._IS_LONG.replace("OFFSET 20000", "OFFSET 20"))
    sql, memory = open_sqlite(path, artifact_root="/artifacts"), open_memory("/artifacts")
    yield sql, memory
    sql.close()


def logged(both: tuple[Stores, Stores], points: list[Metric]) -> list[str]:
    """The ids of a run in each."""
    ids = []
    for stores in both:
        run_id = stores.runs.create_run("0").info.run_id
        for start in range(0, len(points), 500):
            stores.runs.log_batch(run_id, metrics=points[start : start + 500])
        ids.append(run_id)
    return ids


def shape(points: list[Metric]) -> list[tuple[int, int, str]]:
    return [(point.timestamp, point.step, repr(point.value)) for point in points]


def walk(stores: Stores, run_id: str, size: int) -> list[Metric]:
    points: list[Metric] = []
    token = None
    while True:
        page = stores.metrics.history(run_id, "loss", max_results=size, page_token=token)
        points += page
        assert len(page) <= size
        if page.token is None:
            return points
        token = page.token


def random_points(dice: random.Random, count: int, spread: int) -> list[Metric]:
    values = (0.1, -0.0, 1e308, math.nan, math.inf, -math.inf, 1 / 3)
    return [
        Metric("loss", dice.choice(values), dice.randrange(spread), dice.randrange(-spread, spread))
        for _ in range(count)
    ]


@pytest.mark.parametrize("neighbours", [0, 3, 12])
@pytest.mark.parametrize("spread", [4, 40, 4000])
def test_pages_hold_the_whole_series_in_order(both: tuple[Stores, Stores], neighbours: int, spread: int) -> None:
    dice = random.Random(neighbours * 10_000 + spread)
    for _ in range(neighbours):
        logged(both, random_points(dice, 120, spread))
    sql_id, memory_id = logged(both, random_points(dice, 150, spread))
    sql, memory = both
    expected = shape(memory.metrics.history(memory_id, "loss"))
    assert shape(sql.metrics.history(sql_id, "loss")) == expected
    for size in (1, 7, 149, 150, 1000):
        assert shape(walk(sql, sql_id, size)) == expected


def test_the_encoded_history_is_the_history(both: tuple[Stores, Stores]) -> None:
    sql_id, _ = logged(both, random_points(random.Random(7), 100, 50))
    sql, _ = both
    assert sql.encoded is not None
    token = None
    while True:
        page = sql.metrics.history(sql_id, "loss", max_results=30, page_token=token)
        encoded = sql.encoded.history(sql_id, "loss", max_results=30, page_token=token)
        decoded = msgspec.json.decode(encoded, type=MetricsPage)
        assert shape([metric.record() for metric in decoded.metrics]) == shape(page)
        assert decoded.next_page_token == page.token
        if page.token is None:
            return
        token = page.token


def test_points_logged_during_a_walk_neither_repeat_nor_hide_any(both: tuple[Stores, Stores]) -> None:
    sql, _ = both
    sql_id, _ = logged(both, [Metric("loss", 1.0, at, at) for at in range(100, 200)])
    page = sql.metrics.history(sql_id, "loss", max_results=50)
    sql.runs.log_batch(sql_id, metrics=[Metric("loss", 0.0, at, at) for at in (*range(50), *range(150, 160))])
    rest = sql.metrics.history(sql_id, "loss", max_results=1000, page_token=page.token)
    assert [point.timestamp for point in page] == list(range(100, 150))
    assert [point.timestamp for point in rest] == sorted([*range(150, 200), *range(150, 160)])


def test_a_token_that_no_page_gave_is_refused(both: tuple[Stores, Stores]) -> None:
    for token in ("?", "bm90aGluZw==", "eyJvZmZzZXQiOjV9"):
        with pytest.raises(InvalidParameter, match="Invalid page token"):
            both[0].metrics.history("0" * 32, "loss", max_results=5, page_token=token)


@pytest.mark.parametrize("spread", [3, 30, 100_000])
def test_samples_are_those_of_the_specification(both: tuple[Stores, Stores], spread: int) -> None:
    sql_id, memory_id = logged(both, random_points(random.Random(spread), 400, spread))
    for size in (1, 2, 3, 50, 133, 399, 400, 401, 2500):
        for span in ((None, None), (-2, spread // 2), (5, 5)):
            sampled = [
                stores.metrics.sampled_history([run_id], "loss", start_step=span[0], end_step=span[1], max_results=size)
                for stores, run_id in zip(both, (sql_id, memory_id), strict=True)
            ]
            assert shape(sampled[0]) == shape(sampled[1])


def test_a_latest_value_is_the_greatest_whatever_the_order_of_writing(both: tuple[Stores, Stores]) -> None:
    dice = random.Random(11)
    for _ in range(20):
        ids = logged(both, random_points(dice, 12, 2))
        latest = [
            shape(list(stores.runs.get_run(run_id).data.latest_metrics))
            for stores, run_id in zip(both, ids, strict=True)
        ]
        assert latest[0] == latest[1]
