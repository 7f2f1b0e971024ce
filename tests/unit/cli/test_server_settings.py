"""Options and environment become the settings of a server."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from kirok.base.settings import ArtifactSettings, ServerSettings
from kirok.cli.artifact_options import artifact_root
from kirok.cli.network_options import checked_prefix, exposures
from kirok.cli.root import kirok
from kirok.cli.start_report import greeting
from kirok.rules.passwords import without_password
from kirok.server.app import artifact_roots


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[ServerSettings]:
    """The settings that `serve` was called with; the server itself is tested as a process in tests/cli."""
    from kirok.server import serve

    calls: list[ServerSettings] = []
    monkeypatch.setattr(serve, "serve", lambda settings, announce, report: calls.append(settings))
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "KIROK_"))]:
        monkeypatch.delenv(name)
    return calls


def run(arguments: Sequence[str], env: Mapping[str, str] | None = None) -> Result:
    return CliRunner().invoke(kirok, ["server", *arguments], env=env or {})


def test_without_options_it_serves_what_mlflow_would(started: list[ServerSettings]) -> None:
    assert run([]).exit_code == 0
    assert started == [ServerSettings(artifacts=ArtifactSettings.read(os.environ))]


def test_options_reach_the_settings(started: list[ServerSettings]) -> None:
    result = run(
        [
            *("--backend-store-uri", "sqlite:///x.db", "--host", "0.0.0.0", "-p", "8080", "--static-prefix", "/ml"),
            *("--default-artifact-root", "s3://b/a", "--artifacts-destination", "s3://b/c"),
            *("--allowed-hosts", "a.org, *.b.org", "--cors-allowed-origins", "https://a.org"),
            *("--artifact-roots", "/data/old, s3://old"),
            *("--x-frame-options", "deny", "--disable-security-middleware"),
        ],
        {"MLFLOW_TRUNCATE_LONG_VALUES": "false"},
    )
    assert result.exit_code == 0
    assert started == [
        ServerSettings(
            backend_store_uri="sqlite:///x.db",
            default_artifact_root="s3://b/a",
            artifacts_destination="s3://b/c",
            artifact_roots=("/data/old", "s3://old"),
            artifacts=ArtifactSettings.read(os.environ),
            host="0.0.0.0",
            port=8080,
            static_prefix="/ml",
            allowed_hosts=("a.org", "*.b.org"),
            cors_allowed_origins=("https://a.org",),
            x_frame_options="DENY",
            check_requests=False,
            truncate_long_values=False,
        )
    ]


def test_each_option_has_a_twin_of_mlflow_and_one_of_kirok_that_wins(started: list[ServerSettings]) -> None:
    env = {
        "MLFLOW_PORT": "1111",
        "KIROK_PORT": "2222",
        "MLFLOW_HOST": "::1",
        "MLFLOW_SERVE_ARTIFACTS": "false",
        "MLFLOW_SERVER_ALLOWED_HOSTS": "a.org",
        "KIROK_DEFAULT_ARTIFACT_ROOT": "gs://b",
    }
    assert run([], env).exit_code == 0
    assert (started[0].port, started[0].host, started[0].serve_artifacts) == (2222, "::1", False)
    assert (started[0].allowed_hosts, started[0].default_artifact_root) == (("a.org",), "gs://b")


def test_an_option_wins_over_the_environment(started: list[ServerSettings]) -> None:
    assert run(["--port", "3333"], {"KIROK_PORT": "2222"}).exit_code == 0
    assert started[0].port == 3333


def test_more_workers_than_one_are_answered_with_a_warning(started: list[ServerSettings]) -> None:
    result = run(["--workers", "4"])
    assert result.exit_code == 0
    assert "one process serves" in result.stderr
    assert len(started) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--app-name", "basic-auth"],
        ["--gunicorn-opts", "--timeout 60"],
        ["--uvicorn-opts=--ssl-keyfile k"],
        ["--waitress-opts", "x"],
        ["--expose-prometheus", "dir"],
        ["--dev"],
        ["--enable-workspaces"],
        ["--workspace-store-uri", "sqlite:///w.db"],
        ["--read-replica-backend-store-uri", "sqlite:///r.db"],
        ["--trace-archival-config", "x.yaml"],
        ["--registry-store-uri", "sqlite:///other.db"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_an_option_that_only_mlflow_has_is_refused_by_name(arguments: list[str], started: list[ServerSettings]) -> None:
    result = run(arguments)
    assert result.exit_code == 1
    assert started == []
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: {arguments[0].partition('=')[0]} ")
    assert "not in this version" in line


def test_a_refused_option_given_by_the_environment_is_named_as_it_was_given(started: list[ServerSettings]) -> None:
    result = run([], {"MLFLOW_ENABLE_WORKSPACES": "true"})
    assert result.exit_code == 1
    assert "MLFLOW_ENABLE_WORKSPACES is not in this version" in result.stderr
    assert run([], {"MLFLOW_ENABLE_WORKSPACES": "false"}).exit_code == 0
    assert run(["--disable-workspaces"]).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--registry-store-uri", "sqlite:///mlflow.db"],
        ["--secrets-cache-ttl", "60"],
        ["--secrets-cache-max-size", "10"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_harmless_option_is_accepted_with_a_warning(arguments: list[str], started: list[ServerSettings]) -> None:
    result = run(arguments)
    assert result.exit_code == 0
    assert f"{arguments[0]} has no effect" in result.stderr
    assert len(started) == 1


def test_runs_in_a_folder_are_served_unless_somebody_says_otherwise(
    started: list[ServerSettings], tmp_path: Path
) -> None:
    experiment = tmp_path / "mlruns" / "0"
    experiment.mkdir(parents=True)
    (experiment / "meta.yaml").write_text("name: Default\n", encoding="utf-8")
    result = run([])
    assert result.exit_code == 0
    assert str(tmp_path / "mlruns") in greeting(started[0], "http://localhost")
    assert run(["--backend-store-uri=sqlite:///mlflow.db"]).exit_code == 0
    assert [settings.backend_store_uri for settings in started] == ["./mlruns", "sqlite:///mlflow.db"]


def test_without_a_server_of_artifacts_they_lie_beside_the_runs(started: list[ServerSettings], tmp_path: Path) -> None:
    assert run(["--backend-store-uri=./my runs", "--no-serve-artifacts"]).exit_code == 0
    assert started[0].default_artifact_root == (tmp_path / "my runs").as_uri()


def test_an_artifacts_only_server_takes_no_database(started: list[ServerSettings]) -> None:
    assert run(["--artifacts-only"]).exit_code == 0
    assert started[0].artifacts_only
    refused = run(["--artifacts-only", "--backend-store-uri", "postgresql://u:secret@h/db"])
    assert refused.exit_code == 2
    assert "secret" not in refused.stderr
    assert run(["--artifacts-only", "--no-serve-artifacts"]).exit_code == 2


def test_folders_are_made_absolute_and_uris_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert artifact_root(None, True, "sqlite:///mlflow.db") == "mlflow-artifacts:/"
    assert artifact_root(None, False, "sqlite:///mlflow.db") == str(tmp_path / "mlruns")
    assert artifact_root("here", True, "./mlruns") == str(tmp_path / "here")
    assert artifact_root("s3://bucket/x", False, "./mlruns") == "s3://bucket/x"


@pytest.mark.parametrize("prefix", ["ml", "/ml/", "/", "/m{l}", "/m?l", "/m l", "/m\\l"])
def test_a_prefix_that_cannot_stand_before_paths_is_refused(prefix: str) -> None:
    with pytest.raises(click.UsageError, match="--static-prefix"):
        checked_prefix(prefix)


def test_settings_that_open_the_server_are_pointed_out() -> None:
    assert exposures(ServerSettings()) == []
    assert "DNS rebinding" in exposures(ServerSettings(allowed_hosts=("*",)))[0]
    assert "any web page" in exposures(ServerSettings(cors_allowed_origins=("*",)))[0]
    assert "not checked" in exposures(ServerSettings(check_requests=False, allowed_hosts=("*",)))[0]


def test_a_password_is_not_printed() -> None:
    assert without_password("postgresql://me:secret@host:5432/db") == "postgresql://me:***@host:5432/db"
    assert without_password("sqlite:///C:/data/mlflow.db") == "sqlite:///C:/data/mlflow.db"


@pytest.mark.parametrize("backend", ["./my runs", "{}/my runs", "file://{}/my%20runs"])
def test_artifacts_in_the_folder_of_runs_are_shown(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = ServerSettings(backend_store_uri=backend.format(tmp_path.as_posix()))
    assert str(tmp_path / "my runs") in artifact_roots(settings)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0", "--default-artifact-root", "/data/runs"], "disks of their own"),
        (["--host", "0.0.0.0", "--no-serve-artifacts"], "--serve-artifacts"),
        (["--no-serve-artifacts", "--artifacts-destination", "s3://b"], "--artifacts-destination=s3://b has no effect"),
        (["--artifacts-only", "--default-artifact-root", "s3://b"], "--default-artifact-root has no effect"),
        (["--create-bucket"], "--create-bucket has no effect"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_options_that_hardly_mean_what_they_say_are_doubted(
    started: list[ServerSettings], arguments: list[str], said: str
) -> None:
    result = run(arguments)
    assert result.exit_code == 0
    assert said in result.stderr
    assert len(started) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "0.0.0.0"],
        ["--default-artifact-root", "/data/runs"],
        ["--host", "0.0.0.0", "--default-artifact-root", "s3://b/a"],
        ["--create-bucket", "--artifacts-destination", "s3://b"],
        ["--no-serve-artifacts", "--default-artifact-root", "mlflow-artifacts://files.example.org:5500/"],
        ["--no-serve-artifacts", "--default-artifact-root", "s3://b", "--create-bucket"],
    ],
    ids=" ".join,
)
def test_options_that_go_together_are_not_doubted(started: list[ServerSettings], arguments: list[str]) -> None:
    result = run(arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(started) == 1


def test_checks_of_artifacts_are_settings(started: list[ServerSettings]) -> None:
    assert (
        run(["--create-bucket", "--artifacts-destination", "gs://b"], {"KIROK_CHECK_ARTIFACTS": "OFF"}).exit_code == 0
    )
    assert (started[0].check_artifacts, started[0].create_bucket) == ("off", True)
    assert run(["--check-artifacts", "perhaps"]).exit_code == 2
