"""Make the old databases under `databases/`, each with the release of MLflow that it is named for.

    python tests/migrations/make_old_databases.py [VERSION ...]

Run by hand, when a release is added; the tests use the files it made. It needs `uv` and the Pythons below (uv fetches
those that are missing), makes an environment for each release in a temporary folder, and takes some minutes.
"""

import gzip
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).parent

_OF_2019 = (
    "sqlalchemy<1.4 alembic<1.5 protobuf<3.21 flask<2 jinja2<3 markupsafe<2.1 itsdangerous<2.1 werkzeug<1 click<8 "
    "setuptools<60 numpy<1.20 pandas<1.2"
).split()
_PKG_RESOURCES = ["setuptools<81"]  # the last that have pkg_resources
_TRACING = [*_PKG_RESOURCES, "opentelemetry-sdk<1.30"]  # whose span processors the traces of these releases can end

RELEASES: dict[str, tuple[str, list[str]]] = {
    "0.9.1": ("3.7", _OF_2019),  # the first release with a database; no revision is recorded in it
    "1.0.0": ("3.7", _OF_2019),  # 90e64c465722
    "1.8.0": ("3.7", _OF_2019),  # 0a8213491aaa: the registry, latest_metrics
    "1.30.0": ("3.8", []),  # 97727af70f4d
    "2.9.2": ("3.10", _PKG_RESOURCES),  # acf3f17fdcc7: aliases, datasets
    "2.14.3": ("3.10", _TRACING),  # 5b0e9adcef9c: traces
    "2.22.0": ("3.10", _TRACING),  # 0584bdc529eb
    "3.1.0": ("3.10", _TRACING),  # 6953534de441: logged models
    "3.5.0": ("3.10", _TRACING),  # spans, assessments
    "3.9.0": ("3.11", []),  # tokens of traces as rows
    "3.14.0": ("3.11", []),  # workspaces; costs of spans as rows
}
"""Release of MLflow → the Python it runs on, and what has to be held back for it."""


def make(release: str, folder: Path) -> Path:
    """The database that `release` makes of the story in `old_release_story.py`."""
    version, pins = RELEASES[release]
    environment = folder / f"mlflow-{release}"
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", version, environment], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, f"mlflow=={release}", *pins], check=True)
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "mlflow.db"
        subprocess.run(
            [python, HERE / "old_release_story.py", f"sqlite:///{file}", Path(made) / "artifacts"],
            check=True,
            cwd=made,
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PYTHONWARNINGS": "ignore"},
        )
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("VACUUM")
        kept = HERE / "databases" / f"mlflow-{release}.db.gz"
        kept.write_bytes(gzip.compress(file.read_bytes(), mtime=0))  # most pages of a small database are empty
        return kept


if __name__ == "__main__":
    # Environments are kept between runs where KIROK_OLD_RELEASES names a folder.
    place = Path(os.environ.get("KIROK_OLD_RELEASES") or tempfile.mkdtemp())
    for wanted in sys.argv[1:] or RELEASES:
        print(f"MLflow {wanted}:", make(wanted, place), flush=True)
