"""Logging metrics, params, tags and inputs."""

import math
import time

import numpy as np
import pandas as pd
import pytest

import kirok
from kirok.base.errors import InvalidParameter, KirokError, NotFound
from kirok.entities import Dataset, LoggedModelOutput, Metric, Param, RunTag

pytestmark = pytest.mark.usefixtures("tracked")


def test_points_of_a_series_keep_value_step_and_time() -> None:
    before = time.time_ns() // 1_000_000
    with kirok.start_run() as run:
        kirok.log_metric("loss", 0.5)
        kirok.log_metric("loss", np.float64(0.25), step=2, timestamp=1234)
        kirok.log_metrics({"loss": 0.125, "acc": True}, step=3)
    history = kirok.MlflowClient().get_metric_history(run.info.run_id, "loss")
    by_step = sorted(history, key=lambda point: point.step)
    assert [(point.step, point.value) for point in by_step] == [(0, 0.5), (2, 0.25), (3, 0.125)]
    assert before <= by_step[0].timestamp <= time.time_ns() // 1_000_000
    assert by_step[1].timestamp == 1234
    assert kirok.get_run(run.info.run_id).data.metrics == {"acc": 1.0, "loss": 0.125}


def test_values_that_json_has_no_word_for_come_back() -> None:
    with kirok.start_run() as run:
        kirok.log_metrics({"nan": math.nan, "up": math.inf, "down": -math.inf})
    kept = kirok.get_run(run.info.run_id).data.metrics
    assert math.isnan(kept["nan"])
    assert (kept["up"], kept["down"]) == (math.inf, -math.inf)


def test_a_param_is_text_and_cannot_change() -> None:
    with kirok.start_run() as run:
        assert kirok.log_param("depth", 3) == 3
        kirok.log_param("depth", "3")
        kirok.log_params({"rate": 0.1, "none": None, "list": [1, 2]})
        with pytest.raises(InvalidParameter, match="Changing param values is not allowed"):
            kirok.log_param("depth", 4)
    assert kirok.get_run(run.info.run_id).data.params == {
        "depth": "3",
        "rate": "0.1",
        "none": "None",
        "list": "[1, 2]",
    }


def test_tags_are_text_and_change() -> None:
    with kirok.start_run() as run:
        kirok.set_tag("stage", 1)
        kirok.set_tags({"stage": 2, "gone": "x"})
        kirok.delete_tag("gone")
        with pytest.raises(NotFound):
            kirok.delete_tag("gone")
        kirok.set_tag("mlflow.runName", "renamed")
    kept = kirok.get_run(run.info.run_id)
    assert kept.data.tags["stage"] == "2"
    assert "gone" not in kept.data.tags
    assert kept.info.run_name == "renamed"


def test_any_amount_is_logged_in_one_call() -> None:
    client = kirok.MlflowClient()
    with kirok.start_run() as run:
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("loss", np.float32(step), 1, step) for step in range(2345)],  # type: ignore[arg-type]  # as people do
            params=[Param(f"p{number}", number) for number in range(230)],  # type: ignore[arg-type]  # as people do
            tags=[RunTag(f"t{number}", str(number)) for number in range(150)],
        )
        kirok.log_metrics({})
    kept = kirok.get_run(run.info.run_id)
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 2345
    assert len(kept.data.params) == 230
    assert kept.data.params["p229"] == "229"
    assert kept.data.tags["t149"] == "149"


def test_logging_by_run_id_needs_no_active_run() -> None:
    with kirok.start_run() as run:
        pass
    kirok.log_metric("loss", 1, run_id=run.info.run_id)
    kirok.log_metrics({"acc": 2}, run_id=run.info.run_id)
    kirok.log_params({"depth": 3}, run_id=run.info.run_id)
    assert kirok.active_run() is None
    kept = kirok.get_run(run.info.run_id).data
    assert (kept.metrics, kept.params) == ({"acc": 2.0, "loss": 1.0}, {"depth": "3"})


