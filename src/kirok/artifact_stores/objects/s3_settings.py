"""How a bucket of S3, or of a store that speaks like it, is reached: from the environment and the AWS tools' files."""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from kirok.artifact_stores.objects.aws_credentials import Source, find_source
from kirok.artifact_stores.objects.aws_hosts import aws_endpoint
from kirok.artifact_stores.objects.aws_profiles import Profile
from kirok.artifact_stores.objects.connections import Link, checked_endpoint
from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.s3_upload_args import upload_headers
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings, setting, switch

_STYLES = ("auto", "path", "virtual")
# A name that can be a label of a host: virtual addressing puts it there, and a certificate covers one label.
_HOST_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


class NamedStore(Struct, frozen=True):
    """A store with a scheme of its own, whose locations name their endpoint."""

    hosts: str
    """A regular expression: keys are used at no other host that a row may name."""
    form: str
    region: str
    """"" where the endpoint holds it."""


_STORES = {
    "r2": NamedStore(
        r"[0-9a-z]+(\.[a-z]+)?\.r2\.cloudflarestorage\.com", "r2://bucket@account.r2.cloudflarestorage.com/path", "auto"
    ),
    "b2": NamedStore(r"s3\.[a-z0-9-]+\.backblazeb2\.com", "b2://bucket@s3.region.backblazeb2.com/path", ""),
}


class S3Settings(Struct, frozen=True):
    """One bucket, how it is reached, and by whom."""

    place: Place
    link: Link
    endpoint_from: str
    region: str
    """"" where nobody named one: then the bucket itself is asked."""
    is_aws: bool
    is_path_style: bool
    source: Source | None
    """Of keys; None for requests that nobody signs, to public buckets."""
    headers: dict[str, str]
    """Sent with every new object."""
    owner: str | None
    """The account that the bucket must belong to."""
    public_endpoint: str | None
    """Under which clients reach the store, where that differs."""

    @classmethod
    def read(cls, place: Place, settings: ArtifactSettings, env: Mapping[str, str], home: Path) -> "S3Settings":
        """InvalidParameter for a setting that cannot be used, by its name."""
        if ":" in place.bucket:
            raise InvalidParameter(
                f"The artifact location {place.uri!r} names an access point by its ARN, which S3 paths cannot hold. "
                "Write its alias, which ends with -s3alias: s3://alias/path."
            )
        profile = Profile.read(env, home)
        region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or profile.settings.get("region") or ""
        endpoint, endpoint_from = _endpoint(env, profile)
        if place.scheme in _STORES:
            endpoint, endpoint_from = _of_location(place), "the location"
            region = _STORES[place.scheme].region or place.host.split(".")[1]
        is_aws = endpoint is None
        link = Link(
            endpoint or aws_endpoint(region or "us-east-1"),
            verify=not switch(env, "S3_IGNORE_TLS", False),
            ca_bundle=env.get("AWS_CA_BUNDLE") or profile.settings.get("ca_bundle"),
            timeout_s=settings.timeout_s,
        )
        return cls(
            place=place,
            link=link,
            endpoint_from=endpoint_from,
            region=region or ("" if is_aws else "us-east-1"),
            is_aws=is_aws,
            is_path_style=_is_path_style(env, profile, place.bucket, is_aws=is_aws),
            source=None if _is_unsigned(env) else find_source(env, profile),
            headers=upload_headers(env),
            owner=setting(env, "S3_EXPECTED_BUCKET_OWNER"),
            public_endpoint=settings.s3_public_endpoint,
        )


def _of_location(place: Place) -> str:
    store = _STORES[place.scheme]
    if not re.fullmatch(store.hosts, place.host):
        raise InvalidParameter(f"The artifact location {place.uri!r} is not of the form {store.form}.")
    return f"https://{place.host}"


def _endpoint(env: Mapping[str, str], profile: Profile) -> tuple[str | None, str]:
    named = [
        (name, env.get(name))
        for name in ("KIROK_S3_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    ]
    where = f"profile {profile.name!r}"
    named += [(f"endpoint_url of {where}", profile.s3.get("endpoint_url") or profile.settings.get("endpoint_url"))]
    ignores = env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"
    for name, url in named:
        if url and not (ignores and not name.endswith("_S3_ENDPOINT_URL")):
            return checked_endpoint(name, url), name
    return None, "Amazon's own; set MLFLOW_S3_ENDPOINT_URL for another store"


def _is_path_style(env: Mapping[str, str], profile: Profile, bucket: str, *, is_aws: bool) -> bool:
    """Whether the bucket stands in the path rather than before the host, where other stores seldom look for it."""
    name = "BOTO_CLIENT_ADDRESSING_STYLE"
    style = (setting(env, name) or profile.s3.get("addressing_style") or "auto").lower()
    if style not in _STYLES:
        raise InvalidParameter(f"MLFLOW_{name}={style!r} is unknown: use {', '.join(_STYLES)}.")
    return style == "path" or (style == "auto" and not (is_aws and _HOST_LABEL.fullmatch(bucket)))


def _is_unsigned(env: Mapping[str, str]) -> bool:
    return (
        env.get("MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION", "").lower() == "unsigned"
        or env.get("AWS_SKIP_SIGNATURE", "").lower() == "true"
    )
