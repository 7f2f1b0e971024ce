"""Whose keys sign requests to S3: looked for where the AWS tools look, in their order.

Environment; web identity (a Kubernetes service account); profile; container (ECS, EKS pod identity); instance (EC2).
"""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from kirok.artifact_stores.objects.aws_hosts import sts_endpoint
from kirok.artifact_stores.objects.aws_profiles import Profile
from kirok.artifact_stores.objects.sigv4 import Credentials
from kirok.base.errors import InvalidParameter, PermissionDenied
from kirok.transport.proxies import new_pool, proxy_for

Source = Callable[[], Credentials]
"""Looks keys up; asked again before they expire."""

_RENEW_BEFORE = timedelta(minutes=5)
# Metadata services are one hop away: who does not answer at once is not there.
_METADATA_TIMEOUT_S = 1.0
_CONTAINER_HOST = "http://169.254.170.2"
_INSTANCE_HOST = "http://169.254.169.254"
# What a profile may say instead of naming keys, and what that is called.
_BEYOND_KEYS = {
    "role_arn": "assumes a role",
    "sso_session": "uses single sign-on",
    "sso_start_url": "uses single sign-on",
    "login_session": "uses a console sign-in",
    "credential_process": "asks another program for keys",
}


class Renewed:
    """Keys that are looked up once and again shortly before they expire. Safe to use from several threads."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: Credentials | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Credentials:
        """Keys that are good for some minutes yet."""
        with self._lock:
            found = self._found
            if found is None or (found.expires_at and found.expires_at - datetime.now(UTC) < _RENEW_BEFORE):
                found = self._found = self._source()
            return found


def find_source(env: Mapping[str, str], profile: Profile) -> Source:
    """Where keys come from, as far as that is written down; the instance's own are only asked for when used.

    InvalidParameter for a profile that needs the extra `kirok[aws]`, or has half a key.
    """
    key, secret = env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY")
    if key or secret:
        if not key or not secret:
            missing = "AWS_SECRET_ACCESS_KEY" if key else "AWS_ACCESS_KEY_ID"
            raise InvalidParameter(f"Half a key for S3 is in the environment: set {missing}, too, or neither.")
        static = Credentials(key, secret, env.get("AWS_SESSION_TOKEN") or None, source="AWS_ACCESS_KEY_ID")
        return lambda: static
    token_file, role = env.get("AWS_WEB_IDENTITY_TOKEN_FILE"), env.get("AWS_ROLE_ARN")
    if token_file and role:
        return Renewed(lambda: _from_web_identity(env, Path(token_file), role, profile.settings.get("region")))
    from_profile = _from_profile(profile)
    if from_profile:
        return from_profile
    container = env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    relative = env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    if container or relative:
        return Renewed(lambda: _from_container(env, container or f"{_CONTAINER_HOST}{relative}"))
    return Renewed(lambda: _from_instance(env, profile))


def _from_profile(profile: Profile) -> Source | None:
    settings = profile.settings
    shown = f"profile {profile.name!r}"
    for setting, act in _BEYOND_KEYS.items():
        if setting in settings:
            return _from_botocore(profile.name, f"The AWS {shown} {act} ({setting})")
    key, secret = settings.get("aws_access_key_id"), settings.get("aws_secret_access_key")
    if not key and not secret:
        return None
    if not key or not secret:
        raise InvalidParameter(f"The AWS {shown} of {profile.files[0]} has half a key: it needs id and secret.")
    static = Credentials(key, secret, settings.get("aws_session_token") or None, source=shown)
    return lambda: static


def _from_botocore(name: str, fact: str) -> Source:
    """Keys as AWS's own library finds them, which renews them, too."""
    try:
        import botocore.exceptions
        import botocore.session
    except ImportError:
        raise InvalidParameter(f"{fact}, which takes AWS's own library: pip install 'kirok[aws]'.") from None
    try:
        held = botocore.session.Session(profile=name).get_credentials()
    except botocore.exceptions.BotoCoreError as error:
        raise PermissionDenied(f"{fact}, which failed: {error}") from error

    def look_up() -> Credentials:
        try:
            frozen = held.get_frozen_credentials()
        except botocore.exceptions.BotoCoreError as error:
            raise PermissionDenied(f"{fact}, which failed: {error}") from error
        # botocore renews keys itself; asking every minute follows it closely enough.
        soon = datetime.now(UTC) + _RENEW_BEFORE + timedelta(minutes=1)
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token, soon, f"profile {name!r}")

    return Renewed(look_up)