def test_asynchronous_logging_tells_failures_to_those_who_wait() -> None:
    with kirok.start_run() as run:
        first = kirok.log_metric("loss", 1, synchronous=False)
        assert first is not None
        first.wait()
        kirok.log_param("depth", 3, synchronous=False).wait()
        tagged = kirok.set_tag("a", 1, synchronous=False)
        assert tagged is not None
        tagged.wait()
        refused = kirok.log_params({"depth": 4}, synchronous=False)
        assert refused is not None
        with pytest.raises(KirokError, match="Changing param values"):
            refused.wait()
        kirok.flush_async_logging()
    assert kirok.get_run(run.info.run_id).data.params == {"depth": "3"}


def test_asynchronous_logging_can_be_the_default() -> None:
    kirok.config.enable_async_logging()
    with kirok.start_run():
        assert kirok.log_metric("loss", 1) is not None
        assert kirok.log_metric("loss", 1, synchronous=True) is None
    kirok.config.enable_async_logging(False)
    with kirok.start_run():
        assert kirok.log_metric("loss", 1) is None


@pytest.mark.parametrize("key", ["", "a//b", "../a", "a" * 251, "a,b"])
def test_a_name_that_cannot_be_is_refused(key: str) -> None:
    with kirok.start_run() as run:
        for log in (lambda: kirok.log_metric(key, 1), lambda: kirok.log_param(key, 1), lambda: kirok.set_tag(key, 1)):
            with pytest.raises(InvalidParameter):
                log()
    kept = kirok.get_run(run.info.run_id).data
    assert (kept.metrics, kept.params) == ({}, {})
    assert key not in kept.tags


def test_a_deleted_run_takes_nothing_more() -> None:
    with kirok.start_run() as run:
        kirok.delete_run(run.info.run_id)
        with pytest.raises(InvalidParameter, match="'active' state"):
            kirok.log_metric("loss", 1)
        kirok.restore_run(run.info.run_id)


def test_inputs_name_data_and_purpose() -> None:
    frame = pd.DataFrame({"x": [1.5, 2.5], "label": ["a", "b"]})
    train = kirok.data.from_pandas(frame, source="train.csv", targets="label", name="letters")
    test = kirok.data.from_numpy(np.arange(6.0).reshape(2, 3), source="https://example.org/test.npy")
    with kirok.start_run() as run:
        kirok.log_input(train, context="training", tags={"fold": "1"})
        kirok.log_input(train, context="training")  # again is no error
        kirok.log_inputs([test, None], ["testing", None], [None, None])
    inputs = kirok.get_run(run.info.run_id).inputs.dataset_inputs
    by_name = {given.dataset.name: given for given in inputs}
    assert sorted(by_name) == ["dataset", "letters"]
    letters = by_name["letters"]
    assert letters.dataset == train.to_record()
    assert {tag.key: tag.value for tag in letters.tags} == {"fold": "1", "mlflow.data.context": "training"}
    assert by_name["dataset"].dataset.source_type == "http"


def test_a_metric_tells_what_it_was_measured_on() -> None:
    data = Dataset("letters", "01234567", "local", '{"uri": "x"}')
    with kirok.start_run() as run:
        kirok.log_metric("acc", 0.5, step=1, dataset=data)
        kirok.log_metrics({"acc": 0.75}, step=2, dataset=data)
    kept = kirok.get_run(run.info.run_id)
    assert [given.dataset.digest for given in kept.inputs.dataset_inputs] == ["01234567"]
    assert kept.data.metrics == {"acc": 0.75}


def test_inputs_that_do_not_go_together_are_refused() -> None:
    with kirok.start_run():
        with pytest.raises(InvalidParameter, match="same length"):
            kirok.log_inputs([None], [])
        with pytest.raises(InvalidParameter, match="`dataset` must be specified"):
            kirok.log_inputs([None], ["training"], [None])


def test_outputs_are_kept() -> None:
    with kirok.start_run() as run:
        kirok.log_outputs([LoggedModelOutput("m-" + "0" * 32, step=3)])
    assert kirok.get_run(run.info.run_id).outputs.model_outputs == (LoggedModelOutput("m-" + "0" * 32, 3),)
