"""Requests to S3 that others may send."""

from collections.abc import Callable

from kirok.artifact_stores.objects.content_types import as_attachment
from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.s3_requests import S3Requests
from kirok.entities.artifacts import ArtifactPath, SignedRequest


class S3Direct:
    """DirectAccess by query strings that carry a signature."""

    def __init__(self, place: Place, requests: S3Requests, headers: Callable[[str], dict[str, str]]) -> None:
        self._place, self._requests, self._headers = place, requests, headers

    def download(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """As DirectAccess.download; a browser saves what comes rather than showing it."""
        query = {"response-content-disposition": as_attachment(path.name)}
        return self._requests.presign("GET", self._place.key(path), query, {}, expires_s)

    def upload(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """As DirectAccess.upload."""
        key = self._place.key(path)
        return self._requests.presign("PUT", key, {}, self._headers(key), expires_s)

    def part(self, path: ArtifactPath, upload_id: str, number: int, expires_s: int) -> SignedRequest:
        """As DirectAccess.part."""
        query = {"partNumber": str(number), "uploadId": upload_id}
        return self._requests.presign("PUT", self._place.key(path), query, {}, expires_s)
