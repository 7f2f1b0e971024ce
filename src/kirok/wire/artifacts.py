"""Artifact listings as JSON."""

from msgspec import Struct, field

from kirok.entities import artifacts as entities
from kirok.wire.names import NamesRun
from kirok.wire.numbers import Int64


def spelled(path: str) -> str:
    """A path as JSON can hold it: bytes of a name that are no UTF-8, as file systems allow, are written out. Nobody can
    ask for such a file by what stands there, but it hides none of those beside it.
    """
    return path.encode("utf-8", "backslashreplace").decode()


class FileInfo(Struct, omit_defaults=True):
    path: str
    is_dir: bool
    file_size: Int64 | None = None
    modified_ms: int | None = None
    """kirok's own: when the file was last written, in ms since the epoch. MLflow's clients pass over it."""

    @classmethod
    def of(cls, info: entities.FileInfo) -> "FileInfo":
        """The JSON form of a record."""
        return cls(spelled(info.path), info.is_dir, info.file_size, info.modified_ms)

    def record(self) -> entities.FileInfo:
        """The record of a JSON form."""
        return entities.FileInfo(self.path, self.is_dir, None if self.is_dir else self.file_size or 0, self.modified_ms)


class ListArtifacts(NamesRun, omit_defaults=True, kw_only=True):
    path: str | None = None
    page_token: str | None = None


class GetArtifact(NamesRun, omit_defaults=True, kw_only=True):
    path: str


class UploadArtifact(NamesRun, omit_defaults=True, kw_only=True):
    path: str


class DeleteArtifacts(NamesRun, omit_defaults=True, kw_only=True):
    path: str


class ZipArtifacts(NamesRun, omit_defaults=True, kw_only=True):
    """A directory of a run; all of it without a `path`."""

    path: str | None = None


class ZipProxied(Struct, omit_defaults=True):
    path: str | None = None


class ArtifactsPage(Struct, omit_defaults=True):
    root_uri: str | None = None
    files: list[FileInfo] = []
    next_page_token: str | None = None


class ListProxied(Struct, omit_defaults=True):
    path: str | None = None


class ProxiedFiles(Struct, omit_defaults=True):
    """Files of one directory, by base name."""

    files: list[FileInfo] = []


class ServerInfo(Struct):
    """What a client may rely on before it asks."""

    store_type: str | None = None
    workspaces_enabled: bool = False
    trace_archival_enabled: bool = False
    multipart_uploads_enabled: bool = False
    multipart_downloads_enabled: bool = False
    presigned_upload_run_id_supported: bool = False
    presigned_upload_model_id_supported: bool = False
    artifact_bundles_enabled: bool = False
    """kirok's own: whether many small files may travel in one request."""
    smallest_part_bytes: Int64 | None = None
    """kirok's own: the least size of the parts that large files may be sent in; None where they may not."""
    artifact_servers: list[str] = field(default_factory=list)
    """kirok's own: other servers to which this one sends its clients, as `mlflow-artifacts:` URIs name them."""
    features_enabled: dict[str, bool] = field(default_factory=lambda: {"gateway": False})


class KirokVersion(Struct):
    """kirok's own version and the MLflow version it speaks."""

    kirok: str
    mlflow: str
