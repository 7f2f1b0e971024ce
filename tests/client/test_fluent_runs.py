"""Starting, nesting, resuming and ending runs."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import kirok
from kirok.base.errors import InvalidParameter, KirokError, NotFound
from kirok.entities import Run, RunStatus, ViewType

pytestmark = pytest.mark.usefixtures("tracked")


def test_a_block_is_a_finished_run() -> None:
    with kirok.start_run(run_name="first", tags={"team": 7}, description="**bold**") as run:
        assert kirok.active_run() is run
        assert run.info.status == "RUNNING"
    kept = kirok.get_run(run.info.run_id)
    assert kept.info.status == "FINISHED"
    assert kept.info.run_name == "first"
    assert kept.info.end_time is not None
    assert kept.data.tags["team"] == "7"
    assert kept.data.tags["mlflow.note.content"] == "**bold**"
    assert kept.data.tags["mlflow.runName"] == "first"
    assert kept.data.tags["mlflow.source.type"] == "LOCAL"
    assert kirok.active_run() is None
    last = kirok.last_active_run()
    assert last is not None
    assert last.info.run_id == run.info.run_id


def test_an_escaping_exception_fails_the_run_and_goes_on() -> None:
    with pytest.raises(ZeroDivisionError), kirok.start_run() as run:
        1 / 0  # noqa: B018 - the exception
    assert kirok.get_run(run.info.run_id).info.status == "FAILED"


def test_leaving_a_block_ends_what_was_started_inside() -> None:
    with kirok.start_run() as outer:
        inner = kirok.start_run(nested=True)
    assert kirok.active_run() is None
    assert [kirok.get_run(run.info.run_id).info.status for run in (outer, inner)] == ["FINISHED", "FINISHED"]


def test_a_run_ended_inside_its_block_keeps_that_status() -> None:
    with kirok.start_run() as run:
        kirok.end_run("KILLED")
    assert kirok.get_run(run.info.run_id).info.status == "KILLED"


def test_nested_runs_know_their_parents() -> None:
    with kirok.start_run() as outer, kirok.start_run(nested=True) as middle, kirok.start_run(nested=True) as inner:
        pass
    assert kirok.get_run(inner.info.run_id).data.tags["mlflow.parentRunId"] == middle.info.run_id
    parent = kirok.get_parent_run(middle.info.run_id)
    assert parent is not None
    assert parent.info.run_id == outer.info.run_id
    assert kirok.get_parent_run(outer.info.run_id) is None


def test_a_second_run_must_say_that_it_is_nested() -> None:
    with kirok.start_run() as run, pytest.raises(KirokError, match=f"{run.info.run_id} is already active"):
        kirok.start_run()


def test_a_child_of_a_run_that_is_not_active() -> None:
    with kirok.start_run() as parent:
        pass
    with kirok.start_run(parent_run_id=parent.info.run_id) as child:
        pass
    assert kirok.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    with kirok.start_run(), pytest.raises(InvalidParameter, match="does not match the specified parent_run_id"):
        kirok.start_run(nested=True, parent_run_id=parent.info.run_id)


def test_going_on_with_a_run_adds_to_it() -> None:
    with kirok.start_run(tags={"a": "1"}) as first:
        kirok.log_metric("loss", 1.0)
    with kirok.start_run(run_id=first.info.run_id, run_name="again", tags={"b": "2"}, description="more") as second:
        assert second.info.run_id == first.info.run_id
        assert second.info.status == "RUNNING"
        kirok.log_metric("loss", 0.5, step=1)
    kept = kirok.get_run(first.info.run_id)
    assert (kept.info.status, kept.info.run_name) == ("FINISHED", "again")
    assert (kept.data.tags["a"], kept.data.tags["b"], kept.data.tags["mlflow.note.content"]) == ("1", "2", "more")
    assert [point.value for point in kirok.MlflowClient().get_metric_history(first.info.run_id, "loss")] == [1.0, 0.5]


def test_the_environment_names_one_run_to_go_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    with kirok.start_run() as named:
        pass
    monkeypatch.setenv("MLFLOW_RUN_ID", named.info.run_id)
    with kirok.start_run() as resumed, kirok.start_run(nested=True) as child:
        assert resumed.info.run_id == named.info.run_id
        assert child.info.run_id != named.info.run_id


def test_a_deleted_run_is_no_parent_and_cannot_go_on() -> None:
    with kirok.start_run() as run:
        pass
    kirok.delete_run(run.info.run_id)
    assert kirok.search_runs(output_format="list") == []
    with pytest.raises(InvalidParameter, match="deleted state"):
        kirok.start_run(run_id=run.info.run_id)
    with pytest.raises(InvalidParameter, match="deleted state"):
        kirok.start_run(parent_run_id=run.info.run_id)
    kirok.restore_run(run.info.run_id)
    with kirok.start_run(run_id=run.info.run_id):
        pass


def test_a_run_of_another_experiment_cannot_go_on_in_this_one() -> None:
    with kirok.start_run() as elsewhere:
        pass
    kirok.set_experiment(f"other {elsewhere.info.run_id}")
    with pytest.raises(InvalidParameter, match="active experiment ID does not match"):
        kirok.start_run(run_id=elsewhere.info.run_id)


def test_an_unknown_run_is_not_found() -> None:
    for act in (kirok.get_run, kirok.delete_run, kirok.get_parent_run):
        with pytest.raises(NotFound):
            act("0" * 32)
    with pytest.raises(NotFound):
        kirok.start_run(run_id="0" * 32)
    assert kirok.active_run() is None


def test_a_description_is_given_once() -> None:
    with pytest.raises(InvalidParameter, match=r"mlflow\.note\.content"):
        kirok.start_run(tags={"mlflow.note.content": "x"}, description="y")
    assert kirok.active_run() is None


def test_the_users_tags_win_over_those_found_out() -> None:
    with kirok.start_run(tags={"mlflow.source.name": "mine", "mlflow.user": "ada"}) as run:
        pass
    assert run.data.tags["mlflow.source.name"] == "mine"
    assert run.info.user_id == "ada"


def test_logging_starts_a_run_where_none_is_active() -> None:
    kirok.log_param("depth", 3)
    run = kirok.active_run()
    assert run is not None
    kirok.end_run()
    kirok.end_run()  # nothing is active: no error
    assert kirok.get_run(run.info.run_id).data.params == {"depth": "3"}


def test_an_unknown_status_ends_nothing() -> None:
    with kirok.start_run() as run:
        with pytest.raises(InvalidParameter, match="DONE"):
            kirok.end_run("DONE")
        assert kirok.active_run() is run


def test_threads_have_runs_of_their_own() -> None:
    def train(number: int) -> Run:
        assert kirok.active_run() is None
        with kirok.start_run(run_name=f"thread {number}") as run:
            for step in range(20):
                kirok.log_metric("loss", number, step=step)
        return run

    with kirok.start_run() as outer, ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(train, range(8)))
        assert kirok.active_run() is outer
    for number, run in enumerate(runs):
        kept = kirok.get_run(run.info.run_id)
        assert kept.info.run_name == f"thread {number}"
        assert "mlflow.parentRunId" not in kept.data.tags
        assert len(kirok.MlflowClient().get_metric_history(run.info.run_id, "loss")) == 20


def test_many_threads_log_to_one_run() -> None:
    with kirok.start_run() as run:
        run_id = run.info.run_id

        def log(worker: int) -> None:
            for step in range(25):
                kirok.log_metric(f"loss{worker}", step, step=step, run_id=run_id)
            kirok.log_params({f"p{worker}": worker}, run_id=run_id)

        workers = [threading.Thread(target=log, args=(worker,)) for worker in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    kept = kirok.get_run(run_id)
    assert kept.data.metrics == {f"loss{worker}": 24.0 for worker in range(6)}
    assert kept.data.params == {f"p{worker}": str(worker) for worker in range(6)}


def test_asyncio_tasks_have_runs_of_their_own() -> None:
    async def train(number: int) -> str:
        with kirok.start_run(run_name=f"task {number}", nested=True) as run:
            await asyncio.sleep(0)
            kirok.log_param("number", number)
            await asyncio.sleep(0)
            assert kirok.active_run() is run
        return run.info.run_id

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(train(number) for number in range(4)))

    for number, run_id in enumerate(asyncio.run(all_of_them())):
        assert kirok.get_run(run_id).data.params == {"number": str(number)}


def test_runs_are_found_in_pages() -> None:
    for number in range(5):
        with kirok.start_run():
            kirok.log_metric("acc", number)
            kirok.log_param("parity", number % 2)
    found = kirok.search_runs(filter_string="params.parity = '0'", order_by=["metrics.acc DESC"], output_format="list")
    assert [run.data.metrics["acc"] for run in found] == [4.0, 2.0, 0.0]
    experiment_id = found[0].info.experiment_id
    client = kirok.MlflowClient()
    page = client.search_runs([experiment_id], max_results=2, order_by=["metrics.acc"])
    assert page.token
    rest = client.search_runs([experiment_id], max_results=5, order_by=["metrics.acc"], page_token=page.token)
    assert [run.data.metrics["acc"] for run in (*page, *rest)] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert rest.token is None
    assert len(kirok.search_runs(max_results=3, output_format="list")) == 3
    client.delete_run(found[0].info.run_id)
    assert len(kirok.search_runs(run_view_type=ViewType.DELETED_ONLY, output_format="list")) == 1


def test_client_life_cycle_by_id() -> None:
    client = kirok.MlflowClient()
    run = client.create_run(client.create_experiment(f"by id {id(client)} {kirok.get_tracking_uri()}"), run_name="a")
    assert kirok.active_run() is None
    client.update_run(run.info.run_id, status="SCHEDULED", name="b")
    client.update_run(run.info.run_id)
    assert (client.get_run(run.info.run_id).info.status, client.get_run(run.info.run_id).info.run_name) == (
        RunStatus.SCHEDULED,
        "b",
    )
    client.set_terminated(run.info.run_id, "FAILED", end_time=1234)
    info = client.get_run(run.info.run_id).info
    assert (info.status, info.end_time, info.user_id) == ("FAILED", 1234, "unknown")


@pytest.mark.parametrize(
    ("ending", "status"),
    [("", "FINISHED"), ("raise ValueError('lost')", "FAILED"), ("raise SystemExit(3)", "FINISHED")],
)
def test_a_program_that_ends_ends_its_runs(tracked: str, tmp_path: Path, ending: str, status: str) -> None:
    program = tmp_path / "train.py"
    program.write_text(
        "import threading, kirok\n"
        f"outer = kirok.start_run(experiment_id={kirok.start_run().info.experiment_id!r})\n"
        "kirok.start_run(nested=True)\n"
        "other = []\n"
        "thread = threading.Thread(target=lambda: other.append(kirok.start_run()))\n"
        "thread.start(); thread.join()\n"
        "kirok.log_metric('loss', 1)\n"
        f"print(outer.info.run_id, kirok.active_run().info.run_id, other[0].info.run_id, flush=True)\n{ending}\n"
    )
    kirok.end_run()
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False, cwd=tmp_path)
    run_ids = done.stdout.splitlines()[0].split()
    assert [kirok.get_run(run_id).info.status for run_id in run_ids] == [status] * 3
    assert kirok.get_run(run_ids[0]).data.tags["mlflow.source.name"] == str(program)
