"""`kirok backup` on real databases and folders, while others write, and with disks that fill up."""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from cli.conftest import Command, Seeded
from running_servers import kirok_server, plain_environment

API = "/api/2.0/mlflow"


@pytest.fixture
def kirok(kirok_in_process: Command) -> Command:
    """The command, in this process."""
    return kirok_in_process


def _dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def _creation(seeded: Seeded, file: Path) -> list[str]:
    command = [sys.executable, "-m", "kirok.cli", "backup", "create", str(file)]
    return [*command, "--backend-store-uri", seeded.uri, "--artifacts", str(seeded.folder / "artifacts")]


@pytest.fixture
def mlruns(tmp_path: Path) -> Path:
    """A folder as MLflow keeps one: an experiment, another in the bin, empty directories that matter."""
    folder = tmp_path / "mlruns"
    run = folder / "1" / ("a" * 32)
    for name in ("metrics", "params", "tags", "artifacts"):
        (run / name).mkdir(parents=True)
    (folder / "1" / "meta.yaml").write_text("experiment_id: '1'\nname: one\n")
    (run / "meta.yaml").write_text("run_id: " + "a" * 32 + "\n")
    (run / "metrics" / "loss").write_bytes(b"1 0.5 0\n2 0.25 1\n3 0.1")  # somebody is in the middle of a line
    (run / "artifacts" / "model.bin").write_bytes(os.urandom(3000))
    (folder / ".trash" / "2").mkdir(parents=True)
    (folder / ".trash" / "2" / "meta.yaml").write_text("experiment_id: '2'\n")
    return folder


def test_a_database_comes_back_as_it_was(kirok: Command, seeded: Seeded, tmp_path: Path) -> None:
    made = kirok(
        "backup",
        "create",
        "kept.zip",
        "--backend-store-uri",
        seeded.uri,
        "--artifacts",
        str(seeded.folder / "artifacts"),
    )
    assert made.returncode == 0, made.stderr
    assert "2 runs" in made.stdout
    checked = kirok("backup", "verify", "kept.zip")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    back = kirok(
        "backup", "restore", "kept.zip", "--backend-store-uri", "sqlite:///new/back.db", "--artifacts", "files"
    )
    assert back.returncode == 0, back.stderr
    assert _dump(tmp_path / "new" / "back.db") == _dump(seeded.folder / "kirok.db")
    assert (tmp_path / "files" / seeded.run_id / "artifacts" / "b.txt").read_text() == "top"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["back.db"]


def test_a_folder_comes_back_with_its_empty_directories_and_without_half_a_line(
    kirok: Command, mlruns: Path, tmp_path: Path
) -> None:
    assert kirok("backup", "create", "kept.zip", "--backend-store-uri", str(mlruns)).returncode == 0
    assert kirok("backup", "verify", "kept.zip").returncode == 0
    assert kirok("backup", "restore", "kept.zip", "--backend-store-uri", "back").returncode == 0
    run = tmp_path / "back" / "1" / ("a" * 32)
    assert (run / "metrics" / "loss").read_bytes() == b"1 0.5 0\n2 0.25 1\n"
    assert (run / "params").is_dir()
    assert (run / "artifacts" / "model.bin").read_bytes() == (
        mlruns / "1" / ("a" * 32) / "artifacts" / "model.bin"
    ).read_bytes()
    assert (tmp_path / "back" / ".trash" / "2" / "meta.yaml").is_file()


