"""log_batch as a whole: limits, and all or nothing."""

import pytest
from msgspec import Struct

from kirok.base.errors import InvalidParameter, KirokError, NotFound
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.stores.protocols import Stores


def points(count: int) -> list[Metric]:
    return [Metric(f"m{i}", float(i), timestamp=i, step=i) for i in range(count)]


def test_a_batch_of_everything_is_read_back(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(
        run_id,
        metrics=[Metric("loss", 0.5, timestamp=1, step=3), Metric("acc", 0.9, timestamp=1, step=3)],
        params=[Param("lr", "0.1"), Param("empty", "")],
        tags=[RunTag("note", "한글 🎙 'quoted' \"twice\""), RunTag("empty", "")],
    )
    data = stores.runs.get_run(run_id).data
    assert data.latest_metrics == (Metric("acc", 0.9, timestamp=1, step=3), Metric("loss", 0.5, timestamp=1, step=3))
    assert data.params == {"empty": "", "lr": "0.1"}
    assert data.tags == {"empty": "", "mlflow.runName": "first", "note": "한글 🎙 'quoted' \"twice\""}


def test_keys_come_in_the_order_of_their_names(stores: Stores, run_id: str) -> None:
    names = ["b", "B", "a/c", "a.c", "_", "é", "0", "a c"]
    stores.runs.log_batch(
        run_id,
        metrics=[Metric(name, 1.0, 1) for name in names],
        params=[Param(name, "1") for name in names],
        tags=[RunTag(name, "1") for name in names],
    )
    data = stores.runs.get_run(run_id).data
    assert [metric.key for metric in data.latest_metrics] == sorted(names)
    assert list(data.params) == sorted(names)
    assert list(data.tags) == sorted([*names, "mlflow.runName"])


def test_an_empty_batch_is_no_error(stores: Stores, run_id: str) -> None:
    before = stores.runs.get_run(run_id)
    stores.runs.log_batch(run_id)
    assert stores.runs.get_run(run_id) == before


def test_an_unknown_run_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound, match="Run with id=nobody not found"):
        stores.runs.log_batch("nobody", metrics=points(1))


@pytest.mark.parametrize("run_id", ["../etc", "a b", "a'b", "x" * 257])
def test_what_could_be_no_run_id_is_refused(stores: Stores, run_id: str) -> None:
    with pytest.raises(InvalidParameter):
        stores.runs.log_batch(run_id, metrics=points(1))


def test_the_largest_batch_is_taken(stores: Stores, run_id: str) -> None:
    params = [Param(f"p{i}", "v") for i in range(100)]
    tags = [RunTag(f"t{i}", "v") for i in range(100)]
    stores.runs.log_batch(run_id, metrics=points(800), params=params, tags=tags)
    data = stores.runs.get_run(run_id).data
    assert (len(data.metrics), len(data.params), len(data.tags)) == (800, 100, 101)
    stores.runs.log_batch(run_id, metrics=points(1000))
    assert len(stores.runs.get_run(run_id).data.metrics) == 1000


@pytest.mark.parametrize(
    ("metrics", "params", "tags", "named"),
    [(1001, 0, 0, "1000 metrics"), (0, 101, 0, "100 params"), (0, 0, 101, "100 tags"), (901, 100, 0, "1000 metrics,")],
)
def test_a_larger_one_is_refused_whole(
    stores: Stores, run_id: str, metrics: int, params: int, tags: int, named: str
) -> None:
    before = stores.runs.get_run(run_id)
    with pytest.raises(InvalidParameter, match=f"at most {named}"):
        stores.runs.log_batch(
            run_id,
            metrics=points(metrics),
            params=[Param(f"p{i}", "v") for i in range(params)],
            tags=[RunTag(f"t{i}", "v") for i in range(tags)],
        )
    assert stores.runs.get_run(run_id) == before


class Batch(Struct, frozen=True):
    metrics: tuple[Metric, ...] = ()
    params: tuple[Param, ...] = ()
    tags: tuple[RunTag, ...] = ()

    def log(self, stores: Stores, run_id: str) -> None:
        stores.runs.log_batch(run_id, metrics=self.metrics, params=self.params, tags=self.tags)


GOOD = Batch((Metric("loss", 1.0, 1),), (Param("lr", "0.1"),), (RunTag("note", "x"),))

BAD = {
    "metric key": Batch(metrics=(Metric("ok", 1.0, 1), Metric("a//b", 1.0, 1))),
    "metric key characters": Batch(metrics=(Metric("a;b", 1.0, 1),)),
    "metric key length": Batch(metrics=(Metric("x" * 251, 1.0, 1),)),
    "empty metric key": Batch(metrics=(Metric("", 1.0, 1),)),
    "metric time": Batch(metrics=(Metric("ok", 1.0, -1),)),
    "param key": Batch(params=(Param("ok", "1"), Param("../a", "1"))),
    "param twice": Batch(params=(Param("a", "1"), Param("a", "1"))),
    "param changed": Batch(params=(Param("fixed", "2"),)),
    "tag key": Batch(tags=(RunTag("ok", "1"), RunTag("/a", "1"))),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_refused_batch_leaves_no_trace(stores: Stores, run_id: str, bad: Batch) -> None:
    stores.runs.log_batch(run_id, params=[Param("fixed", "1")])
    before = stores.runs.get_run(run_id)
    batch = Batch(GOOD.metrics + bad.metrics, GOOD.params + bad.params, GOOD.tags + bad.tags)
    with pytest.raises(InvalidParameter):
        batch.log(stores, run_id)
    assert stores.runs.get_run(run_id) == before
    assert stores.metrics.history(run_id, "loss") == []


@pytest.mark.parametrize("key", ["loss", "val/loss", "a.b", "a-b", "a b", "a:b", "한글", " ", "x" * 250, "é/ü"])
def test_a_key_within_the_rules_is_taken(stores: Stores, run_id: str, key: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric(key, 1.0, 1)], params=[Param(key, "1")], tags=[RunTag(key, "1")])
    data = stores.runs.get_run(run_id).data
    assert data.metrics[key] == 1.0
    assert data.params[key] == "1"
    assert data.tags[key] == "1"
    assert stores.metrics.history(run_id, key) == [Metric(key, 1.0, 1)]


@pytest.mark.parametrize(
    "key", ["a/", "/a", "./a", "a/../b", "..", ".", "a//b", "a;b", "a\nb", "a\\b", "x" * 251, "😀"]
)
def test_a_key_against_the_rules_is_refused(stores: Stores, run_id: str, key: str) -> None:
    for batch in (Batch((Metric(key, 1.0, 1),)), Batch(params=(Param(key, "1"),)), Batch(tags=(RunTag(key, "1"),))):
        with pytest.raises(InvalidParameter):
            batch.log(stores, run_id)


def test_an_error_says_what_is_wrong_in_words(stores: Stores, run_id: str) -> None:
    with pytest.raises(KirokError) as refused:
        stores.runs.log_batch(run_id, metrics=[Metric("a;b", 1.0, 1)])
    assert "Names may only contain alphanumerics" in refused.value.message
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    assert refused.value.get_http_status_code() == 400
