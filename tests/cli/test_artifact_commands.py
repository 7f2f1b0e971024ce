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


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
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
