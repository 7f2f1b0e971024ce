"""The object stores that the other tests rest on: fresh buckets, a kill that loses nothing, and no trace afterwards."""

import base64
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from object_servers import Bucket, GcsServer, MotoServer, ObjectServer, RgwServer, S3Server, running
from object_servers.azurite import ACCOUNT, KEY
from object_servers.process import answers

TESTS = Path(__file__).parents[1]
NewBucket = Callable[[ObjectServer], Bucket]


@pytest.fixture(params=["rgw_server", "moto_server"])
def s3_server(request: pytest.FixtureRequest) -> S3Server:
    """Each server that speaks S3."""
    server: S3Server = request.getfixturevalue(request.param)
    return server


def test_each_bucket_is_new(s3_server: S3Server, new_bucket: NewBucket) -> None:
    full, empty = new_bucket(s3_server), new_bucket(s3_server)
    s3_server.client().put_object(Bucket=full.name, Key="a", Body=b"1")
    assert s3_server.objects(full.name) == {"a": b"1"}
    assert s3_server.objects(empty.name) == {}


def test_a_bucket_comes_with_what_a_user_sets(moto_s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    assert moto_s3.uri == f"s3://{moto_s3.name}/artifacts"
    env = moto_s3.environment(MORE="1")
    assert env["MLFLOW_S3_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert env["MORE"] == "1"
    assert "AWS_PROFILE" not in env


def test_a_killed_gateway_comes_back_at_its_address_with_what_it_had(rgw_server: RgwServer, s3: Bucket) -> None:
    rgw_server.client().put_object(Bucket=s3.name, Key="a", Body=b"1")
    port = rgw_server.port
    rgw_server.kill()
    assert not answers(port)
    rgw_server.start()
    assert rgw_server.port == port
    assert rgw_server.objects(s3.name) == {"a": b"1"}


def test_ceph_refuses_a_wrong_secret_and_a_bad_signature(rgw_server: RgwServer, s3: Bucket) -> None:
    import boto3
    from botocore.exceptions import ClientError
    from urllib3 import request

    stranger: Any = boto3.Session("KIROKACCESSKEY", "guessed", region_name="us-east-1").client(
        "s3", endpoint_url=rgw_server.endpoint
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.put_object(Bucket=s3.name, Key="a", Body=b"1")
    rgw_server.client().put_object(Bucket=s3.name, Key="a", Body=b"1")
    signed: str = rgw_server.client().generate_presigned_url("get_object", {"Bucket": s3.name, "Key": "a"})
    assert request("GET", signed).data == b"1"
    assert request("GET", signed.replace("/a?", "/b?")).status == 403


@pytest.mark.parametrize("name", ["rgw_server", "moto_server", "azurite_server", "gcs_server"])
def test_a_server_goes_with_the_process_that_started_it(name: str, request: pytest.FixtureRequest) -> None:
    kind = type(request.getfixturevalue(name))
    program = (
        f"import object_servers, time; s = object_servers.{kind.__name__}.launch(); "
        "print(s.port, s.folder, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=TESTS)
    assert starter.stdout is not None
    port, _, folder_name = starter.stdout.readline().strip().partition(" ")
    folder = Path(folder_name)
    assert answers(int(port))
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not answers(int(port))


def test_a_server_leaves_no_folder_behind() -> None:
    with running(MotoServer) as server:
        assert server.folder.is_dir()
    assert not server.folder.exists()
    assert not answers(server.port)


def test_azurite_refuses_a_wrong_key(azurite: Bucket) -> None:
    import obstore
    from obstore.exceptions import PermissionDeniedError
    from obstore.store import AzureStore

    def store(key: str) -> AzureStore:
        return AzureStore(
            azurite.name,
            account_name=ACCOUNT,
            account_key=key,
            endpoint=azurite.env["AZURE_STORAGE_CONNECTION_STRING"].partition("BlobEndpoint=")[2],
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )

    obstore.put(store(KEY), "a", b"1")
    assert bytes(obstore.get(store(KEY), "a").bytes()) == b"1"
    with pytest.raises(PermissionDeniedError):
        obstore.put(store(base64.b64encode(b"guessed" * 8).decode()), "a", b"2")


def test_the_stand_in_for_google_wants_the_account_s_signature(gcs: Bucket, tmp_path: Path) -> None:
    import obstore
    from obstore.exceptions import PermissionDeniedError
    from obstore.store import GCSStore
    from urllib3 import request

    account = Path(gcs.env["GOOGLE_APPLICATION_CREDENTIALS"])

    def store(account: Path) -> GCSStore:
        key = json.loads(account.read_text()) | {"gcs_base_url": gcs.env["STORAGE_EMULATOR_HOST"]}
        (tmp_path / "key.json").write_text(json.dumps(key))
        options: Any = {"client_options": {"allow_http": True}, "retry_config": {"max_retries": 0}}
        return GCSStore(gcs.name, service_account_path=str(tmp_path / "key.json"), **options)

    obstore.put(store(account), "dir/ü a", b"1")
    assert [meta["path"] for batch in obstore.list(store(account)) for meta in batch] == ["dir/ü a"]
    signed = obstore.sign(store(account), "GET", "dir/ü a", timedelta(minutes=1))
    assert request("GET", signed).data == b"1"
    assert request("GET", signed.replace("dir", "did")).status == 403
    assert request("GET", signed.partition("?")[0]).status == 403
    with running(GcsServer) as other, pytest.raises(PermissionDeniedError):
        obstore.put(store(other.folder / "account.json"), "a", b"2")
