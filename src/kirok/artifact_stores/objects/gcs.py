"""Buckets of Google Cloud Storage."""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from kirok.artifact_stores.objects.connections import Link, checked_endpoint
from kirok.artifact_stores.objects.content_types import content_type
from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.refusals import Facts, misconfigured, store_errors
from kirok.artifact_stores.objects.removal import remove
from kirok.base.errors import NotSupported
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, SignedRequest

if TYPE_CHECKING:
    from obstore.store import GCSStore

_EMULATOR = "STORAGE_EMULATOR_HOST"
_GOOGLE = "https://storage.googleapis.com"
_KEY_FILES = (
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_APPLICATION_CREDENTIALS",
)
_PERMISSIONS = {
    "read": "storage.objects.get",
    "write": "storage.objects.create and storage.objects.delete, to replace",
    "list": "storage.objects.list",
    "delete": "storage.objects.delete",
    "create": "storage.buckets.create",
}


class GcsBucket:
    """A bucket, by obstore alone: whose credentials it finds, from a key file to workload identity, stays with it."""

    parted = None
    """Google takes parts by requests that obstore cannot sign for us."""

    def __init__(self, place: Place, settings: ArtifactSettings, env: Mapping[str, str] = os.environ) -> None:
        self.place = place
        self._settings, self._env = settings, env

    @cached_property
    def _link(self) -> Link:
        """InvalidParameter for an address that is none."""
        emulator = self._env.get(_EMULATOR, "")
        url = emulator if "://" in emulator or not emulator else f"http://{emulator}"
        return Link(checked_endpoint(_EMULATOR, url) if url else _GOOGLE, timeout_s=self._settings.timeout_s)

    @property
    def facts(self) -> Facts:
        """As Bucket.facts."""
        is_google = not self._env.get(_EMULATOR)
        return Facts(
            kind="Google Cloud Storage",
            bucket=self.place.bucket,
            bucket_word="bucket",
            uri=self.place.uri,
            endpoint=self._link.endpoint,
            endpoint_from="Google's own" if is_google else _EMULATOR,
            credentials_from=next(
                (name for name in _KEY_FILES if self._env.get(name)),
                "gcloud's login or the metadata of this machine (GOOGLE_APPLICATION_CREDENTIALS is not set)",
            ),
            permissions=_PERMISSIONS,
            sign_in=(
                "Set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account, or give this machine one of "
                "its own (workload identity)."
            ),
            trust="Have this machine trust its authority, or give an http:// address to a stand-in without TLS.",
        )

    @cached_property
    def store(self) -> "GCSStore":
        """As Bucket.store."""
        from obstore.store import GCSStore

        options: dict[str, Any] = {"base_url": self._link.endpoint} if self._env.get(_EMULATOR) else {}
        try:
            return GCSStore(
                self.place.bucket,
                client_options=self._link.client_options(),  # type: ignore[arg-type]  # a dict of several types
                retry_config=self._link.retry_config(),  # type: ignore[arg-type]  # likewise
                **options,
            )
        except store_errors() as error:
            raise misconfigured(error, self.facts) from None

    @cached_property
    def direct(self) -> "GcsDirect | None":
        """As Bucket.direct. Without a key of its own, a machine asks Google to sign, and may not be allowed to."""
        found = GcsDirect(self.place, self.store)
        try:
            found.download(ArtifactPath.parse("kirok"), 60)
        except store_errors():
            return None
        return found

    def put(self, key: str, content: bytes) -> None:
        """As Bucket.put."""
        import obstore

        obstore.put(self.store, key, content, attributes={"Content-Type": content_type(key)}, use_multipart=False)

    def create(self) -> None:
        """As Bucket.create."""
        raise NotSupported(
            f"kirok cannot make the bucket {self.place.bucket!r}, which takes a project to belong to: "
            f"gcloud storage buckets create gs://{self.place.bucket} --project=YOUR_PROJECT."
        )

    def remove(self, keys: Sequence[str]) -> None:
        """As Bucket.remove."""
        remove(self.store, keys)

    def remove_folder_marker(self, key: str) -> None:
        """As Bucket.remove_folder_marker; obstore cannot name such an object, so a folder that the console made stays
        to be seen, empty.
        """


class GcsDirect:
    """DirectAccess by query strings that carry a signature."""

    def __init__(self, place: Place, store: "GCSStore") -> None:
        self._place, self._store = place, store

    def download(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """As DirectAccess.download."""
        return SignedRequest(self._signed("GET", path, expires_s))

    def upload(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """As DirectAccess.upload."""
        headers = {"Content-Type": content_type(self._place.key(path))}
        return SignedRequest(self._signed("PUT", path, expires_s), headers)

    def part(self, path: ArtifactPath, upload_id: str, number: int, expires_s: int) -> None:
        """As DirectAccess.part: there are no parts."""

    def _signed(self, method: Literal["GET", "PUT"], path: ArtifactPath, expires_s: int) -> str:
        import obstore

        # For Google, obstore signs a path as it is given; encoded, it means the same to both.
        key = quote(self._place.key(path), safe="/~")
        return obstore.sign(self._store, method, key, timedelta(seconds=expires_s))
