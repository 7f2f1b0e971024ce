"""A folder of small files through the proxy, by each server's own client: up with log_artifacts, and down again."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.exchanges import BadReply
from benchmarks.measurements import Measurement
from benchmarks.scale import Scale
from benchmarks.servers import Server

SMALL_BYTES = 10 * 1024
REPEATS = 3
PATIENCE_S = 300

# What a user writes, in a process of its own: the client's import is not measured, its first connection is.
CLIENT = """
import json, os, sys, tempfile, time
import {module}
uri, folder, repeats = sys.argv[1:]
client = {module}.MlflowClient(uri)
times = {{"up": [], "down": []}}
for _ in range(int(repeats)):
    run_id = client.create_run("0").info.run_id
    started = time.perf_counter()
    client.log_artifacts(run_id, folder, "files")
    times["up"].append(time.perf_counter() - started)
    with tempfile.TemporaryDirectory() as place:
        started = time.perf_counter()
        there = client.download_artifacts(run_id, "files", place)
        times["down"].append(time.perf_counter() - started)
        names = os.listdir(folder)
        same = sum(open(os.path.join(there, name), "rb").read() == open(os.path.join(folder, name), "rb").read()
                   for name in names)
    if same != len(names):
        sys.exit(f"{{len(names) - same}} of {{len(names)}} files came back otherwise than they went")
print(json.dumps(times))
"""


def measure(server: Server, scale: Scale) -> Iterator[Measurement]:
    """Files a second, as the caller of the client sees it; every file that comes back is compared."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(scale.folder_files):
            (Path(folder) / f"{number:05}.bin").write_bytes(os.urandom(SMALL_BYTES))
        times = _timed(server, folder)
    for case, way in (("folder-put", "up"), ("folder-get", "down")):
        yield Measurement(case, tuple(scale.folder_files / seconds for seconds in times[way]))


def _timed(server: Server, folder: str) -> dict[str, list[float]]:
    program = CLIENT.format(module=server.peer.program)
    environment = os.environ | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    try:
        done = subprocess.run(
            [str(server.python), "-c", program, f"http://127.0.0.1:{server.port}", folder, str(REPEATS)],
            env=environment,
            cwd=server.directory,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadReply(f"folders: not done after {PATIENCE_S} s") from None
    if done.returncode:
        raise BadReply(f"folders: {(done.stderr or done.stdout).strip()[-300:]}")
    times: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return times