def test_a_backup_made_under_load_holds_all_that_was_acknowledged_before(kirok: Command, tmp_path: Path) -> None:
    acknowledged: list[int] = []
    stop = threading.Event()

    def write(address: str, run_id: str) -> None:
        with httpx.Client(base_url=address) as client:
            step = 0
            while not stop.is_set():
                step += 1
                point = {"run_id": run_id, "key": "loss", "value": step, "timestamp": step, "step": step}
                client.post(f"{API}/runs/log-metric", json=point).raise_for_status()
                acknowledged.append(step)

    with kirok_server(tmp_path) as server:
        made = httpx.post(f"{server.address}{API}/runs/create", json={"experiment_id": "0"})
        run_id = made.json()["run"]["info"]["run_id"]
        writer = threading.Thread(target=write, args=(server.address, run_id))
        writer.start()
        try:
            for number in range(2):
                while len(acknowledged) < 100 * (number + 1):
                    stop.wait(0.01)
                before = acknowledged[-1]
                told = kirok("backup", "create", f"{number}.zip", "--backend-store-uri", "sqlite:///mlflow.db")
                assert told.returncode == 0, told.stderr
                assert len(acknowledged) > before
                assert kirok("backup", "verify", f"{number}.zip").returncode == 0
                back = kirok("backup", "restore", f"{number}.zip", "--backend-store-uri", f"sqlite:///{number}.db")
                assert back.returncode == 0, back.stderr
                with closing(sqlite3.connect(tmp_path / f"{number}.db")) as copy:
                    steps = {step for (step,) in copy.execute("SELECT step FROM metrics")}
                    (latest,) = copy.execute("SELECT step FROM latest_metrics").fetchone()
                assert set(range(1, before + 1)) <= steps
                assert latest == max(steps)
        finally:
            stop.set()
            writer.join()


def test_an_experiment_that_moves_meanwhile_is_there_once(mlruns: Path) -> None:
    from kirok.services.backups.container import packing, unpacking
    from kirok.services.backups.live_folders import pack_records
    from kirok.services.backups.manifest import Manifest

    manifest = Manifest(kind="folder", source="", made_at_ms=0, kirok_version="")
    file = mlruns.parent / "kept.zip"
    with packing(file, force=False) as pack:
        add = pack.add

        def add_and_move(name: str, *rest: object, **more: object) -> None:
            add(name, *rest, **more)  # type: ignore[arg-type]
            if name == "records/1/meta.yaml" and (mlruns / "1").exists():
                shutil.move(mlruns / "1", mlruns / ".trash" / "1")

        pack.add = add_and_move  # type: ignore[method-assign]
        counts = pack_records(mlruns, pack)
        pack.finish(manifest)
    assert counts == {"experiments": 2, "runs": 1}
    with unpacking(file) as (_, read):
        names = [member.name for member in read.members]
    assert "records/.trash/1/meta.yaml" in names
    assert not [name for name in names if name.startswith("records/1/")]


def test_what_is_there_is_not_replaced_unasked(kirok: Command, seeded: Seeded, tmp_path: Path) -> None:
    create = ("backup", "create", "kept.zip", "--backend-store-uri", seeded.uri)
    assert kirok(*create).returncode == 0
    again = kirok(*create)
    assert again.returncode == 1
    assert "--force" in again.stderr
    assert kirok(*create, "--force").returncode == 0
    (tmp_path / "other.db").write_bytes(b"precious")
    restore = ("backup", "restore", "kept.zip", "--backend-store-uri", "sqlite:///other.db")
    assert kirok(*restore).returncode == 1
    assert (tmp_path / "other.db").read_bytes() == b"precious"
    assert kirok(*restore, "--force").returncode == 0
    assert _dump(tmp_path / "other.db") == _dump(seeded.folder / "kirok.db")


def test_a_database_in_use_by_a_server_is_not_replaced(kirok: Command, seeded: Seeded, tmp_path: Path) -> None:
    assert kirok("backup", "create", "kept.zip", "--backend-store-uri", seeded.uri).returncode == 0
    with kirok_server(tmp_path):
        told = kirok("backup", "restore", "kept.zip", "--backend-store-uri", "sqlite:///mlflow.db", "--force")
    assert told.returncode == 1
    assert "Another kirok server" in told.stderr


@pytest.mark.parametrize("where", [0.02, 0.3, 0.6])
def test_one_changed_byte_is_found(kirok: Command, seeded: Seeded, tmp_path: Path, where: float) -> None:
    assert kirok("backup", "create", "kept.zip", "--backend-store-uri", seeded.uri).returncode == 0
    content = bytearray((tmp_path / "kept.zip").read_bytes())
    content[int(len(content) * where)] ^= 0x10
    (tmp_path / "kept.zip").write_bytes(content)
    told = kirok("backup", "verify", "kept.zip")
    assert told.returncode == 1
    back = kirok("backup", "restore", "kept.zip", "--backend-store-uri", "sqlite:///back.db")
    assert back.returncode == 1
    assert not (tmp_path / "back.db").exists()


