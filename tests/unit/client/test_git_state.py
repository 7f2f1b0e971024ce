"""The work tree that a program runs from."""

import subprocess
from pathlib import Path

import pytest

from kirok.client.git import git_state, without_credentials


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    git_state.cache_clear()


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A committed script in a sub-folder of a work tree with a remote."""
    file = tmp_path / "training" / "train.py"
    file.parent.mkdir()
    file.write_text("print()")
    git(tmp_path, "init", "--quiet", "--initial-branch", "feature/x")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    git(tmp_path, "remote", "add", "origin", "https://me:secret@example.org/team/models.git")
    return file


def test_commit_branch_and_remote_are_told_without_password(script: Path, tmp_path: Path) -> None:
    state = git_state(str(script))
    assert state is not None
    assert state.commit == git(tmp_path, "rev-parse", "HEAD")
    assert state.branch == "feature/x"
    assert state.repo_url == "https://example.org/team/models.git"


def test_a_detached_head_has_a_commit_but_no_branch(script: Path, tmp_path: Path) -> None:
    git(tmp_path, "checkout", "--quiet", "--detach")
    state = git_state(str(script))
    assert state is not None
    assert state.branch is None


def test_an_ignored_file_and_one_outside_have_no_state(script: Path, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("scratch.py")
    (tmp_path / "scratch.py").write_text("")
    assert git_state(str(tmp_path / "scratch.py")) is None
    assert git_state("/") is None


def test_a_program_that_is_no_file_has_no_state(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(script.parent)
    assert git_state("-c") is None


def test_without_git_there_is_no_state(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state(str(script)) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:token@example.org/a.git", "https://example.org/a.git"),
        ("git@example.org:a.git", "git@example.org:a.git"),
        ("/srv/git/a.git", "/srv/git/a.git"),
    ],
)
def test_credentials_are_cut_from_urls_alone(url: str, told: str) -> None:
    assert without_credentials(url) == told
