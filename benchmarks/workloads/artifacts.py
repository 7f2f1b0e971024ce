"""Artifacts through the server's proxy: one big file each way, then many small ones."""

import http.client
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.exchanges import BadReply, Reply, request
from benchmarks.load import discard, keep, play
from benchmarks.measurements import Measurement
from benchmarks.meters import metered
from benchmarks.scale import Scale
from benchmarks.servers import Server

ROOT = "/api/2.0/mlflow-artifacts/artifacts/bench"
MIB = 1 << 20
SMALL_BYTES = 10 * 1024
REPEATS = 3
AT_ONCE = 8


def measure(server: Server, scale: Scale) -> Iterator[Measurement]:
    """The bytes that come back are compared with those sent."""
    if server.peer.runs("artifacts-put"):
        yield from _big_file(server, scale)
        yield from _at_once(server, scale)
    yield from _small_files(server, scale)


def _big_file(server: Server, scale: Scale) -> Iterator[Measurement]:
    content = os.urandom(MIB) * scale.big_file_mib
    received = bytearray(len(content))
    uploads, downloads = [], []
    before = server.tree.usage()
    server.tree.reset_peaks()
    for repeat in range(REPEATS):
        path = f"{ROOT}/big-{repeat}.bin"
        uploads.append(len(content) / 1e6 / upload(server.port, path, content))
        downloads.append(len(content) / 1e6 / download(server.port, path, received))
        if received != content:
            raise BadReply("artifacts-get: the file that came back is not the one sent")
    after = server.tree.usage()
    yield Measurement("artifacts-put", tuple(uploads))
    yield Measurement("artifacts-get", tuple(downloads))
    if before is not None and after is not None:
        yield Measurement("artifacts-memory", ((after.peak_rss_bytes - before.rss_bytes) / MIB,))


def _at_once(server: Server, scale: Scale) -> Iterator[Measurement]:
    """What transfers beside each other cost a server in memory: all upload, then all download."""
    content = os.urandom(MIB) * max(1, scale.big_file_mib // AT_ONCE)
    paths = [f"{ROOT}/beside-{number}.bin" for number in range(AT_ONCE)]
    before = server.tree.usage()
    server.tree.reset_peaks()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda path: upload(server.port, path, content), paths))
        list(pool.map(lambda path: download(server.port, path, bytearray(len(content))), paths))
    after = server.tree.usage()
    if before is not None and after is not None:
        yield Measurement("artifacts-memory-8", ((after.peak_rss_bytes - before.rss_bytes) / MIB,))


def upload(port: int, path: str, content: bytes) -> float:
    """Seconds that it takes."""
    # http.client hands the bytes to the kernel as they are, which is as cheap as it gets for one big body.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    started = time.perf_counter()
    connection.request("PUT", path, content, {"Content-Type": "application/octet-stream"})
    reply = connection.getresponse()
    answer = reply.read()
    elapsed_s = time.perf_counter() - started
    connection.close()
    if reply.status != 200:
        raise BadReply(f"artifacts-put: status {reply.status}: {answer[:300]!r}")
    return elapsed_s


def download(port: int, path: str, into: bytearray) -> float:
    """Seconds that it takes; `into` has the size of the file."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    view = memoryview(into)
    started = time.perf_counter()
    connection.request("GET", path)
    reply = connection.getresponse()
    filled = 0
    while filled < len(view) and (count := reply.readinto(view[filled : filled + MIB])):
        filled += count
    elapsed_s = time.perf_counter() - started
    connection.close()
    if reply.status != 200 or filled != len(view):
        raise BadReply(f"artifacts-get: status {reply.status}, {filled} of {len(view)} bytes")
    return elapsed_s


def _small_files(server: Server, scale: Scale) -> Iterator[Measurement]:
    contents = [os.urandom(SMALL_BYTES) for _ in range(scale.small_files)]
    paths = [f"{ROOT}/small/{number}.bin" for number in range(scale.small_files)]
    octets = "application/octet-stream"
    puts = [request("PUT", path, content, octets) for path, content in zip(paths, contents, strict=True)]
    with metered(server) as meter:
        load = play(server.port, [discard(puts)])
    yield meter.rate("artifacts-files-put", load, sent=0, stored=0)
    replies: list[Reply] = []
    with metered(server) as meter:
        load = play(server.port, [keep((request("GET", path) for path in paths), replies)])
    returned = sum(reply.body == content for reply, content in zip(replies, contents, strict=True))
    yield meter.rate("artifacts-files", load, sent=len(contents), stored=returned)
