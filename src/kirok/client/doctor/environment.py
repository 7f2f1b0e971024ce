"""Environment variables: those that contradict or override each other, and those that nobody reads."""

import configparser
import difflib
from collections.abc import Iterator

from kirok.base.settings import setting
from kirok.client.doctor.case import Case
from kirok.client.doctor.findings import Finding, ok, warning
from kirok.client.doctor.variables import KNOWN, OURS
from kirok.rules.passwords import without_password

_SECRET = ("PASSWORD", "TOKEN", "SECRET", "KEY", "CREDENTIAL")
_NEAR = 0.87
_MLFLOWS_ALONE = {
    "MLFLOW_TRACKING_AUTH": "MLFLOW_TRACKING_TOKEN=a token that the server accepts",
    "MLFLOW_TRACKING_AWS_SIGV4": "MLFLOW_TRACKING_TOKEN=a token that the server accepts",
    "MLFLOW_WORKSPACE": "run one server per workspace",
}
_SHORTEST = 10


def check_variables(case: Case) -> list[Finding]:
    """A finding for each variable that does not do what it seems to."""
    found = [
        *_twins(case),
        *_experiments(case),
        *_credentials(case),
        *_object_stores(case),
        *_switches(case),
        *_unread(case),
        *_misspelt(case),
    ]
    return found or [ok("none that contradict each other")]


def shown(name: str, value: str) -> str:
    """`name=value` as it may be printed."""
    hidden = any(word in name for word in _SECRET)
    return f"{name}={'***' if hidden else without_password(value)}"


def _twins(case: Case) -> Iterator[Finding]:
    for name in sorted(OURS):
        ours, mlflows = case.env.get(f"KIROK_{name}"), case.env.get(f"MLFLOW_{name}")
        if ours and mlflows and ours != mlflows:
            yield warning(
                f"{shown(f'KIROK_{name}', ours)} wins over {shown(f'MLFLOW_{name}', mlflows)}, which MLflow's own "
                "programs read",
                f"unset KIROK_{name}",
            )
    named = setting(case.env, "TRACKING_URI")
    if case.target.source == "the command line" and named and named.rstrip("/") != case.target.uri.rstrip("/"):
        yield ok(f"scripts go to {without_password(named)}, which is not what is examined here")


def _experiments(case: Case) -> Iterator[Finding]:
    name, number = setting(case.env, "EXPERIMENT_NAME"), setting(case.env, "EXPERIMENT_ID")
    if name and number:
        yield warning(
            f"both an experiment's name ({name}) and an id ({number}) are set: runs are refused where they differ",
            "unset MLFLOW_EXPERIMENT_ID",
        )


def _credentials(case: Case) -> Iterator[Finding]:
    username, password = setting(case.env, "TRACKING_USERNAME"), setting(case.env, "TRACKING_PASSWORD")
    token = setting(case.env, "TRACKING_TOKEN")
    if username and password and token:
        yield warning(
            "MLFLOW_TRACKING_TOKEN is not sent, because MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are",
            "unset MLFLOW_TRACKING_TOKEN",
        )
    if bool(username) != bool(password):
        missing, given = ("PASSWORD", "USERNAME") if username else ("USERNAME", "PASSWORD")
        yield warning(
            f"MLFLOW_TRACKING_{given} is set without MLFLOW_TRACKING_{missing}: neither is sent, nor what "
            "~/.mlflow/credentials holds",
            f"set MLFLOW_TRACKING_{missing}",
        )
    stored = _stored_user(case)
    if stored is not None and username and username != stored:
        yield warning(
            f"MLFLOW_TRACKING_USERNAME={username} wins over the user {stored} in ~/.mlflow/credentials",
            "unset MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        )
    if stored is not None and token and not username:
        yield warning(
            f"MLFLOW_TRACKING_TOKEN is not sent, because ~/.mlflow/credentials names the user {stored}",
            "unset MLFLOW_TRACKING_TOKEN",
        )


def _stored_user(case: Case) -> str | None:
    """The user in ~/.mlflow/credentials; None where there is none."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(case.surroundings.home / ".mlflow" / "credentials", encoding="utf-8")
        return parser.get("mlflow", "mlflow_tracking_username", fallback=None)
    except (OSError, configparser.Error, UnicodeDecodeError):
        return None


def _object_stores(case: Case) -> Iterator[Finding]:
    env = case.env
    if env.get("AWS_PROFILE") and env.get("AWS_ACCESS_KEY_ID"):
        yield warning(
            f"AWS_ACCESS_KEY_ID wins over AWS_PROFILE={env['AWS_PROFILE']} in boto3 and kirok alike",
            "unset AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if bool(env.get("AWS_ACCESS_KEY_ID")) != bool(env.get("AWS_SECRET_ACCESS_KEY")):
        missing = "AWS_SECRET_ACCESS_KEY" if env.get("AWS_ACCESS_KEY_ID") else "AWS_ACCESS_KEY_ID"
        yield warning(f"half of the credentials for S3 is missing: there is no {missing}", f"set {missing}")
    mlflows = setting(env, "S3_ENDPOINT_URL")
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        if mlflows and env.get(name) and env[name].rstrip("/") != mlflows.rstrip("/"):
            yield warning(
                f"MLFLOW_S3_ENDPOINT_URL={mlflows} wins over {name}={env[name]} for artifacts, and other programs "
                "follow the latter",
                f"unset {name}",
            )


def _switches(case: Case) -> Iterator[Finding]:
    insecure = setting(case.env, "TRACKING_INSECURE_TLS")
    if insecure and insecure.lower() in ("1", "true", "yes", "on") and setting(case.env, "TRACKING_SERVER_CERT_PATH"):
        yield warning(
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH contradict each other",
            "unset MLFLOW_TRACKING_INSECURE_TLS",
        )
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        lower, upper = case.env.get(name), case.env.get(name.upper())
        if lower and upper and lower != upper:
            yield warning(
                f"{name}={without_password(lower)} wins over {name.upper()}={without_password(upper)}",
                f"unset {name.upper()}",
            )


def _unread(case: Case) -> Iterator[Finding]:
    for name, instead in _MLFLOWS_ALONE.items():
        if case.env.get(name):
            yield warning(f"{shown(name, case.env[name])} is read by MLflow's client and not by kirok", instead)


def _misspelt(case: Case) -> Iterator[Finding]:
    for name in sorted(case.env):
        if name in KNOWN or len(name) < _SHORTEST or name.startswith("_") or not case.env[name]:
            continue
        if not any(mark in name.upper() for mark in ("ML", "KIR")):
            continue
        near = difflib.get_close_matches(name.upper(), KNOWN, n=1, cutoff=_NEAR)
        if near:
            yield warning(f"nobody reads {name}: {near[0]} is probably meant", f"rename {name} to {near[0]}")
