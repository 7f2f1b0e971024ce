"""How locations and the environment say where Azure is, and where Google is."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from kirok.artifact_stores.objects.azure import AzureBucket
from kirok.artifact_stores.objects.azure_settings import AzureSettings
from kirok.artifact_stores.objects.gcs import GcsBucket
from kirok.artifact_stores.objects.places import Place
from kirok.base.errors import InvalidParameter, NotSupported
from kirok.base.settings import ArtifactSettings

KEY = "c2VjcmV0IGtleQ=="
WASBS = "wasbs://cont@acc.blob.core.windows.net/some/path"


def read(uri: str, **env: str) -> AzureSettings:
    return AzureSettings.read(Place.parse(uri), ArtifactSettings(), env)


@pytest.mark.parametrize(
    ("uri", "env", "endpoint", "account"),
    [
        (WASBS, {}, "https://acc.blob.core.windows.net", "acc"),
        ("wasbs://c@acc.blob.core.chinacloudapi.cn/x", {}, "https://acc.blob.core.chinacloudapi.cn", "acc"),
        ("abfss://fs@acc.dfs.core.windows.net/x", {}, "https://acc.blob.core.windows.net", "acc"),
        ("az://cont/x", {"AZURE_STORAGE_ACCOUNT_NAME": "acc"}, "https://acc.blob.core.windows.net", "acc"),
        (WASBS, {"AZURE_STORAGE_ENDPOINT": "http://here:10000/acc/"}, "http://here:10000/acc", "acc"),
        (
            WASBS,
            {"AZURE_STORAGE_CONNECTION_STRING": "AccountName=other;AccountKey=a==;EndpointSuffix=core.gov"},
            "https://other.blob.core.gov",
            "other",
        ),
        (
            "az://cont/x",
            {"AZURE_STORAGE_CONNECTION_STRING": "BlobEndpoint=https://acc.blob.core.windows.net/;SharedAccessSignature=sv=1"},
            "https://acc.blob.core.windows.net",
            "acc",
        ),
        (
            "az://cont/x",
            {"AZURE_STORAGE_CONNECTION_STRING": "UseDevelopmentStorage=true"},
            "http://127.0.0.1:10000/devstoreaccount1",
            "devstoreaccount1",
        ),
    ],
)  # fmt: skip
def test_an_account_is_found(uri: str, env: dict[str, str], endpoint: str, account: str) -> None:
    settings = read(uri, **env)
    assert (settings.link.endpoint, settings.account) == (endpoint, account)


def test_a_location_without_an_account_needs_one_from_the_environment() -> None:
    with pytest.raises(InvalidParameter, match="AZURE_STORAGE_ACCOUNT_NAME"):
        read("az://cont/x")


def test_a_connection_string_that_is_none_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidParameter, match="AZURE_STORAGE_CONNECTION_STRING") as raised:
        read(WASBS, AZURE_STORAGE_CONNECTION_STRING="TOPSECRET")
    assert "TOPSECRET" not in str(raised.value)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"AZURE_STORAGE_CONNECTION_STRING": f"AccountName=a;AccountKey={KEY}"}, "AZURE_STORAGE_CONNECTION_STRING"),
        ({"AZURE_STORAGE_ACCESS_KEY": KEY, "AZURE_STORAGE_SAS_TOKEN": "sv=1"}, "AZURE_STORAGE_ACCESS_KEY"),
        ({"AZURE_STORAGE_SAS_TOKEN": "?sv=1"}, "AZURE_STORAGE_SAS_TOKEN"),
        ({"AZURE_CLIENT_SECRET": "x"}, "AZURE_CLIENT_SECRET"),
        ({}, "the managed identity of this machine"),
    ],
)
def test_credentials_are_called_by_where_they_came_from(env: dict[str, str], named: str) -> None:
    assert read(WASBS, **env).credentials_from == named


def test_a_signature_for_one_blob_says_so() -> None:
    bucket = AzureBucket(Place.parse(WASBS), ArtifactSettings(), {"AZURE_STORAGE_ACCESS_KEY": KEY})
    url = bucket.requests.signed("GET", "some/path/a b", timedelta(minutes=1))
    fields = parse_qs(urlsplit(url).query)
    assert urlsplit(url).path == "/cont/some/path/a%20b"
    assert (fields["sp"], fields["sr"], fields["spr"]) == (["r"], ["b"], ["https"])
    assert KEY not in url


def test_a_shared_access_signature_is_not_handed_on() -> None:
    bucket = AzureBucket(Place.parse(WASBS), ArtifactSettings(), {"AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=x"})
    assert bucket.direct is None
    assert bucket.parted is not None
    with pytest.raises(NotSupported, match="Azure portal"):
        bucket.create()


@pytest.mark.parametrize(
    ("env", "endpoint", "named"),
    [
        ({}, "https://storage.googleapis.com", "Google's own"),
        ({"STORAGE_EMULATOR_HOST": "http://here:4443"}, "http://here:4443", "STORAGE_EMULATOR_HOST"),
        ({"STORAGE_EMULATOR_HOST": "here:4443"}, "http://here:4443", "STORAGE_EMULATOR_HOST"),
    ],
)
def test_a_stand_in_for_google_is_found(env: dict[str, str], endpoint: str, named: str) -> None:
    facts = GcsBucket(Place.parse("gs://b/x"), ArtifactSettings(), env).facts
    assert (facts.endpoint, facts.endpoint_from) == (endpoint, named)


def test_a_key_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"GOOGLE_APPLICATION_CREDENTIALS": "/no/such/key.json"}
    monkeypatch.setenv(*next(iter(env.items())))
    with pytest.raises(InvalidParameter, match=r"GOOGLE_APPLICATION_CREDENTIALS: .*/no/such/key.json"):
        _ = GcsBucket(Place.parse("gs://b/x"), ArtifactSettings(), env).store


def test_other_credentials_neither_sign_for_others_nor_take_parts_from_them() -> None:
    bucket = AzureBucket(Place.parse(WASBS), ArtifactSettings(), {"AZURE_CLIENT_SECRET": "x"})
    assert (bucket.direct, bucket.parted) == (None, None)


@pytest.mark.parametrize(
    "host", ["evil.example.org", "acc.blob.core.windows.net.evil.org", "127.0.0.1", "localhost:80"]
)
def test_credentials_go_to_no_host_that_a_row_makes_up(host: str) -> None:
    with pytest.raises(InvalidParameter, match="AZURE_STORAGE_ENDPOINT"):
        read(f"wasbs://c@{host}/x", AZURE_STORAGE_SAS_TOKEN="sv=1")
