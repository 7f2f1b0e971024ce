"""A server for as long as a block, or a test session, lasts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from .process import NoObjectServer, ObjectServer

Server = TypeVar("Server", bound=ObjectServer)


@contextmanager
def running(kind: type[Server]) -> Iterator[Server]:
    """A server of this kind for as long as the block lasts."""
    server = kind.launch()
    try:
        yield server
    finally:
        server.close()


def server_for_tests(kind: type[Server]) -> Iterator[Server]:
    """The rest of a fixture: a server, or a skip that says what is missing; in CI that is a failure."""
    import pytest

    try:
        with running(kind) as server:
            yield server
    except NoObjectServer as missing:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(str(missing))
        pytest.skip(str(missing))
