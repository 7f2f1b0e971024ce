"""MlflowClient's files: into a run and out of it, whatever the place that holds them."""

import json
import posixpath
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from kirok.artifact_stores.foreign_folders import refuse_foreign_folder
from kirok.artifact_stores.open import open_run_artifacts
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.artifact_stores.transfers import send_file
from kirok.base.errors import InvalidParameter
from kirok.client.artifact_trees import download, upload, upload_folder
from kirok.client.connected import Connected
from kirok.entities.artifacts import ArtifactPath, FileInfo

_PIECE_BYTES = 1 << 20


class ArtifactMethods(Connected):
    """Files of runs. An `artifact_path` or `artifact_file` is relative to the run and uses forward slashes."""

    def log_artifact(self, run_id: str, local_path: str | Path, artifact_path: str | None = None) -> None:
        """Store a file, or a folder under its own name, in directory `artifact_path`.

        FileNotFoundError where there is no `local_path`.
        """
        local = Path(local_path)
        target = ArtifactPath.of(artifact_path, local.name)
        upload(self.artifacts_of(run_id), local, target, self._connection.settings.artifacts)

    def log_artifacts(self, run_id: str, local_dir: str | Path, artifact_path: str | None = None) -> None:
        """Store all that is in a folder, sub-folders included, in directory `artifact_path`.

        NotADirectoryError where `local_dir` is none.
        """
        local = Path(local_dir)
        if not local.is_dir():
            raise NotADirectoryError(f"No such folder: {str(local)!r}. Use log_artifact for a single file.")
        target = ArtifactPath.parse(artifact_path)
        upload_folder(self.artifacts_of(run_id), local, target, self._connection.settings.artifacts)

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        """Store text as a UTF-8 file."""
        with self._new_file(run_id, artifact_file) as file:
            file.write_text(text, encoding="utf-8")

    def log_dict(self, run_id: str, dictionary: dict[str, Any], artifact_file: str) -> None:
        """Store a dictionary: as YAML where the name ends in `.yml` or `.yaml`, else as JSON.

        Values that JSON has no form for are stored as their `str`.
        """
        if posixpath.splitext(artifact_file)[1] in (".yml", ".yaml"):
            import yaml

            text = yaml.dump(dictionary, indent=2, default_flow_style=False)
        else:
            text = json.dumps(dictionary, indent=2, default=str)
        self.log_text(run_id, text, artifact_file)

    def log_stream(self, run_id: str, stream: BinaryIO, artifact_file: str) -> None:
        """Store what a binary stream yields, in constant memory."""
        with self._new_file(run_id, artifact_file) as file, file.open("wb") as target:
            while piece := stream.read(_PIECE_BYTES):
                target.write(piece)

    def log_figure(
        self, run_id: str, figure: Any, artifact_file: str, *, save_kwargs: dict[str, Any] | None = None
    ) -> None:
        """Store a matplotlib or plotly figure in the format its file name asks for.

        `save_kwargs` go to `savefig`, `write_html` or `write_image`. TypeError for another object.
        """
        options = dict(save_kwargs or {})
        with self._new_file(run_id, artifact_file) as file:
            if _is_a("matplotlib.figure", "Figure", figure):
                figure.savefig(file, **options)
            elif _is_a("plotly.graph_objects", "Figure", figure):
                _save_plotly(figure, file, options)
            else:
                raise TypeError(
                    f"Unsupported figure object type: '{type(figure)}': give a matplotlib or plotly figure."
                )

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """What lies directly in directory `path` of a run; nothing for a file or where nothing is."""
        return self.artifacts_of(run_id).list(ArtifactPath.parse(path))

    def download_artifacts(self, run_id: str, path: str, dst_path: str | None = None) -> str:
        """Copy a file, or a directory with all in it ("" is everything), and return its absolute local path.

        It goes below `dst_path`, else a new temporary folder; what already lies on this machine is not copied but
        returned where it is, unless `dst_path` is given. NotFound where nothing is.
        """
        settings = self._connection.settings.artifacts
        return download(self.artifacts_of(run_id), ArtifactPath.parse(path), dst_path, settings)

    def delete_artifacts(self, run_id: str, path: str) -> None:
        """Remove a file, or a directory with all in it. Nothing there is no error; the run's root is refused."""
        checked = ArtifactPath.parse(path)
        if not checked:
            raise InvalidParameter("Invalid path: ''. Name the file or folder of the run to delete.")
        self.artifacts_of(run_id).delete(checked)

    def artifacts_of(self, run_id: str) -> ArtifactStore:
        """The files of a run, wherever they are."""
        uri, server, settings = self._artifact_uri(run_id), self._connection.server, self._connection.settings.artifacts
        if server is not None:
            refuse_foreign_folder(uri, server.uri, settings)
        return open_run_artifacts(uri, server, settings)

    def _artifact_uri(self, run_id: str) -> str:
        known = self._connection.artifact_uris
        if run_id not in known:
            known[run_id] = self._stores.runs.get_run(run_id).info.artifact_uri
        return known[run_id]

    @contextmanager
    def _new_file(self, run_id: str, artifact_file: str) -> Iterator[Path]:
        """A temporary file of the same name to write to, stored as `artifact_file` when the block ends well."""
        path = ArtifactPath.parse(artifact_file)
        store = self.artifacts_of(run_id)
        with tempfile.TemporaryDirectory(prefix="kirok-") as folder:
            file = Path(folder) / (path.name or "file")
            yield file
            send_file(store, file, path, self._connection.settings.artifacts)


def _is_a(module: str, name: str, thing: object) -> bool:
    """Whether `thing` is an instance of a class in a library that is loaded, which it is if `thing` came from it."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(thing, getattr(loaded, name))


def _save_plotly(figure: Any, file: Path, options: dict[str, Any]) -> None:
    if file.suffix == ".html":
        figure.write_html(str(file), **{"include_plotlyjs": "cdn", "auto_open": False, **options})
    elif file.suffix in (".png", ".jpeg", ".webp", ".svg", ".pdf"):
        figure.write_image(str(file), **options)
    else:
        raise TypeError(
            f"Unsupported file extension for plotly figure: '{file.suffix}'. Use .html, .png, .jpeg, .webp, .svg or "
            ".pdf."
        )
