"""Object stores in children of a process that used one, as workers of a data loader are."""

import subprocess
import sys

import pytest

from object_servers import Bucket

_SCRIPT = """
import os, signal, sys, warnings
from pathlib import Path
from kirok.artifact_stores.open import open_artifact_store
from kirok.entities.artifacts import ArtifactPath

warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads

def use(name, generations):
    signal.alarm(60)
    store = open_artifact_store(sys.argv[1])
    with store.writer(ArtifactPath(name)) as upload:
        upload.write([name.encode()])
    assert b"".join(store.open(ArtifactPath(name)).read()) == name.encode()
    if generations:
        child = os.fork()
        if child == 0:
            use(name + "-child", generations - 1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert name in [info.path for info in store.list(ArtifactPath(""))]

use("parent", 2)
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody forks unasked")
@pytest.mark.parametrize("kind", ["moto_s3", "azurite", "gcs"])
def test_a_forked_child_can_use_a_store_that_its_parent_used(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket: Bucket = request.getfixturevalue(kind)
    bucket.use(monkeypatch)
    command = [sys.executable, "-c", _SCRIPT, bucket.uri]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
