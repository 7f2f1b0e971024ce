"""Every setting of client and server: frozen records, read once from the environment and passed in.

Each `MLFLOW_X` has a twin `KIROK_X` that wins where both are set.
"""

import configparser
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from kirok.base.errors import InvalidParameter

_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def setting(env: Mapping[str, str], name: str) -> str | None:
    """The value of `KIROK_<name>`, else of `MLFLOW_<name>`; None where neither holds text."""
    return env.get(f"KIROK_{name}") or env.get(f"MLFLOW_{name}") or None


def switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    """A setting that is on or off; InvalidParameter names the variable and the values that count."""
    text = setting(env, name)
    if text is None:
        return default
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise InvalidParameter(f"{_spelled(env, name)}={text!r} is neither on nor off: use true or false.")


def number(env: Mapping[str, str], name: str, default: float) -> float:
    """A setting that is a number of at least 0; InvalidParameter names the variable."""
    text = setting(env, name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InvalidParameter(f"{_spelled(env, name)}={text!r} is not a number of at least 0.")
    return value


def sqlite_synchronous(env: Mapping[str, str]) -> str:
    """What KIROK_SQLITE_SYNCHRONOUS says, of SQLite files and of folders of runs: FULL (the default) keeps acknowledged
    writes through a power loss, NORMAL through the death of the process alone and is faster on slow disks.
    """
    text = (env.get("KIROK_SQLITE_SYNCHRONOUS") or "FULL").upper()
    if text not in ("FULL", "NORMAL"):
        raise InvalidParameter(f"KIROK_SQLITE_SYNCHRONOUS={text!r} is unknown: use FULL or NORMAL.")
    return text


class DatabaseSettings(Struct, frozen=True):
    """How a database server is used. Times in seconds."""

    pool_size: int = 5
    """Connections that are kept open for reading."""
    max_overflow: int = 10
    """Connections beyond them, for as long as they are busy."""
    pool_recycle_s: float = 0
    """The age at which a connection is replaced; 0 for never."""
    pool_timeout_s: float = 30
    """How long a read waits for a connection."""
    connect_timeout_s: float = 10
    """How long a new connection may take."""
    statement_timeout_s: float = 0
    """The longest that one statement may take; 0 for no limit."""
    writers: int = 2
    """Threads that write, each with a connection; a run's writes go through one of them, in order."""

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "DatabaseSettings":
        """From the environment; InvalidParameter for a number that cannot be used."""
        recycle = setting(env, "SQLALCHEMYSTORE_POOL_RECYCLE")
        settings = cls(
            pool_size=int(number(env, "SQLALCHEMYSTORE_POOL_SIZE", 5)),
            max_overflow=int(number(env, "SQLALCHEMYSTORE_MAX_OVERFLOW", 10)),
            # SQLAlchemy's, and so MLflow's, word for "never" is -1.
            pool_recycle_s=0 if recycle == "-1" else number(env, "SQLALCHEMYSTORE_POOL_RECYCLE", 0),
            pool_timeout_s=number(env, "DATABASE_POOL_TIMEOUT", 30),
            connect_timeout_s=number(env, "DATABASE_CONNECT_TIMEOUT", 10),
            statement_timeout_s=number(env, "DATABASE_STATEMENT_TIMEOUT", 0),
            writers=int(number(env, "DATABASE_WRITERS", 2)),
        )
        if settings.pool_size < 1 or settings.writers < 1:
            raise InvalidParameter(
                "A database needs at least one connection: KIROK_SQLALCHEMYSTORE_POOL_SIZE and KIROK_DATABASE_WRITERS "
                "are whole numbers of at least 1."
            )
        return settings


def _listed(text: str | None) -> tuple[str, ...]:
    """The items of a list whose items are separated by commas."""
    return tuple(item.strip() for item in (text or "").split(",") if item.strip())


def address(env: Mapping[str, str], name: str) -> str | None:
    """A setting that is an http(s) URL, without a slash at its end; InvalidParameter names the variable."""
    text = setting(env, name)
    if text is not None and not text.startswith(("http://", "https://")):
        raise InvalidParameter(
            f"{_spelled(env, name)}={text!r} is no address: write http:// or https://, and the host."
        )
    return text.rstrip("/") if text else None


def _cache_folder(env: Mapping[str, str], name: str) -> str | None:
    """A folder of kirok's among the user's caches, as their system has it; None where there is no such user."""
    home = env.get("HOME") or env.get("USERPROFILE")
    caches = env.get("XDG_CACHE_HOME") or env.get("LOCALAPPDATA") or (home and str(Path(home) / ".cache"))
    return str(Path(caches) / "kirok" / name) if caches else None


def _spelled(env: Mapping[str, str], name: str) -> str:
    return f"KIROK_{name}" if env.get(f"KIROK_{name}") else f"MLFLOW_{name}"


class TransportSettings(Struct, frozen=True):
    """How the client talks HTTP. Times in seconds."""

    username: str | None = None
    password: str | None = None
    token: str | None = None
    insecure_tls: bool = False
    """Accept any server certificate."""
    server_cert_path: str | None = None
    """A PEM bundle to trust instead of the system's."""
    client_cert_path: str | None = None
    """A PEM file with the client's own certificate and key."""
    timeout_s: float = 120.0
    max_retries: int = 7
    backoff_factor_s: float = 2.0
    backoff_jitter_s: float = 1.0

    @classmethod
    def read(cls, env: Mapping[str, str], home: Path | None = None) -> "TransportSettings":
        """From the environment, with credentials from `~/.mlflow/credentials` where it names none."""
        username, password = setting(env, "TRACKING_USERNAME"), setting(env, "TRACKING_PASSWORD")
        if username is None and password is None:
            username, password = _stored_credentials(home or Path.home())
        return cls(
            username=username,
            password=password,
            token=setting(env, "TRACKING_TOKEN"),
            insecure_tls=switch(env, "TRACKING_INSECURE_TLS", False),
            server_cert_path=setting(env, "TRACKING_SERVER_CERT_PATH"),
            client_cert_path=setting(env, "TRACKING_CLIENT_CERT_PATH"),
            timeout_s=number(env, "HTTP_REQUEST_TIMEOUT", 120),
            max_retries=int(number(env, "HTTP_REQUEST_MAX_RETRIES", 7)),
            backoff_factor_s=number(env, "HTTP_REQUEST_BACKOFF_FACTOR", 2),
            backoff_jitter_s=number(env, "HTTP_REQUEST_BACKOFF_JITTER", 1.0),
        )


def _stored_credentials(home: Path) -> tuple[str | None, str | None]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(home / ".mlflow" / "credentials", encoding="utf-8")
    except (OSError, configparser.Error):
        return None, None
    section = parser["mlflow"] if parser.has_section("mlflow") else {}
    return section.get("mlflow_tracking_username"), section.get("mlflow_tracking_password")


class ArtifactSettings(Struct, frozen=True):
    """How files are moved, by client and server alike. Sizes in bytes, times in seconds."""

    fsync: bool = True
    """Whether a file in a folder is on the disk, not only in the system's memory, before it counts as stored."""
    presigned: bool = True
    """Whether large files go straight to the object store, by requests that the server signs (server: hands them
    out; client: asks for them)."""
    presigned_expires_s: int = 900
    parted_from_bytes: int = 64 << 20
    """The size from which a file is sent in parts."""
    part_bytes: int = 16 << 20
    """The least size of such a part; it grows where a file would have too many."""
    at_once: int = 8
    """Files, or parts of one, that are moved at the same time."""
    timeout_s: float = 0
    """The longest that one request to an object store may take, its body included; 0 for no limit."""
    s3_public_endpoint: str | None = None
    """Where clients reach the S3 store, if that is not where the server does; signed requests name it."""
    progress_bar: bool = True
    unfinished_uploads: str | None = None
    """The folder where a client notes uploads in parts, so that a later process can go on with them; None for not."""
    root_aliases: tuple[str, ...] = ()
    """Roots that moved, each written OLD=NEW: what rows have below OLD is looked for below NEW."""

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "ArtifactSettings":
        """From the environment; InvalidParameter for a value that cannot be used."""
        timeout = setting(env, "ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT")
        settings = cls(
            fsync=switch(env, "ARTIFACT_FSYNC", True),
            presigned=switch(env, "PRESIGNED_URLS", True),
            presigned_expires_s=int(number(env, "PRESIGNED_DOWNLOAD_URL_TTL_SECONDS", 900)),
            parted_from_bytes=int(number(env, "MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", 64 << 20)),
            part_bytes=int(number(env, "MULTIPART_UPLOAD_CHUNK_SIZE", 16 << 20)),
            at_once=int(number(env, "ARTIFACT_TRANSFERS_AT_ONCE", 8)),
            # MLflow's word for no limit is -1.
            timeout_s=0 if timeout == "-1" else number(env, "ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT", 0),
            s3_public_endpoint=address(env, "S3_PUBLIC_ENDPOINT_URL"),
            progress_bar=switch(env, "ENABLE_ARTIFACTS_PROGRESS_BAR", True),
            unfinished_uploads=_cache_folder(env, "uploads"),
            root_aliases=_listed(setting(env, "ARTIFACT_ROOT_ALIASES")),
        )
        if settings.at_once < 1 or settings.presigned_expires_s < 1 or settings.part_bytes < 1:
            raise InvalidParameter(
                "KIROK_ARTIFACT_TRANSFERS_AT_ONCE, KIROK_PRESIGNED_DOWNLOAD_URL_TTL_SECONDS and "
                "KIROK_MULTIPART_UPLOAD_CHUNK_SIZE are at least 1."
            )
        return settings


class ClientSettings(Struct, frozen=True):
    """What the environment tells the client."""

    tracking_uri: str | None = None
    registry_uri: str | None = None
    experiment_name: str | None = None
    experiment_id: str | None = None
    run_id: str | None = None
    run_context: str | None = None
    """A JSON object of tags for every run."""
    truncate_long_values: bool = True
    print_links: bool = True
    """Whether the end of a run prints where to look at it."""
    transport: TransportSettings = TransportSettings()
    artifacts: ArtifactSettings = ArtifactSettings()

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "ClientSettings":
        """From the environment."""
        return cls(
            tracking_uri=setting(env, "TRACKING_URI"),
            registry_uri=setting(env, "REGISTRY_URI"),
            experiment_name=setting(env, "EXPERIMENT_NAME"),
            experiment_id=setting(env, "EXPERIMENT_ID"),
            run_id=setting(env, "RUN_ID"),
            run_context=setting(env, "RUN_CONTEXT"),
            truncate_long_values=switch(env, "TRUNCATE_LONG_VALUES", True),
            print_links=not switch(env, "SUPPRESS_PRINTING_URL_TO_STDOUT", False),
            transport=TransportSettings.read(env),
            artifacts=ArtifactSettings.read(env),
        )


class ServerSettings(Struct, frozen=True):
    """What `kirok server` runs with, after options, environment and defaults."""

    backend_store_uri: str = "sqlite:///mlflow.db"
    default_artifact_root: str = "mlflow-artifacts:/"
    serve_artifacts: bool = True
    artifacts_only: bool = False
    artifacts_destination: str = "./mlartifacts"
    artifact_roots: tuple[str, ...] = ()
    """Further folders and URIs below which artifacts of runs are listed and served. A row may name any place, so
    only what lies below the destination, the default root, or one of these is opened.
    """
    check_artifacts: str = "warn"
    """Whether what this server writes to is tried out once it answers: `warn` says what does not work and tries again,
    `strict` ends the server, `off` does not look.
    """
    create_bucket: bool = False
    """Whether a missing bucket is made."""
    artifacts: ArtifactSettings = ArtifactSettings()
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    """Processes that serve; more than one only on a database that takes several writers."""
    static_prefix: str = ""
    """Put before every path; begins with a slash and does not end with one."""
    allowed_hosts: tuple[str, ...] = ()
    """Host headers answered, `*` for any; empty means this machine's names and private addresses."""
    cors_allowed_origins: tuple[str, ...] = ()
    """Origins whose pages may change things, `*` for any, besides pages of this machine."""
    x_frame_options: str = "SAMEORIGIN"
    check_requests: bool = True
    """Whether Host and Origin are checked."""
    truncate_long_values: bool = True
