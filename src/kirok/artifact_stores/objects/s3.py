"""Buckets of S3, and of stores that speak like it."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kirok.artifact_stores.objects.content_types import content_type
from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.refusals import Answered, Facts
from kirok.artifact_stores.objects.removal import remove
from kirok.artifact_stores.objects.s3_direct import S3Direct
from kirok.artifact_stores.objects.s3_parts import S3Uploads
from kirok.artifact_stores.objects.s3_requests import S3Requests
from kirok.artifact_stores.objects.s3_settings import S3Settings
from kirok.base.settings import ArtifactSettings

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_PERMISSIONS = {
    "read": "s3:GetObject",
    "write": "s3:PutObject",
    "list": "s3:ListBucket",
    "delete": "s3:DeleteObject",
    "create": "s3:CreateBucket",
}


class S3Bucket:
    """A bucket that obstore reads and lists, and that takes large or particular objects by requests of our own."""

    def __init__(
        self, place: Place, settings: ArtifactSettings, env: Mapping[str, str] = os.environ, home: Path | None = None
    ) -> None:
        self.place = place
        self._artifact_settings, self._env, self._home = settings, env, home

    @cached_property
    def settings(self) -> S3Settings:
        """Raises InvalidParameter for a setting of no use, by its name."""
        return S3Settings.read(
            self.place, self._artifact_settings, self._env, self._home or Path(os.path.expanduser("~"))
        )

    @cached_property
    def requests(self) -> S3Requests:
        """Requests of our own."""
        return S3Requests(self.settings)

    @property
    def facts(self) -> Facts:
        """As Bucket.facts."""
        settings = self.settings
        source = settings.source() if settings.source else None
        return Facts(
            kind="S3",
            bucket=self.place.bucket,
            bucket_word="bucket",
            uri=self.place.uri,
            endpoint=settings.link.endpoint,
            endpoint_from=settings.endpoint_from,
            credentials_from=f"the key of {source.source}" if source else "requests without a signature",
            permissions=_PERMISSIONS,
            sign_in="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
            trust=(
                "Set AWS_CA_BUNDLE to the PEM file of its authority; MLFLOW_S3_IGNORE_TLS=true trusts any, for tests. "
                "For an endpoint without TLS write http://."
            ),
            region=self.requests.region,
        )

    @cached_property
    def store(self) -> "ObjectStore":
        """As Bucket.store."""
        from obstore.store import S3Store

        settings = self.settings
        options: dict[str, Any] = {"skip_signature": True}
        if settings.source:
            settings.source()  # keys that are missing are told in our own words
            options = {"credential_provider": self._keys}
        endpoint = self.requests.endpoint
        if not settings.is_path_style:
            endpoint = self.requests.address(endpoint)
        if settings.owner:
            # obstore signs no header of ours: the bucket's owner is asked for once here, and with every write.
            self.requests.send("HEAD")
        return S3Store(
            self.place.bucket,
            # Both names, as the second would be read from the environment and win.
            endpoint=endpoint,
            aws_endpoint_url_s3=endpoint,
            region=self.requests.region,
            virtual_hosted_style_request=not settings.is_path_style,
            client_options=settings.link.client_options(),  # type: ignore[arg-type]  # a dict of several types
            retry_config=settings.link.retry_config(),  # type: ignore[arg-type]  # likewise
            **options,
        )

    @property
    def parted(self) -> S3Uploads:
        """As Bucket.parted."""
        return S3Uploads(self.place, self.requests, self.new_object_headers, lambda: self.facts)

    @property
    def direct(self) -> S3Direct | None:
        """As Bucket.direct."""
        if self.settings.source is None:
            return None
        return S3Direct(self.place, self.requests, self.new_object_headers)

    def put(self, key: str, content: bytes) -> None:
        """As Bucket.put."""
        import obstore

        if self.settings.headers or self.settings.owner:
            self.requests.send("PUT", key, body=content, headers=self.new_object_headers(key))
        else:
            # Its signature covers the content's SHA-256, which the store compares.
            obstore.put(self.store, key, content, attributes={"Content-Type": content_type(key)}, use_multipart=False)

    def create(self) -> None:
        """As Bucket.create."""
        region = self.requests.region
        place = (
            f"<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        )
        # Amazon's first region has no name here, and other stores know none of these.
        body = place.encode() if self.settings.is_aws and region != "us-east-1" else b""
        try:
            self.requests.send("PUT", body=body)
        except Answered as answer:
            if answer.refusal.code == "BucketAlreadyOwnedByYou":
                return
            if answer.refusal.code != "BucketAlreadyExists":
                raise
            try:
                self.requests.send("HEAD")  # some stores do not say whose it is
            except Answered:
                raise answer from None

    def remove(self, keys: Sequence[str]) -> None:
        """As Bucket.remove."""
        remove(self.store, keys)

    def remove_folder_marker(self, key: str) -> None:
        """As Bucket.remove_folder_marker."""
        self.requests.send("DELETE", f"{key}/")

    def new_object_headers(self, key: str) -> dict[str, str]:
        """What goes with a new object at `key`."""
        return {"Content-Type": content_type(key), **self.settings.headers}

    def _keys(self) -> dict[str, Any]:
        """For obstore, which asks again once they expire."""
        assert self.settings.source is not None  # noqa: S101 - given to obstore in that case alone
        found = self.settings.source()
        return {
            "access_key_id": found.access_key,
            "secret_access_key": found.secret_key,
            "token": found.token,
            "expires_at": found.expires_at,
        }
