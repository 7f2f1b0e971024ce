"""Either client is told the same by either server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kirok
from interop.story import CHAPTERS, Chapter, tell
from running_servers import RunningServer

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's and scikit-learn's own


@pytest.fixture(scope="session")
def told_by_mlflow(
    mlflow: Any, mlflow_at: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Chapter], object]:
    """What MLflow's client is told by MLflow's server: each chapter once."""
    known: dict[str, object] = {}

    def told(chapter: Chapter) -> object:
        if chapter.__name__ not in known:
            known[chapter.__name__] = tell(chapter, mlflow, mlflow_at.address, tmp_path_factory.mktemp("told"))
        return known[chapter.__name__]

    return told


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_mlflows_client_sees_no_difference_on_kiroks_server(
    chapter: Chapter, told_by_mlflow: Callable[[Chapter], object], mlflow: Any, kirok_at: RunningServer, tmp_path: Path
) -> None:
    assert tell(chapter, mlflow, kirok_at.address, tmp_path) == told_by_mlflow(chapter)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_kiroks_client_sees_no_difference_on_kiroks_server(
    chapter: Chapter, told_by_mlflow: Callable[[Chapter], object], kirok_at: RunningServer, tmp_path: Path
) -> None:
    assert tell(chapter, kirok, kirok_at.address, tmp_path) == told_by_mlflow(chapter)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_kiroks_client_works_on_mlflows_server(
    chapter: Chapter, told_by_mlflow: Callable[[Chapter], object], mlflow_at: RunningServer, tmp_path: Path
) -> None:
    assert tell(chapter, kirok, mlflow_at.address, tmp_path) == told_by_mlflow(chapter)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_kiroks_client_needs_no_server(
    chapter: Chapter, told_by_mlflow: Callable[[Chapter], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    without_server = tell(chapter, kirok, f"sqlite:///{tmp_path / 'kirok.db'}", tmp_path / "files")
    assert without_server == told_by_mlflow(chapter)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_a_folder_of_runs_makes_no_difference(
    chapter: Chapter,
    told_by_mlflow: Callable[[Chapter], object],
    mlflow: Any,
    kirok_on_folder_at: RunningServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tell(chapter, mlflow, kirok_on_folder_at.address, tmp_path / "served") == told_by_mlflow(chapter)
    assert tell(chapter, kirok, str(tmp_path / "mlruns"), tmp_path / "files") == told_by_mlflow(chapter)
