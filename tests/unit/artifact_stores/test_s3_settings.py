"""How the environment says where S3 is."""

from pathlib import Path

import pytest

from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.s3 import S3Bucket
from kirok.artifact_stores.objects.s3_settings import S3Settings
from kirok.artifact_stores.objects.s3_upload_args import upload_headers
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings

KEYS = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"}


def read(tmp_path: Path, uri: str = "s3://my-bucket/x", **env: str) -> S3Settings:
    return S3Settings.read(Place.parse(uri), ArtifactSettings(), {**KEYS, **env}, tmp_path)


def address(tmp_path: Path, uri: str = "s3://my-bucket/x", **env: str) -> str:
    """Where requests about the bucket go."""
    requests = S3Bucket(Place.parse(uri), ArtifactSettings(), {**KEYS, **env}, tmp_path).requests
    return requests.address(requests.endpoint)


@pytest.mark.parametrize(
    ("env", "endpoint", "named"),
    [
        ({"AWS_ENDPOINT_URL": "http://d"}, "http://d", "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "http://d", "AWS_ENDPOINT_URL_S3": "http://c/"}, "http://c", "AWS_ENDPOINT_URL_S3"),
        (
            {"AWS_ENDPOINT_URL_S3": "http://c", "MLFLOW_S3_ENDPOINT_URL": "http://b"},
            "http://b",
            "MLFLOW_S3_ENDPOINT_URL",
        ),
        (
            {"MLFLOW_S3_ENDPOINT_URL": "http://b", "KIROK_S3_ENDPOINT_URL": "http://a"},
            "http://a",
            "KIROK_S3_ENDPOINT_URL",
        ),
    ],
)
def test_the_nearest_setting_names_the_endpoint(tmp_path: Path, env: dict[str, str], endpoint: str, named: str) -> None:
    settings = read(tmp_path, **env)
    assert (settings.link.endpoint, settings.endpoint_from) == (endpoint, named)
    assert not settings.is_aws


def test_endpoints_of_the_aws_tools_can_be_ignored(tmp_path: Path) -> None:
    env = {"AWS_ENDPOINT_URL": "http://d", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert read(tmp_path, **env).is_aws
    assert read(tmp_path, MLFLOW_S3_ENDPOINT_URL="http://b", **env).link.endpoint == "http://b"


@pytest.mark.parametrize("url", ["minio:9000", "s3.example.org", "ftp://x", "http://"])
def test_an_endpoint_that_is_no_address_is_refused_by_its_name(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidParameter, match=f"MLFLOW_S3_ENDPOINT_URL='{url}'"):
        read(tmp_path, MLFLOW_S3_ENDPOINT_URL=url)


def test_keys_in_an_endpoint_are_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="settings for them") as raised:
        read(tmp_path, MLFLOW_S3_ENDPOINT_URL="http://me:TOPSECRET@minio:9000")
    assert "TOPSECRET" not in str(raised.value)


@pytest.mark.parametrize(
    ("uri", "env", "where"),
    [
        ("s3://my-bucket/x", {"AWS_REGION": "eu-west-1"}, "https://my-bucket.s3.eu-west-1.amazonaws.com"),
        ("s3://my-bucket/x", {"AWS_DEFAULT_REGION": "cn-north-1"}, "https://my-bucket.s3.cn-north-1.amazonaws.com.cn"),
        ("s3://with.dots/x", {"AWS_REGION": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com/with.dots"),
        ("s3://my-bucket/x", {"MLFLOW_S3_ENDPOINT_URL": "http://minio:9000"}, "http://minio:9000/my-bucket"),
        (
            "s3://my-bucket/x",
            {"MLFLOW_S3_ENDPOINT_URL": "https://s3.example.org", "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "virtual"},
            "https://my-bucket.s3.example.org",
        ),
        (
            "s3://my-bucket/x",
            {"AWS_REGION": "eu-west-1", "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path"},
            "https://s3.eu-west-1.amazonaws.com/my-bucket",
        ),
    ],
)
def test_a_bucket_stands_before_the_host_at_amazon_and_in_the_path_elsewhere(
    tmp_path: Path, uri: str, env: dict[str, str], where: str
) -> None:
    assert address(tmp_path, uri, **env) == where


def test_an_access_points_arn_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="s3alias"):
        read(tmp_path, "s3://arn:aws:s3:eu-west-1:1:accesspoint/mine/path")


def test_a_query_is_no_part_of_a_key() -> None:
    place = Place.parse("s3://bucket/some/folder?endpoint=other")
    assert (place.bucket, place.prefix) == ("bucket", "some/folder")


@pytest.mark.parametrize(
    "env", [{"MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION": "unsigned"}, {"AWS_SKIP_SIGNATURE": "true"}]
)
def test_public_buckets_are_read_without_keys(tmp_path: Path, env: dict[str, str]) -> None:
    bucket = S3Bucket(Place.parse("s3://public"), ArtifactSettings(), {"AWS_REGION": "eu-west-1", **env}, tmp_path)
    assert bucket.settings.source is None
    assert bucket.direct is None


def test_links_for_others_name_the_public_endpoint(tmp_path: Path) -> None:
    settings = ArtifactSettings.read({"KIROK_S3_PUBLIC_ENDPOINT_URL": "https://s3.example.org/"})
    env = {**KEYS, "MLFLOW_S3_ENDPOINT_URL": "http://minio:9000"}
    bucket = S3Bucket(Place.parse("s3://my-bucket/x"), settings, env, tmp_path)
    url = bucket.requests.presign("GET", "x/a b", {}, {}, 60).url
    assert url.startswith("https://s3.example.org/my-bucket/x/a%20b?")
    assert bucket.requests.address(bucket.requests.endpoint) == "http://minio:9000/my-bucket"


def test_the_owner_of_a_bucket_is_part_of_a_link(tmp_path: Path) -> None:
    env = {**KEYS, "AWS_REGION": "eu-west-1", "MLFLOW_S3_EXPECTED_BUCKET_OWNER": "123456789012"}
    bucket = S3Bucket(Place.parse("s3://my-bucket/x"), ArtifactSettings(), env, tmp_path)
    request = bucket.requests.presign("GET", "x/a", {}, {}, 60)
    assert "&x-amz-expected-bucket-owner=123456789012" in request.url
    assert request.headers == {}


def test_extra_arguments_become_headers() -> None:
    text = (
        '{"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k", "ACL": "private", "BucketKeyEnabled": true,'
        ' "Metadata": {"team": "lab ü"}}'
    )
    assert upload_headers({"MLFLOW_S3_UPLOAD_EXTRA_ARGS": text}) == {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "k",
        "x-amz-acl": "private",
        "x-amz-server-side-encryption-bucket-key-enabled": "true",
        "x-amz-meta-team": "lab %C3%BC",
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("no json", "JSON"),
        ("[1]", "JSON"),
        ('{"SSECustomerKey": "x"}', "SSECustomerKey"),
        ('{"Nonsense": 1}', "Nonsense"),
        ('{"ACL": {"a": 1}}', "ACL"),
    ],
)
def test_an_extra_argument_that_cannot_be_is_named(text: str, named: str) -> None:
    with pytest.raises(InvalidParameter, match=named):
        upload_headers({"KIROK_S3_UPLOAD_EXTRA_ARGS": text})


@pytest.mark.parametrize(
    ("uri", "where", "region"),
    [
        ("r2://mine@abc123.r2.cloudflarestorage.com/x", "https://abc123.r2.cloudflarestorage.com/mine", "auto"),
        ("b2://mine@s3.us-west-004.backblazeb2.com/x", "https://s3.us-west-004.backblazeb2.com/mine", "us-west-004"),
    ],
)
def test_r2_and_b2_name_their_endpoints(tmp_path: Path, uri: str, where: str, region: str) -> None:
    assert address(tmp_path, uri, MLFLOW_S3_ENDPOINT_URL="http://other") == where
    assert read(tmp_path, uri).region == region


@pytest.mark.parametrize(
    "uri", ["r2://mine@evil.example.org/x", "b2://mine/x", "b2://mine@s3.x.backblazeb2.com.evil.org/x"]
)
def test_keys_are_used_at_no_host_that_a_row_makes_up(tmp_path: Path, uri: str) -> None:
    with pytest.raises(InvalidParameter, match="is not of the form"):
        read(tmp_path, uri)