def _from_web_identity(env: Mapping[str, str], token_file: Path, role: str, region: str | None) -> Credentials:
    """A role taken on by a token that whoever runs the container has put into a file."""
    try:
        token = token_file.read_text().strip()
    except OSError as error:
        raise PermissionDenied(f"AWS_WEB_IDENTITY_TOKEN_FILE={token_file} cannot be read: {error.strerror}.") from error
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or region
    host = env.get("AWS_ENDPOINT_URL_STS") or sts_endpoint(region or "")
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": env.get("AWS_ROLE_SESSION_NAME") or "kirok",
        "WebIdentityToken": token,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, body = _ask("POST", host, headers, urlencode(form).encode(), timeout_s=10, proxy=proxy_for(host))
    if status != 200:
        raise PermissionDenied(f"{host} did not let this process take on AWS_ROLE_ARN={role} (HTTP {status}).")
    fields = {element.tag.rpartition("}")[2]: element.text or "" for element in ElementTree.fromstring(body).iter()}  # noqa: S314 - by AWS, over TLS
    return Credentials(
        fields["AccessKeyId"],
        fields["SecretAccessKey"],
        fields["SessionToken"],
        datetime.fromisoformat(fields["Expiration"]),
        "AWS_ROLE_ARN",
    )


def _from_container(env: Mapping[str, str], url: str) -> Credentials:
    """Keys that ECS or EKS hands to its containers."""
    token = env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    file = env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    if file:
        try:
            token = Path(file).read_text().strip()
        except OSError as error:
            raise PermissionDenied(f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE={file}: {error.strerror}.") from error
    status, body = _ask("GET", url, {"Authorization": token} if token else {}, timeout_s=5)
    if status != 200:
        raise PermissionDenied(f"{url}, which AWS_CONTAINER_CREDENTIALS_… names, gave no keys (HTTP {status}).")
    return _of_metadata(body, "AWS_CONTAINER_CREDENTIALS_…")


def _from_instance(env: Mapping[str, str], profile: Profile) -> Credentials:
    """Keys of the role that an EC2 instance has."""
    missing = PermissionDenied(
        "No credentials for S3: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor AWS_WEB_IDENTITY_TOKEN_FILE, "
        f"nor keys for the profile {profile.name!r} in {profile.files[0]} or {profile.files[1]}, nor a role of a "
        "container or instance. Set the first two for the process that reads and writes the artifacts."
    )
    if env.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise missing
    host = (env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _INSTANCE_HOST).rstrip("/")
    place = f"{host}/latest/meta-data/iam/security-credentials/"
    try:
        status, token = _ask("PUT", f"{host}/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "300"})
        if status != 200:
            raise missing
        proof = {"X-aws-ec2-metadata-token": token.decode()}
        status, role = _ask("GET", place, proof)
        if status != 200:
            raise missing
        status, body = _ask("GET", place + role.decode().strip(), proof)
    except PermissionDenied:
        raise missing from None
    if status != 200:
        raise missing
    return _of_metadata(body, "the instance's role")


def _of_metadata(body: bytes, source: str) -> Credentials:
    fields: dict[str, Any] = json.loads(body)
    expires_at = datetime.fromisoformat(fields["Expiration"]) if fields.get("Expiration") else None
    return Credentials(fields["AccessKeyId"], fields["SecretAccessKey"], fields.get("Token"), expires_at, source)


def _ask(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None = None,
    *,
    timeout_s: float = _METADATA_TIMEOUT_S,
    proxy: str | None = None,
) -> tuple[int, bytes]:
    """One request for keys; of a machine's own, never through a proxy, which would ask for its machine's.

    PermissionDenied where nobody answers.
    """
    import urllib3

    with new_pool(proxy) as pool:
        try:
            response = pool.request(
                method, url, headers=headers, body=body, redirect=False, retries=False, timeout=timeout_s
            )
        except urllib3.exceptions.HTTPError as error:
            raise PermissionDenied(f"No credentials for S3: {url} does not answer ({type(error).__name__}).") from error
        return response.status, response.data
