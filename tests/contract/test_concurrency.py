"""Many writers at once: nothing lost, nothing half done, one law."""

from concurrent.futures import ThreadPoolExecutor

from kirok.base.errors import AlreadyExists, InvalidParameter
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.stores.protocols import Stores

WRITERS = 8


def test_no_point_is_lost(stores: Stores, experiment_id: str) -> None:
    runs = [stores.runs.create_run(experiment_id).info.run_id for _ in range(2)]

    def write(writer: int) -> None:
        for i in range(10):
            point = Metric("loss", float(i), timestamp=i, step=writer * 10 + i)
            stores.runs.log_batch(runs[writer % 2], metrics=[point], tags=[RunTag(f"writer {writer}", str(i))])

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    for parity, run_id in enumerate(runs):
        steps = sorted(point.step for point in stores.metrics.history(run_id, "loss"))
        assert steps == [w * 10 + i for w in range(parity, WRITERS, 2) for i in range(10)]
        data = stores.runs.get_run(run_id).data
        assert data.latest_metrics[0].step == max(steps)
        assert [data.tags[f"writer {w}"] for w in range(parity, WRITERS, 2)] == ["9"] * (WRITERS // 2)


def test_of_writers_that_disagree_about_a_param_one_wins(stores: Stores, run_id: str) -> None:
    def write(writer: int) -> str | None:
        try:
            stores.runs.log_batch(run_id, params=[Param("lr", str(writer))], tags=[RunTag(f"w{writer}", "yes")])
        except InvalidParameter:
            return None
        return str(writer)

    with ThreadPoolExecutor(WRITERS) as pool:
        winners = [won for won in pool.map(write, range(WRITERS)) if won is not None]
    data = stores.runs.get_run(run_id).data
    assert winners == [data.params["lr"]]
    assert [key for key in data.tags if key.startswith("w")] == [f"w{winners[0]}"]


def test_of_makers_of_one_experiment_one_wins(stores: Stores) -> None:
    def make(_: int) -> str | None:
        try:
            return stores.experiments.create_experiment("contested")
        except AlreadyExists:
            return None

    with ThreadPoolExecutor(WRITERS) as pool:
        made = [experiment_id for experiment_id in pool.map(make, range(WRITERS)) if experiment_id]
    found = stores.experiments.get_experiment_by_name("contested")
    assert found is not None
    assert made == [found.experiment_id]


def test_a_read_follows_its_write(stores: Stores, run_id: str) -> None:
    for step in range(20):
        point = Metric("loss", float(step), timestamp=step, step=step)
        stores.runs.log_batch(run_id, metrics=[point])
        assert stores.runs.get_run(run_id).data.latest_metrics == (point,)
        assert stores.metrics.history(run_id, "loss")[-1] == point
