"""URIs of everything but folders: what each names, and what is wrong with those that name nothing."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.databases import Database, sqlite_uri
from kirok.rules.uris.parse import Place, Unknown, parse
from kirok.rules.uris.paths import LocalPath, Machine
from kirok.rules.uris.proxied import HttpUrl, Proxied
from kirok.rules.uris.records import LoggedModelFiles, ModelFiles, RunFiles
from kirok.rules.uris.segments import split_name

ENDPOINT = "/api/2.0/mlflow-artifacts/artifacts"
MODEL_ID = "m-0123456789abcdef0123456789abcdef"
ACCOUNT = "acc.blob.core.windows.net"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("s3://b", ObjectLocation("s3", "b")),
        ("S3://b/", ObjectLocation("s3", "b")),
        ("s3://b/a/file.txt", ObjectLocation("s3", "b", "a/file.txt")),
        ("s3://b/a%20b c/ü#1/", ObjectLocation("s3", "b", "a%20b c/ü#1")),
        ("s3://b/a?endpoint=x/y", ObjectLocation("s3", "b", "a", query="endpoint=x/y")),
        ("gs://b/a", ObjectLocation("gs", "b", "a")),
        ("az://box/a", ObjectLocation("az", "box", "a")),
        (f"wasbs://box@{ACCOUNT}/a%20b", ObjectLocation("wasbs", "box", "a%20b", ACCOUNT)),
        ("abfss://fs@acc.dfs.core.windows.net/a%20b", ObjectLocation("abfss", "fs", "a b", "acc.dfs.core.windows.net")),
    ],
)
def test_a_place_in_an_object_store(text: str, place: Place) -> None:
    assert parse(text) == place


def test_an_object_store_belongs_to_somebody() -> None:
    place = parse(f"wasbs://box@{ACCOUNT}/a")
    assert isinstance(place, ObjectLocation)
    assert (place.provider, place.account, place.host) == ("azure", "acc", ACCOUNT)
    assert [parse(f"{scheme}://b").provider for scheme in ("s3", "gs", "adl")] == ["s3", "gcs", "azure"]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["s3:", "s3://", "s3:///key", "s3:/b/key", "gs:b", "wasbs://@host/x"])
def test_an_object_store_without_a_bucket_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"names no bucket: it is written \w+://"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("mlflow-artifacts:/1/run/artifacts", Proxied("1/run/artifacts")),
        ("mlflow-artifacts:///1/run/", Proxied("1/run")),
        ("mlflow-artifacts://host:5000/1/run", Proxied("1/run", "host:5000")),
        ("mlflow-artifacts://host/1", Proxied("1", "host")),
        ("mlflow-artifacts:/", Proxied()),
        ("mlflow-artifacts:", Proxied()),
        ("mlflow-artifacts:/a%20b?x#y", Proxied("a b")),
        (f"http://host:5000{ENDPOINT}/1/run", Proxied("1/run", "http://host:5000")),
        (f"https://host/team{ENDPOINT}?x", Proxied("", "https://host/team")),
        (f"http://host{ENDPOINT.replace('api', 'ajax-api')}/1", Proxied("1", "http://host")),
        (f"http://host{ENDPOINT}s/1", HttpUrl(f"http://host{ENDPOINT}s/1")),
        ("https://host/data.csv?x=1", HttpUrl("https://host/data.csv?x=1")),
    ],
)
def test_what_a_server_keeps_and_what_is_a_page(text: str, place: Place) -> None:
    assert parse(text) == place


def test_a_port_without_a_host_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="the port 5000 of no host"):
        parse("mlflow-artifacts://5000/1")


@pytest.mark.parametrize(
    ("location", "is_kept"),
    [
        ("mlflow-artifacts:/1", True),
        ("mlflow-artifacts://Tracker/1", True),
        ("mlflow-artifacts://tracker:80/1", True),
        ("mlflow-artifacts://tracker:5000/1", False),
        ("mlflow-artifacts://elsewhere/1", False),
        (f"http://TRACKER:80/team{ENDPOINT}/1", True),
        (f"http://tracker{ENDPOINT}/1", False),
        (f"https://tracker/team{ENDPOINT}/1", False),
        (f"http://tracker:99999999/team{ENDPOINT}/1", False),
    ],
)
def test_a_place_is_kept_by_the_server_it_names(location: str, is_kept: bool) -> None:
    place = parse(location)
    assert isinstance(place, Proxied)
    assert place.is_kept_by("http://tracker/team") == is_kept


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("runs:/abc", RunFiles("abc")),
        ("runs:/abc/model/MLmodel", RunFiles("abc", "model/MLmodel")),
        ("runs:/abc/plots/what? 100%25.png/", RunFiles("abc", "plots/what? 100%25.png")),
        ("runs://profile@databricks/abc/x", RunFiles("abc", "x", "profile@databricks")),
        ("models:/name/3", ModelFiles("name", version="3")),
        ("models:/my model/Production", ModelFiles("my model", stage="Production")),
        ("models:/name/LATEST", ModelFiles("name")),
        ("models:/name@champion", ModelFiles("name", alias="champion")),
        ("models:/name@champion/data/x", ModelFiles("name", alias="champion", path="data/x")),
        ("models:/name/3/data/x", ModelFiles("name", version="3", path="data/x")),
        (f"models:/{MODEL_ID}", LoggedModelFiles(MODEL_ID)),
        (f"models:/{MODEL_ID}/data/x", LoggedModelFiles(MODEL_ID, "data/x")),
        ("models://host/name/3", ModelFiles("name", version="3", profile="host")),
    ],
)
def test_runs_and_models_by_id_and_name(text: str, place: Place) -> None:
    assert parse(text) == place


@pytest.mark.parametrize("text", ["runs:", "runs:/", "runs:abc", "runs://host", "runs://abc"])
def test_a_run_without_an_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="runs:/<run id>/<path>"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["models:", "models:/", "models:name/3", "models:/@champion", "models:/name@", "models:/ /3"]
)
def test_a_model_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="models:/<name>@<alias>"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("sqlite:///mlflow.db", LocalPath("mlflow.db", Machine.ANY)),
        ("sqlite:////data/mlflow.db", LocalPath("/data/mlflow.db", Machine.POSIX)),
        ("sqlite+pysqlite:////data/mlflow.db?timeout=5", LocalPath("/data/mlflow.db", Machine.POSIX)),
        ("sqlite:///E:/x/mlflow.db", LocalPath("E:/x/mlflow.db", Machine.WINDOWS)),
        ("sqlite:///e:\\x\\mlflow.db", LocalPath("E:/x/mlflow.db", Machine.WINDOWS)),
        ("sqlite:////E:/x/mlflow.db", LocalPath("E:/x/mlflow.db", Machine.WINDOWS)),
        ("sqlite:///\\\\host\\share\\m.db", LocalPath("//host/share/m.db", Machine.WINDOWS)),
        ("sqlite:///my%20runs.db", LocalPath("my runs.db", Machine.ANY)),
        ("sqlite:///~/m.db", LocalPath("~/m.db", Machine.ANY)),
        ("sqlite://", None),
        ("sqlite:mlflow.db", None),
        ("sqlite:///:memory:", None),
    ],
)
def test_a_database_may_be_a_file(text: str, file: LocalPath | None) -> None:
    place = parse(text)
    assert isinstance(place, Database)
    assert place.is_sqlite
    assert place.file == file


def test_a_database_may_have_a_server() -> None:
    uri = "mysql+pymysql://me:secret@host/runs"
    assert parse(uri) == Database("mysql", uri, "pymysql")


@pytest.mark.parametrize("path", ["/data/mlflow.db", "/100%25 sure?/m.db", "E:/x/m.db"])
def test_the_uri_of_a_database_file_names_the_file(path: str) -> None:
    place = parse(sqlite_uri(path))
    assert isinstance(place, Database)
    assert place.file == parse(path)


@pytest.mark.parametrize("text", ["ftp://host/x", "hdfs://n/x", "dbfs:/x", "memory://", "arn:aws:sagemaker:x"])
def test_an_unknown_scheme_is_kept_for_the_message(text: str) -> None:
    assert parse(text) == Unknown(text.partition(":")[0], text)


@pytest.mark.parametrize(
    ("text", "above", "name"),
    [
        ("/data/runs/a b", "/data/runs", "a b"),
        ("/data", "/", "data"),
        ("/", "/", ""),
        ("file:///data/a%20b", "/data", "a b"),
        ("E:\\runs\\x", "E:/runs", "x"),
        ("E:/runs", "E:/", "runs"),
        ("//host/share/x", "//host/share", "x"),
        ("runs/x", "runs", "x"),
        ("runs", ".", "runs"),
        ("s3://b/a/x?q=1", "s3://b/a?q=1", "x"),
        ("s3://b/x", "s3://b", "x"),
        ("s3://b", "s3://b", ""),
        ("mlflow-artifacts://h:1/1/r", "mlflow-artifacts://h:1/1", "r"),
        ("mlflow-artifacts:/", "mlflow-artifacts:/", ""),
        ("hdfs://n/x", "hdfs://n/x", ""),
    ],
)
def test_a_place_is_a_name_in_another_place(text: str, above: str, name: str) -> None:
    assert split_name(parse(text)) == (parse(above), name)
