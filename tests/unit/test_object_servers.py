"""The object stores that the other tests rest on: fresh buckets, one server for all test processes, no trace left."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from object_servers import Bucket, MotoServer, ObjectServer, running, shared

NewBucket = Callable[[ObjectServer], Bucket]
from object_servers.process import answers

TESTS = Path(__file__).parents[1]


def test_a_server_keeps_its_address_when_it_is_killed_and_started_again() -> None:
    with running(MotoServer) as server:
        port = server.port
        server.create("drawings")
        server.kill()
        assert not answers(port)
        server.start()
        assert server.port == port
        server.create("drawings")


def test_all_who_share_a_server_see_one(tmp_path: Path) -> None:
    with shared(MotoServer, tmp_path) as first, shared(MotoServer, tmp_path) as second:
        assert first.folder == second.folder
        first.client().put_object(Bucket=second.create("drawings").name, Key="a", Body=b"1")
        assert second.objects("drawings") == {"a": b"1"}


def test_a_shared_server_outlives_whoever_started_it_and_goes_with_the_last_who_uses_it(tmp_path: Path) -> None:
    program = (
        "import object_servers as o, pathlib, sys, time\n"
        f"with o.shared(o.MotoServer, pathlib.Path({str(tmp_path)!r})) as s:\n"
        "    print(s.folder, flush=True)\n"
        "    time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=TESTS)
    assert starter.stdout is not None
    folder = Path(starter.stdout.readline().strip())
    with shared(MotoServer, tmp_path) as server:
        assert server.folder == folder
        starter.send_signal(signal.SIGKILL)
        starter.communicate()
        server.create("drawings")
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not answers(server.port)


def test_each_bucket_is_new(moto_s3: Bucket, moto_server: MotoServer, new_bucket: NewBucket) -> None:
    moto_server.client().put_object(Bucket=moto_s3.name, Key="a", Body=b"1")
    assert moto_server.objects(new_bucket(moto_server).name) == {}


def test_a_bucket_comes_with_what_a_user_sets(moto_s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    assert moto_s3.uri == f"s3://{moto_s3.name}/artifacts"
    env = moto_s3.environment(MORE="1")
    assert env["MLFLOW_S3_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert env["MORE"] == "1"
    assert "AWS_PROFILE" not in env