def test_a_backup_cut_short_is_none(kirok: Command, seeded: Seeded, tmp_path: Path) -> None:
    assert kirok("backup", "create", "kept.zip", "--backend-store-uri", seeded.uri).returncode == 0
    content = (tmp_path / "kept.zip").read_bytes()
    (tmp_path / "kept.zip").write_bytes(content[: len(content) // 2])
    told = kirok("backup", "verify", "kept.zip")
    assert told.returncode == 1
    assert "not a whole backup" in told.stderr


def test_members_that_would_leave_the_folder_are_refused(kirok: Command, tmp_path: Path) -> None:
    manifest = {"kind": "folder", "source": "x", "made_at_ms": 0, "kirok_version": "1", "format": 1}
    member = {"name": "records/../../evil", "size_bytes": 1, "sha256": "0"}
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("records/../../evil", "x")
        archive.writestr("manifest.json", json.dumps({**manifest, "members": [member]}))
    told = kirok("backup", "restore", "evil.zip", "--backend-store-uri", "folder")
    assert told.returncode == 1
    assert "could not have come from kirok" in told.stderr


def _limited(bytes_: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))


# A database of 400 KiB: the first limit stops its copy, the second the packing of incompressible artifacts.
@pytest.mark.parametrize("room", [100_000, 1_000_000])
def test_a_full_disk_leaves_nothing_behind(seeded: Seeded, tmp_path: Path, room: int) -> None:
    (seeded.folder / "artifacts" / "big").write_bytes(os.urandom(2_000_000))
    target = tmp_path / "backups"
    target.mkdir()
    told = subprocess.run(
        _creation(seeded, target / "kept.zip"),
        env=plain_environment(),
        capture_output=True,
        text=True,
        preexec_fn=_limited(room),
        check=False,
    )
    assert told.returncode == 1
    assert "Error: " in told.stderr
    assert "Traceback" not in told.stderr
    assert list(target.iterdir()) == []


def test_a_killed_backup_leaves_no_file_of_the_final_name(seeded: Seeded, tmp_path: Path) -> None:
    (seeded.folder / "artifacts" / "big").write_bytes(os.urandom(64_000_000))
    process = subprocess.Popen(
        _creation(seeded, tmp_path / "kept.zip"),
        env=plain_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "artifacts" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert not (tmp_path / "kept.zip").exists()


@pytest.mark.parametrize(
    ("uri", "command"),
    [
        (
            "postgresql+psycopg2://me:secret@db:5433/runs?sslmode=require",
            "pg_dump --format=custom --file=kept.zip 'postgresql://me@db:5433/runs?sslmode=require'",
        ),
        (
            "postgresql://me:half@secret@db/runs?sslpassword=secret",
            "pg_dump --format=custom --file=kept.zip postgresql://me@db/runs",
        ),
        (
            "mysql+pymysql://me:secret@db:3307/runs",
            "mysqldump --single-transaction --hex-blob --host=db --port=3307 --user=me --password "
            "--result-file=kept.zip runs",
        ),
    ],
)
def test_databases_with_tools_of_their_own_are_told_the_command(kirok: Command, uri: str, command: str) -> None:
    told = kirok("backup", "create", "kept.zip", "--backend-store-uri", uri)
    assert told.returncode == 1
    assert command in told.stderr
    assert "secret" not in told.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "x.zip", "--backend-store-uri", "http://127.0.0.1:1"), "is a server"),
        (("create", "x.zip", "--backend-store-uri", "sqlite:///none.db"), "no database"),
        (("create", "x.zip", "--backend-store-uri", "sqlite:///notes.txt"), "not a SQLite database"),
        (("create", "no/folder/x.zip", "--backend-store-uri", "sqlite:///none.db"), "create it first"),
        (("create", "mlruns/x.zip", "--backend-store-uri", "mlruns"), "choose a place outside"),
        (("verify", "notes.txt"), "not a whole backup"),
        (("verify", "none.zip"), "no backup"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    kirok: Command, mlruns: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "notes.txt").write_text("no database\n" * 100, encoding="utf-8")
    told = kirok("backup", *arguments)
    assert told.returncode == 1
    assert said in told.stderr
    assert not (tmp_path / "x.zip").exists()
