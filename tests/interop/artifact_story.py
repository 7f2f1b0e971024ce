"""What users do with files, lived through with either client (`mlflow` or `kirok`), and all that a reader finds."""

import json
from pathlib import Path
from typing import Any

BIG_BYTES = 9 << 20
"""More than boto3 sends in one piece."""
FILES = {
    "notes/한글 a.txt": "기록".encode(),
    "settings.json": json.dumps({"depth": 3}, indent=2).encode(),
    "data/big.bin": bytes(range(256)) * (BIG_BYTES // 256),
    "tree/a.txt": b"a",
    "tree/b/c d.txt": b"\x00\xff",
    "tree/b/e/100%.txt": b"",
}
"""What `log` leaves, by path."""


def log(client: Any, folder: Path, study: str) -> str:
    """A run with files of every sort; its id."""
    big, tree = folder / "big.bin", folder / "tree"
    big.write_bytes(FILES["data/big.bin"])
    for name, content in FILES.items():
        if name.startswith("tree/"):
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    client.set_experiment(study)
    with client.start_run() as run:
        client.log_text(FILES["notes/한글 a.txt"].decode(), "notes/한글 a.txt")
        client.log_dict({"depth": 3}, "settings.json")
        client.log_artifact(str(big), "data")
        client.log_artifacts(str(tree), "tree")
    return str(run.info.run_id)


def found(client: Any, run_id: str, folder: Path) -> dict[str, bytes]:
    """All files of a run as a reader lists and downloads them, by path."""
    sizes = dict(_listed(client.MlflowClient(), run_id, None))
    local = Path(client.artifacts.download_artifacts(run_id=run_id, dst_path=str(folder)))
    contents = {
        path.relative_to(local).as_posix(): path.read_bytes() for path in sorted(local.rglob("*")) if path.is_file()
    }
    assert sizes == {name: len(content) for name, content in contents.items()}, sizes
    assert client.artifacts.load_text(f"runs:/{run_id}/notes/한글 a.txt") == "기록"
    return contents


def _listed(tracking: Any, run_id: str, path: str | None) -> list[tuple[str, int]]:
    listed: list[tuple[str, int]] = []
    for file in tracking.list_artifacts(run_id, path):
        # MLflow's server tells no size of an empty file.
        listed += _listed(tracking, run_id, file.path) if file.is_dir else [(file.path, file.file_size or 0)]
    return listed
