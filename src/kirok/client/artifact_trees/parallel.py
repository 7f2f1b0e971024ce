"""Transfers beside each other."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

Transfer = Callable[[], None]


def run_all(transfers: Iterable[Transfer], at_once: int) -> None:
    """Run transfers in threads, at most `at_once`, each taken from the iterable when there is room for it.

    After a failure no more are begun. When those that run have ended, the error of the one that stood first is raised.
    """
    failures: list[tuple[int, BaseException]] = []
    room = Semaphore(at_once)

    def run(number: int, transfer: Transfer) -> None:
        try:
            transfer()
        except BaseException as error:  # raised again below, in the caller's thread
            failures.append((number, error))
        finally:
            room.release()

    with ThreadPoolExecutor(at_once, thread_name_prefix="kirok-transfer") as threads:
        for number, transfer in enumerate(transfers):
            room.acquire()
            if failures:
                break
            threads.submit(run, number, transfer)
    if failures:
        raise min(failures, key=lambda failure: failure[0])[1]
