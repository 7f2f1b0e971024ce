"""One server for all processes of a test session: the first that asks starts it, it ends with the last."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from .process import NoObjectServer, ObjectServer, answers

Server = TypeVar("Server", bound=ObjectServer)


@contextmanager
def running(kind: type[Server]) -> Iterator[Server]:
    """A server of this kind for as long as the block lasts, to be stopped and killed at will."""
    server = kind.launch()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def shared(kind: type[Server], place: Path) -> Iterator[Server]:
    """The server of this kind that everybody uses who names this folder; nobody may stop it."""
    note = place / f"{kind.__name__}.running"
    with (place / f"{kind.__name__}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = _joined(kind, note)
        if server is None:
            server = kind.launch()
            note.write_text(str(server.folder))
    try:
        yield server
    finally:
        server.close()


def server_for_tests(kind: type[Server], place: Path) -> Iterator[Server]:
    """The rest of a fixture: the shared server, or a skip that says what is missing; in CI that is a failure."""
    import pytest

    try:
        with shared(kind, place) as server:
            yield server
    except NoObjectServer as missing:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def _joined(kind: type[Server], note: Path) -> Server | None:
    try:
        server = kind.join(Path(note.read_text()))
    except OSError:  # none was started, or the last that used it has gone
        return None
    if answers(server.port):
        return server
    server.close()
    return None
