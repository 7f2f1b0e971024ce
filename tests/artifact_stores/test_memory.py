"""A large file passes through a process that never holds much of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from artifact_stores.conftest import location

FILE_BYTES = 192 << 20
LIMIT_BYTES = FILE_BYTES // 2

PROGRAM = """
import sys
from pathlib import Path
from kirok.artifact_stores.open import open_artifact_store
from kirok.entities.artifacts import ArtifactPath

store = open_artifact_store(sys.argv[1])

def there_and_back(file):
    path = ArtifactPath.parse(f"dir/{file}")
    store.upload(Path(file), path)
    with store.writer(ArtifactPath.parse(f"copies/{file}")) as copy:
        for piece in store.open(path).read():
            copy.write([piece])
    assert store.open(ArtifactPath.parse(f"copies/{file}")).size_bytes == Path(file).stat().st_size

def kib(name):
    status = Path("/proc/self/status").read_text()
    return int(status.partition(name + ":")[2].split()[0])

there_and_back("small")
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = kib("VmRSS")
there_and_back("large")
print(kib("VmHWM") - before)
store.delete(ArtifactPath.parse(""))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak of a process's memory")
@pytest.mark.parametrize("kind", ["local", "s3", "azurite"])
def test_a_large_file_takes_little_memory(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    place = location(kind, request, tmp_path)
    (tmp_path / "small").write_bytes(b"1" * (1 << 20))
    with (tmp_path / "large").open("wb") as large:
        large.truncate(FILE_BYTES)  # takes no room here
    command = [sys.executable, "-c", PROGRAM, place]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, check=True, timeout=120)
    assert int(done.stdout) * 1024 < LIMIT_BYTES
