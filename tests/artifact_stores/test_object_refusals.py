"""Object stores that refuse, on real ones: the message names the setting that mends it, and no secret."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from artifact_stores.authorities import authority
from client.doctor.certificates import make_certificate
from kirok.artifact_stores.objects.buckets import create_bucket
from kirok.artifact_stores.objects.open import open_objects
from kirok.artifact_stores.objects.refusals import NoSuchBucket
from kirok.artifact_stores.objects.store import ObjectArtifacts
from kirok.base.errors import InvalidParameter, KirokError, NotSupported, PermissionDenied, Unavailable
from kirok.entities.artifacts import ArtifactPath
from object_servers import Bucket
from object_servers.azurite import AzuriteServer
from object_servers.process import free_port
from object_servers.rgw import RgwServer


def put(store: ObjectArtifacts, size: int = 1) -> None:
    with store.writer(ArtifactPath.parse("a")) as upload:
        upload.write([b"1" * size])


ACTS: dict[str, Callable[[ObjectArtifacts], object]] = {
    "list": lambda store: store.list(ArtifactPath.parse("")),
    "open": lambda store: store.open(ArtifactPath.parse("a")),
    "put": put,
    "put large": lambda store: put(store, 9 << 20),
    "delete": lambda store: store.delete(ArtifactPath.parse("a")),
}


@pytest.fixture(params=ACTS)
def act(request: pytest.FixtureRequest) -> Callable[[ObjectArtifacts], object]:
    """Each way to use a store."""
    return ACTS[request.param]


def refused(location: str, act: Callable[[ObjectArtifacts], object]) -> KirokError:
    """What is raised, for people who hold no secret yet."""
    with pytest.raises(KirokError) as raised:
        act(open_objects(location))
    assert "secret" not in raised.value.message.replace("the secret does not belong", "")
    return raised.value


@pytest.fixture
def here(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Ceph's bucket, in this process's settings."""
    s3.use(monkeypatch)
    return s3


def test_a_missing_bucket_is_named(here: Bucket, act: Callable[[ObjectArtifacts], object]) -> None:
    error = refused("s3://nobodys-bucket/x", act)
    assert isinstance(error, NoSuchBucket)
    assert "'nobodys-bucket'" in error.message
    assert "--create-bucket" in error.message
    assert "MLFLOW_S3_ENDPOINT_URL" in error.message


def test_a_wrong_secret_is_told_by_where_it_came_from(
    here: Bucket, act: Callable[[ObjectArtifacts], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a wrong secret")
    error = refused(here.uri, act)
    assert isinstance(error, PermissionDenied)
    assert "refused the signature made with the key of AWS_ACCESS_KEY_ID" in error.message


def test_an_unknown_key_is_told_by_its_profile(
    here: Bucket, act: Callable[[ObjectArtifacts], object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("[lab]\naws_access_key_id = NOBODY\naws_secret_access_key = secret\n")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("AWS_PROFILE", "lab")
    error = refused(here.uri, act)
    assert isinstance(error, PermissionDenied)
    assert "does not know the key of profile 'lab'" in error.message


def test_what_is_not_allowed_is_told_by_the_permission(
    here: Bucket, act: Callable[[ObjectArtifacts], object], rgw_server: RgwServer
) -> None:
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",'
    resources = f' "Resource": ["arn:aws:s3:::{here.name}", "arn:aws:s3:::{here.name}/*"]}}]}}'
    rgw_server.client().put_bucket_policy(Bucket=here.name, Policy=policy + resources)
    error = refused(here.uri, act)
    assert isinstance(error, PermissionDenied)
    assert "Grant s3:" in error.message


def test_nobody_at_the_endpoint_is_told_by_the_setting(
    here: Bucket, act: Callable[[ObjectArtifacts], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kirok.artifact_stores.objects.connections._RETRIES", 0)
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    error = refused(here.uri, act)
    assert isinstance(error, Unavailable)
    assert "(MLFLOW_S3_ENDPOINT_URL) cannot be reached" in error.message


def test_a_host_without_an_address_is_told(
    here: Bucket, act: Callable[[ObjectArtifacts], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kirok.artifact_stores.objects.connections._RETRIES", 0)
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", "http://nowhere.invalid")
    assert "its host has no address" in refused(here.uri, act).message


class KnowsNoBucket(BaseHTTPRequestHandler):
    """A store without buckets."""

    def do_GET(self) -> None:
        body = b"<Error><Code>NoSuchBucket</Code></Error>"
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""


@contextmanager
def secure_server(context: ssl.SSLContext) -> Iterator[str]:
    """An address that speaks TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), KnowsNoBucket)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("act", [ACTS["list"], ACTS["put large"]], ids=["obstore", "requests of our own"])
def test_an_unknown_authority_is_refused_until_it_is_named(
    here: Bucket, act: Callable[[ObjectArtifacts], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kirok.artifact_stores.objects.connections._RETRIES", 0)
    file, context = authority(tmp_path)
    with secure_server(context) as address:
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", address)
        assert "AWS_CA_BUNDLE" in refused(here.uri, act).message
        with monkeypatch.context() as patched:
            patched.setenv("AWS_CA_BUNDLE", str(file))
            assert isinstance(refused(here.uri, act), NoSuchBucket)
        monkeypatch.setenv("MLFLOW_S3_IGNORE_TLS", "true")
        assert isinstance(refused(here.uri, act), NoSuchBucket)


def test_a_certificate_that_is_its_own_authority_is_told(
    here: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kirok.artifact_stores.objects.connections._RETRIES", 0)
    own = make_certificate(tmp_path)
    with secure_server(own.context()) as address:
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", address)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(own.file))
        assert "CA:FALSE" in refused(here.uri, ACTS["list"]).message


@pytest.mark.parametrize("kind", ["s3", "azurite"])
def test_a_bucket_is_made_once(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, new_name: str
) -> None:
    bucket: Bucket = request.getfixturevalue(kind)
    bucket.use(monkeypatch)
    location = bucket.uri.replace(bucket.name, new_name, 1)
    create_bucket(location)
    create_bucket(location)
    put(open_objects(location))
    assert [info.path for info in open_objects(location).list(ArtifactPath.parse(""))] == ["a"]


@pytest.fixture
def new_name(tmp_path: Path) -> str:
    """A name that no bucket has."""
    return f"made-{abs(hash(tmp_path)):x}"


def test_a_name_that_no_bucket_may_have_is_refused(here: Bucket) -> None:
    with pytest.raises(InvalidParameter, match="no such name"):
        create_bucket("s3://x_/y")


def test_google_makes_buckets_for_projects_alone(gcs: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    gcs.use(monkeypatch)
    with pytest.raises(NotSupported, match="gcloud storage buckets create gs://another"):
        create_bucket("gs://another/x")


def test_a_missing_container_and_a_wrong_key_are_told_at_azure(
    azurite: Bucket, azurite_server: AzuriteServer, act: Callable[[ObjectArtifacts], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    azurite.use(monkeypatch)
    missing = refused(azurite.uri.replace(azurite.name, "missing"), act)
    assert isinstance(missing, NoSuchBucket)
    assert "container 'missing'" in missing.message
    connection = azurite.env["AZURE_STORAGE_CONNECTION_STRING"]
    key = connection.partition("AccountKey=")[2].partition(";")[0]
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection.replace(key, "c2VjcmV0" + key[8:]))
    error = refused(azurite.uri, act)
    assert isinstance(error, PermissionDenied)
    assert "AZURE_STORAGE_CONNECTION_STRING" in error.message
