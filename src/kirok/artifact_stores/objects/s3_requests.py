"""Requests to S3 that obstore has no words for: buckets, uploads in parts, signed URLs for others."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from kirok.artifact_stores.objects.aws_hosts import aws_endpoint
from kirok.artifact_stores.objects.connections import Requests
from kirok.artifact_stores.objects.refusals import Answered
from kirok.artifact_stores.objects.s3_settings import S3Settings
from kirok.artifact_stores.objects.sigv4 import (
    UNSIGNED,
    Scope,
    encoded_path,
    encoded_query,
    presigned_query,
    signed_headers,
)
from kirok.base.errors import NotSupported
from kirok.entities.artifacts import SignedRequest

if TYPE_CHECKING:
    import urllib3

_NOTHING = hashlib.sha256(b"").hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


class S3Requests:
    """Signed requests to one bucket."""

    def __init__(self, settings: S3Settings, now: Callable[[], datetime] = _now) -> None:
        self._settings, self._now = settings, now
        self._requests = Requests(settings.link)
        self._region = settings.region

    @property
    def region(self) -> str:
        """The bucket's, asked of Amazon's store where no setting names one."""
        if not self._region:
            self._region = self._asked_region() or "us-east-1"
        return self._region

    @property
    def endpoint(self) -> str:
        """Where the bucket lies, without its name."""
        return aws_endpoint(self.region) if self._settings.is_aws else self._settings.link.endpoint

    def address(self, endpoint: str) -> str:
        """The URL of the bucket itself at an endpoint."""
        parts, bucket = urlsplit(endpoint), self._settings.place.bucket
        if self._settings.is_path_style:
            return f"{endpoint}/{bucket}"
        return f"{parts.scheme}://{bucket}.{parts.netloc}{parts.path}"

    def send(
        self,
        method: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        body: "bytes | BinaryIO" = b"",
        *,
        headers: Mapping[str, str] | None = None,
        sha256: str | None = None,
        is_repeatable: bool = True,
    ) -> "urllib3.BaseHTTPResponse":
        """The answer to a request about an object, or about the bucket where `key` is empty.

        `sha256`, of the body, is needed for files alone; the store refuses a body that has another. Raises as
        Requests.send.
        """
        if isinstance(body, bytes):
            sha256 = hashlib.sha256(body).hexdigest() if body else _NOTHING
        parts = urlsplit(self.address(self.endpoint))
        path = f"{parts.path}/{key}" if key else parts.path or "/"
        sent = {"Host": parts.netloc, **(headers or {})}
        if self._settings.owner:
            sent["x-amz-expected-bucket-owner"] = self._settings.owner
        if self._settings.source:
            scope = Scope(self.region)
            credentials = self._settings.source()
            sent = signed_headers(credentials, scope, self._now(), method, path, query or {}, sent, sha256 or UNSIGNED)
        asked = f"?{encoded_query(query)}" if query else ""
        url = f"{parts.scheme}://{parts.netloc}{encoded_path(path)}{asked}"
        return self._requests.send(method, url, sent, body or None, is_repeatable=is_repeatable)

    def presign(
        self, method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], expires_s: int
    ) -> SignedRequest:
        """A request that others may send; all of `headers` must go with it."""
        if self._settings.source is None:
            raise NotSupported("Requests that nobody signs cannot be handed out: give credentials for the bucket.")
        parts = urlsplit(self.address(self._settings.public_endpoint or self.endpoint))
        if self._settings.owner:
            # In the query rather than in a header, so that a browser can follow the link.
            query = {**query, "x-amz-expected-bucket-owner": self._settings.owner}
        path = f"{parts.path}/{key}"
        signed = presigned_query(
            self._settings.source(),
            Scope(self.region),
            self._now(),
            method,
            path,
            query,
            {"Host": parts.netloc, **headers},
            expires_s,
        )
        return SignedRequest(f"{parts.scheme}://{parts.netloc}{encoded_path(path)}?{signed}", dict(headers))

    def _asked_region(self) -> str | None:
        """Every region's store tells anybody where a bucket lies, even when it refuses the rest."""
        import urllib3

        url = f"{aws_endpoint('us-east-1')}/{self._settings.place.bucket}"
        try:
            return self._requests.send("HEAD", url, {}).headers.get("x-amz-bucket-region")
        except Answered as answer:
            return answer.headers.get("x-amz-bucket-region")
        except urllib3.exceptions.HTTPError:
            return None  # the request that follows will say why
