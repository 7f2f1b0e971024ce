"""The load generator: scripts played over kept connections by one thread and one selector."""

import gc
import selectors
import socket
import time
from collections.abc import Generator, Iterable, Sequence

import msgspec

from benchmarks.exchanges import BadReply, Reply, ReplyReader

# A script yields a request and is handed its reply; what it does in between is not timed.
Script = Generator[bytes, Reply, None]

# The longest a server may keep every connection waiting before the play is given up.
PATIENCE_S = 120.0
RECEIVE_BYTES = 1 << 18


class Load(msgspec.Struct, frozen=True):
    """What one play did. `latencies_s` stand in the order in which the replies came."""

    latencies_s: list[float]
    elapsed_s: float
    generator_cpu_s: float

    @property
    def rate(self) -> float:
        """Replies a second."""
        return len(self.latencies_s) / self.elapsed_s if self.latencies_s else 0.0


def percentile_ms(latencies_s: Sequence[float], percent: float) -> float | None:
    """Nearest-rank percentile in milliseconds; None of nothing."""
    ranked = sorted(latencies_s)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))] * 1e3 if ranked else None


class _Connection:
    def __init__(self, port: int, script: Script) -> None:
        self.script = script
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.reader = ReplyReader()
        self.unsent = memoryview(b"")
        self.sent_at = 0.0

    def send(self, request: bytes) -> bool:
        """Whether all of it left; the rest waits in `unsent` for `send_rest`."""
        self.sent_at = time.perf_counter()
        self.unsent = memoryview(request)
        return self.send_rest()

    def send_rest(self) -> bool:
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            return False
        return not self.unsent


def play(port: int, scripts: Iterable[Script], *, cap_s: float = float("inf")) -> Load:
    """Plays each script on a connection of its own, all at once, until all end or `cap_s` has passed.

    After the cap no request is sent, and those under way are awaited and counted: every request sent has its
    reply, and the elapsed time reaches to the last of them. Raises BadReply for any status but 200.
    """
    connections = [_Connection(port, script) for script in scripts]
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        # A collection in the middle of a play would be charged to whichever request was under way.
        gc.collect()
        gc.disable()
        try:
            return _play(selector, connections, cap_s)
        finally:
            gc.enable()
            for connection in connections:
                connection.script.close()
                connection.socket.close()


def _play(selector: selectors.BaseSelector, connections: list[_Connection], cap_s: float) -> Load:
    latencies: list[float] = []
    cpu_before = time.process_time()
    started = last = time.perf_counter()
    deadline = started + cap_s
    playing = len(connections)
    for connection in connections:
        if not connection.send(next(connection.script)):
            _watch(selector, connection, writing=True)
    while playing:
        ready = selector.select(PATIENCE_S)
        if not ready:
            raise BadReply(f"no answer on {playing} connections within {PATIENCE_S:.0f} s")
        for key, events in ready:
            connection = key.data
            if events & selectors.EVENT_WRITE and connection.send_rest():
                _watch(selector, connection, writing=False)
            if not events & selectors.EVENT_READ:
                continue
            data = connection.socket.recv(RECEIVE_BYTES)
            if not data:
                raise BadReply("the server closed a kept connection in the middle of a play")
            reply = connection.reader.feed(data)
            if reply is None:
                continue
            last = time.perf_counter()
            latencies.append(last - connection.sent_at)
            if reply.status != 200:
                raise BadReply(f"status {reply.status}: {reply.body[:300]!r}")
            try:
                request = connection.script.send(reply)
            except StopIteration:
                request = None
            if request is None or last > deadline:
                selector.unregister(connection.socket)
                playing -= 1
            elif not connection.send(request):
                _watch(selector, connection, writing=True)
    return Load(latencies, last - started, time.process_time() - cpu_before)


def _watch(selector: selectors.BaseSelector, connection: _Connection, *, writing: bool) -> None:
    events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
    selector.modify(connection.socket, events, connection)


def keep(requests: Iterable[bytes], replies: list[Reply]) -> Script:
    """A script of known requests that keeps each reply, for checks after the play."""
    for each in requests:
        replies.append((yield each))


def discard(requests: Iterable[bytes]) -> Script:
    """A script of known requests whose replies are of no interest but for their status."""
    for each in requests:  # noqa: UP028  `yield from` would hand the reply to an iterator that takes none
        yield each
