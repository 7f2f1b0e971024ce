"""Ctrl-C while an object store does not answer: obstore alone would not hear of it."""

import os
import socket
import subprocess
import sys

import pytest

_SCRIPT = """
import os, signal, sys, threading
from kirok.artifact_stores.open import open_artifact_store
from kirok.entities.artifacts import ArtifactPath

store = open_artifact_store("s3://bucket/folder")
path = ArtifactPath("file")

def write():
    with store.writer(path) as upload:
        upload.write([b"1"])

acts = {"write": write, "read": lambda: store.open(path), "list": lambda: store.list(path)}
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
acts[sys.argv[1]]()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("act", ["write", "read", "list"])
def test_a_store_that_does_not_answer_can_be_interrupted(act: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {
            **os.environ,
            "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, act], check=False, env=env, capture_output=True, text=True, timeout=60
        )
    assert done.stderr.endswith("KeyboardInterrupt\n"), done.stderr
