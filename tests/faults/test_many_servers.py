"""Several kirok servers on one database: what is true stands in the database alone."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Barrier

from faults.backends import Backend
from faults.writing import IMPATIENT, Client, at_work, check, have_logged, new_runs, wait_until
from kirok.base.errors import AlreadyExists, InvalidParameter, KirokError
from kirok.entities import Metric, Param, RunTag
from kirok.stores.protocols import Stores
from kirok.stores.rest import open_rest
from running_servers import RunningServer, kirok_server


@contextmanager
def _servers(folder: Path, uri: str, count: int) -> Iterator[list[RunningServer]]:
    """So many, started at once: the first to come makes the schema."""
    with ExitStack() as stack, ThreadPoolExecutor(count) as threads:
        starting = [
            threads.submit(lambda: stack.enter_context(kirok_server(folder, "--backend-store-uri", uri)))
            for _ in range(count)
        ]
        yield [each.result() for each in starting]


def test_nothing_acknowledged_is_lost_when_one_of_three_is_killed(served: Backend, tmp_path: Path) -> None:
    with _servers(tmp_path, served.uri, 3) as servers:
        addresses = [server.address for server in servers]
        shared, *separate = new_runs(addresses[0], 9)
        clients = [
            Client(
                number,
                addresses[number % 3],
                shared if number < 8 else separate[number - 8],
                IMPATIENT,
                others=[addresses[(number + 1) % 3], addresses[(number + 2) % 3]],
            )
            for number in range(16)
        ]
        with at_work(clients):
            wait_until(lambda: have_logged(clients, 8))
            assert [client.refusal for client in clients] == [None] * 16
            os.kill(servers[1].process.pid, signal.SIGKILL)
            reached = [len(client.params) for client in clients]
            wait_until(lambda: all(len(client.params) > at + 8 for client, at in zip(clients, reached, strict=True)))
        assert {client.number for client in clients if client.refusal is not None} == set(range(1, 16, 3))
        _all_say_the_same([addresses[0], addresses[2]], [shared, *separate])
    check(served, clients)


def _all_say_the_same(addresses: list[str], run_ids: list[str]) -> None:
    answers = []
    for address in addresses:
        stores = open_rest(address, IMPATIENT)
        answers.append([stores.runs.get_run(run_id) for run_id in run_ids])
        stores.close()
    assert all(answer == answers[0] for answer in answers)


def test_of_many_who_race_for_one_thing_one_wins(served: Backend, tmp_path: Path) -> None:
    with _servers(tmp_path, served.uri, 2) as servers, ThreadPoolExecutor(8) as threads, ExitStack() as stack:
        everyone = [open_rest(server.address, IMPATIENT) for server in servers for _ in range(4)]
        for stores in everyone:
            stack.callback(stores.close)
        run_ids = new_runs(servers[0].address, 5)

        def outcomes(act: Callable[[Stores, int], object]) -> list[KirokError | None]:
            """What came of everyone's doing it at once."""
            together = Barrier(len(everyone))

            def attempt(number: int) -> KirokError | None:
                together.wait()
                try:
                    act(everyone[number], number)
                except KirokError as error:
                    return error
                return None

            return list(threads.map(attempt, range(len(everyone))))

        def race_for(run_id: str) -> None:
            params = outcomes(lambda stores, number: stores.runs.log_batch(run_id, params=[Param("lr", str(number))]))
            (winner,) = (number for number, error in enumerate(params) if error is None)
            assert {type(error) for error in params if error is not None} == {InvalidParameter}
            for stores in everyone:
                assert stores.runs.get_run(run_id).data.params == {"lr": str(winner)}

            names = outcomes(lambda stores, _: stores.experiments.create_experiment(f"named after {run_id}"))
            assert names.count(None) == 1
            assert {type(error) for error in names if error is not None} == {AlreadyExists}

            tags = outcomes(lambda stores, number: stores.runs.log_batch(run_id, tags=[RunTag("last", str(number))]))
            assert tags == [None] * len(everyone)

            everyone[0].runs.delete_run(run_id)
            late = outcomes(lambda stores, _: stores.runs.log_batch(run_id, metrics=[Metric("late", 1.0, 1, 1)]))
            assert {type(error) for error in late} == {InvalidParameter}

        for run_id in run_ids:
            race_for(run_id)
    assert [key for _, key, _ in served.points() if key == "late"] == []
    served.check_what_follows_from_points()
