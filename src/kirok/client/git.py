"""The git work tree a program runs from, asked of the `git` command; never an error, never long."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

TIMEOUT_S = 5.0
"""A work tree on a sleeping network drive must not hold up training."""


class GitState(Struct, frozen=True):
    """Where a work tree stands. `branch` is None on a detached head, `repo_url` where there is no remote."""

    commit: str
    branch: str | None = None
    repo_url: str | None = None


@lru_cache(maxsize=1)  # a program's work tree is looked at once, when its first run starts, as MLflow does
def git_state(file: str) -> GitState | None:
    """The state of the work tree that `file` is in; None outside of one, for an ignored file, or without git."""
    path = Path(file).absolute()
    folder = path if path.is_dir() else path.parent
    # `python -c` calls itself "-c", which is no file; and most programs are in no work tree, which costs no process.
    if not path.exists() or not any((above / ".git").exists() for above in (folder, *folder.parents)):
        return None
    with suppress(OSError, subprocess.SubprocessError, UnicodeDecodeError):
        if _git(folder, "check-ignore", "--quiet", str(path)) is not None:
            return None
        commit = _git(folder, "rev-parse", "--verify", "HEAD")
        if commit is None:
            return None
        branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
        return GitState(commit, branch, next(_remote_urls(folder), None))
    return None


def _remote_urls(folder: Path) -> Iterator[str]:
    for remote in (_git(folder, "remote") or "").splitlines():
        url = _git(folder, "remote", "get-url", remote)
        if url:
            yield without_credentials(url)


def without_credentials(url: str) -> str:
    """`url` without user name and password: a tag is shown to everyone."""
    parts = urlsplit(url)
    if not parts.scheme or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, stripped; None where it answers no."""
    answer = subprocess.run(  # noqa: S603 - fixed commands; the folder is the running program's own
        ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's git, wherever it is
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=False,
        text=True,
    )
    return answer.stdout.strip() if answer.returncode == 0 else None
