"""A server clears away, in the background, what killed uploads left behind."""

import os
import time
from pathlib import Path

from kirok.artifact_stores.names import UPLOADING
from kirok.base.settings import ServerSettings
from kirok.server.leftovers import LeftoverSweeper


def test_leftovers_go_again_and_again_and_live_uploads_stay(tmp_path: Path) -> None:
    live, dead = tmp_path / "run" / f"{UPLOADING}live", tmp_path / "run" / f"{UPLOADING}dead"
    live.parent.mkdir()
    live.touch()
    with LeftoverSweeper(ServerSettings(artifacts_destination=str(tmp_path)), first_after_s=0.01, every_s=0.01):
        for _ in range(2):
            dead.touch()
            os.utime(dead, (0, 0))
            deadline = time.monotonic() + 20
            while dead.exists():
                assert time.monotonic() < deadline
                time.sleep(0.01)
    assert live.exists()


def test_only_folders_that_the_server_keeps_are_swept(tmp_path: Path) -> None:
    dead = tmp_path / f"{UPLOADING}dead"
    dead.touch()
    os.utime(dead, (0, 0))
    settings = ServerSettings(artifacts_destination=str(tmp_path), serve_artifacts=False)
    for spared in (settings, ServerSettings(artifacts_destination="s3://bucket/files")):
        with LeftoverSweeper(spared, first_after_s=0, every_s=0.01):
            time.sleep(0.05)
    assert dead.exists()
