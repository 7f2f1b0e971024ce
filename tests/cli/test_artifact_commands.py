"""`kirok artifacts` on a database file and on a server."""

import json
from pathlib import Path

import pytest

from cli.conftest import Command, Seeded
from running_servers import kirok_server


def test_files_are_listed_as_json(kirok: Command, seeded: Seeded) -> None:
    top = kirok("artifacts", "list", "-r", seeded.run_id, MLFLOW_TRACKING_URI=seeded.uri).stdout
    assert json.loads(top) == [
        {"path": "b.txt", "is_dir": False, "file_size": 3},
        {"path": "notes", "is_dir": True},
    ]
    below = kirok("artifacts", "list", "-r", seeded.run_id, "-a", "notes", MLFLOW_TRACKING_URI=seeded.uri).stdout
    assert [file["path"] for file in json.loads(below)] == ["notes/a.txt"]


def test_files_go_up_and_come_back_through_a_server(kirok: Command, tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "x y.bin").write_bytes(bytes(range(256)))
    (tmp_path / "one.txt").write_text("one", encoding="utf-8")
    server_folder = tmp_path / "server"
    server_folder.mkdir()
    with kirok_server(server_folder) as running:
        there = {"MLFLOW_TRACKING_URI": running.address}
        made = kirok("runs", "create", "--experiment-id", "0", **there)
        run_id = json.loads(made.stdout)["run_id"]
        assert kirok("artifacts", "log-artifact", "-l", "one.txt", "-r", run_id, "-a", "sub", **there).returncode == 0
        assert kirok("artifacts", "log-artifacts", "-l", "data", "-r", run_id, **there).returncode == 0
        listed = json.loads(kirok("artifacts", "list", "-r", run_id, **there).stdout)
        assert [file["path"] for file in listed] == ["deep", "sub"]
        told = kirok("artifacts", "download", "-r", run_id, "-d", "all/of/it", **there).stdout
        root = Path(told.strip())
        assert root == tmp_path / "all" / "of" / "it"
        assert (root / "deep" / "x y.bin").read_bytes() == bytes(range(256))
        one = kirok("artifacts", "download", "-r", run_id, "-a", "sub/one.txt", **there).stdout
        assert one.startswith("\n")
        assert Path(one.strip()).read_text(encoding="utf-8") == "one"
        by_uri = kirok("artifacts", "download", "-u", f"runs:/{run_id}/sub/one.txt", "-d", "by-uri", **there).stdout
        assert Path(by_uri.strip()).read_text(encoding="utf-8") == "one"
        direct = f"mlflow-artifacts:/0/{run_id}/artifacts/sub/one.txt"
        by_place = kirok("artifacts", "download", "-u", direct, "-d", "by-place", **there).stdout
        assert Path(by_place.strip()).read_text(encoding="utf-8") == "one"
    stored = server_folder / "mlartifacts" / "0" / run_id / "artifacts" / "sub" / "one.txt"
    assert stored.read_text(encoding="utf-8") == "one"


def test_a_folder_is_stored_listed_and_deleted(kirok_in_process: Command, seeded: Seeded, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = kirok_in_process("artifacts", *arguments, MLFLOW_TRACKING_URI=seeded.uri)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "model" / "deep").mkdir(parents=True)
    (tmp_path / "model" / "weights.bin").write_bytes(bytes(1234))
    (tmp_path / "model" / "deep" / "a.txt").write_text("a", encoding="utf-8")
    run("upload", "model", "-r", seeded.run_id, "-a", "best")
    run("upload", "model/deep/a.txt", "-u", f"runs:/{seeded.run_id}/best")
    below = json.loads(run("list", "-r", seeded.run_id, "-a", "best", "--recursive"))
    assert [file["path"] for file in below] == ["best/a.txt", "best/model/weights.bin", "best/model/deep/a.txt"]
    lines = run("list", "-u", f"runs:/{seeded.run_id}/best/model", "--long").splitlines()
    assert lines[0].split() == ["Size", "Modified", "Path"]
    assert [line.split()[-1] for line in lines[2:]] == ["best/model/deep/", "best/model/weights.bin"]
    assert lines[3].split()[0] == "1234"
    run("delete", "-r", seeded.run_id, "-a", "best/model", "-y")
    run("delete", "-u", f"runs:/{seeded.run_id}/b.txt", "-y")
    left = json.loads(run("list", "-r", seeded.run_id, "-R"))
    assert [file["path"] for file in left] == ["best/a.txt", "notes/a.txt"]


def test_the_local_file_that_stopped_an_upload_is_named(kirok: Command, seeded: Seeded, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").mkdir()  # a file lies there in the run
    (tmp_path / "notes" / "a.txt" / "b").write_text("b", encoding="utf-8")
    refused = kirok("artifacts", "upload", "notes", "-r", seeded.run_id, MLFLOW_TRACKING_URI=seeded.uri)
    assert refused.returncode == 1
    assert f"While {str(Path('notes/a.txt/b'))!r} was stored." in refused.stderr


def test_nothing_is_deleted_before_somebody_agrees(kirok: Command, seeded: Seeded) -> None:
    asked = kirok("artifacts", "delete", "-r", seeded.run_id, "-a", "notes", MLFLOW_TRACKING_URI=seeded.uri)
    assert asked.returncode == 1  # nobody is there to answer
    assert "Delete the folder notes with 1 file, 5 bytes" in asked.stderr
    kept = kirok("artifacts", "list", "-r", seeded.run_id, "-a", "notes", MLFLOW_TRACKING_URI=seeded.uri).stdout
    assert [file["path"] for file in json.loads(kept)] == ["notes/a.txt"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["upload", "absent.txt", "-r", "RUN"], 2, "absent.txt"),
        (["upload", ".", "-r", "RUN", "-u", "runs:/RUN/a"], 2, "either --run-id or --artifact-uri"),
        (["upload", "."], 2, "either --run-id or --artifact-uri"),
        (["list", "-u", "runs:/x/y", "-a", "z"], 2, "--artifact-path"),
        (["delete", "-r", "RUN", "-y"], 2, "--artifact-path"),
        (["delete", "-r", "RUN", "-a", "no/such", "-y"], 1, "No such artifact: 'no/such'"),
        (["delete", "-r", "RUN", "-a", "../x", "-y"], 1, ".."),
        (["download"], 2, "--run-id"),
        (["download", "-r", "RUN", "-a", "no/such"], 1, "no/such"),
        (["download", "-u", "runs:/"], 1, "runs:/"),
        (["download", "-r", "RUN", "-a", "../../secret"], 1, ".."),
        (["log-artifact", "-l", "absent.txt", "-r", "RUN"], 1, "absent.txt"),
        (["log-artifacts", "-l", "absent", "-r", "RUN"], 1, "absent"),
        (["list", "-r", "0" * 32], 1, "0" * 32),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_said_plainly(
    kirok: Command, seeded: Seeded, arguments: list[str], code: int, said: str
) -> None:
    given = [seeded.run_id if argument == "RUN" else argument for argument in arguments]
    answer = kirok("artifacts", *given, MLFLOW_TRACKING_URI=seeded.uri)
    assert answer.returncode == code
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
