"""Artifacts in a bucket, through the server's proxy and by obstore alone, in turn; it is Ceph's, on this machine."""

import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import obstore
from obstore.store import S3Store

from benchmarks.exchanges import BadReply
from benchmarks.measurements import Measurement
from benchmarks.peers import find_program
from benchmarks.scale import Scale
from benchmarks.servers import Server, serve
from benchmarks.workloads.artifacts import MIB, REPEATS, ROOT, download, upload
from object_servers import RgwServer, running


def measure(server: Server, scale: Scale) -> Iterator[Measurement]:
    """How many times as long as obstore the proxy takes. It is a server of its own, beside the one under test."""
    with running(RgwServer) as ceph:
        bucket = ceph.create("bench")
        peer = msgspec.structs.replace(
            server.peer, options=(*server.peer.options, "--artifacts-destination", bucket.uri)
        )
        alone = S3Store(
            bucket.name,
            endpoint=bucket.env["MLFLOW_S3_ENDPOINT_URL"],
            access_key_id=bucket.env["AWS_ACCESS_KEY_ID"],
            secret_access_key=bucket.env["AWS_SECRET_ACCESS_KEY"],
            region=bucket.env["AWS_DEFAULT_REGION"],
            client_options={"allow_http": True, "timeout": "600s"},
        )
        program = find_program(server.peer, Path())
        with serve(peer, program, server.directory / "bucket", bucket.env) as proxy:
            yield from _big_file(proxy, alone, scale)


def _big_file(proxy: Server, alone: S3Store, scale: Scale) -> Iterator[Measurement]:
    content = os.urandom(MIB) * scale.bucket_file_mib
    received = bytearray(len(content))
    puts, gets = [], []
    for repeat in range(REPEATS):
        key, path = f"alone-{repeat}.bin", f"{ROOT}/big-{repeat}.bin"
        alone_s = _timed(lambda key=key: obstore.put(alone, key, io.BytesIO(content)))  # type: ignore[misc]
        puts.append(upload(proxy.port, path, content) / alone_s)
        alone_s = _timed(lambda key=key: _read(alone, key, received))  # type: ignore[misc]
        gets.append(download(proxy.port, path, received) / alone_s)
        if received != content:
            raise BadReply("bucket-get: the file that came back is not the one sent")
        for batch in obstore.list(alone):  # the bucket is in memory
            obstore.delete(alone, [meta["path"] for meta in batch])
    yield Measurement("bucket-put", tuple(puts))
    yield Measurement("bucket-get", tuple(gets))


def _read(store: S3Store, key: str, into: bytearray) -> None:
    filled = 0
    for piece in obstore.get(store, key).stream(min_chunk_size=MIB):
        into[filled : filled + len(piece)] = piece
        filled += len(piece)


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
