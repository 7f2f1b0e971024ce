"""Containers of Azure Blob Storage, and of Data Lake Storage, which is the same store by another name."""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kirok.artifact_stores.objects.azure_parts import AzureUploads, block_id
from kirok.artifact_stores.objects.azure_requests import AzureRequests, with_query
from kirok.artifact_stores.objects.azure_settings import AzureSettings
from kirok.artifact_stores.objects.content_types import as_attachment, content_type
from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.refusals import Answered, Facts, misconfigured, store_errors
from kirok.artifact_stores.objects.removal import remove
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, SignedRequest

if TYPE_CHECKING:
    from obstore.store import AzureStore

_WRITE = "the role Storage Blob Data Contributor"
_PERMISSIONS = {
    "read": "the role Storage Blob Data Reader",
    "list": "the role Storage Blob Data Reader",
    "write": _WRITE,
    "delete": _WRITE,
    "create": _WRITE,
}


class AzureBucket:
    """A container that obstore reads and lists, and that takes large blobs by requests of our own."""

    def __init__(self, place: Place, settings: ArtifactSettings, env: Mapping[str, str] = os.environ) -> None:
        self.place = place
        self._artifact_settings, self._env = settings, env

    @cached_property
    def settings(self) -> AzureSettings:
        """Raises InvalidParameter for a setting of no use, by its name."""
        return AzureSettings.read(self.place, self._artifact_settings, self._env)

    @cached_property
    def requests(self) -> AzureRequests:
        """Requests of our own."""
        return AzureRequests(self.settings)

    @property
    def facts(self) -> Facts:
        """As Bucket.facts."""
        settings = self.settings
        return Facts(
            kind="Azure Blob Storage",
            bucket=self.place.bucket,
            bucket_word="container",
            uri=self.place.uri,
            endpoint=settings.link.endpoint,
            endpoint_from=settings.endpoint_from,
            credentials_from=settings.credentials_from,
            permissions=_PERMISSIONS,
            sign_in=(
                "Set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCESS_KEY, or AZURE_STORAGE_SAS_TOKEN, or "
                "AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET."
            ),
            trust="Have this machine trust its authority, or give an http:// endpoint to a store without TLS.",
        )

    @cached_property
    def store(self) -> "AzureStore":
        """As Bucket.store."""
        from obstore.store import AzureStore

        settings = self.settings
        options: dict[str, Any] = {"account_name": settings.account} if settings.account else {}
        # Named, lest another credential in the environment come before it.
        if settings.key:
            options |= {"account_key": settings.key, "credential_type": "access_key"}
        elif settings.sas:
            options |= {"sas_key": settings.sas, "credential_type": "sas_token"}
        try:
            return AzureStore(
                self.place.bucket,
                endpoint=settings.link.endpoint,
                client_options=settings.link.client_options(),  # type: ignore[arg-type]  # a dict of several types
                retry_config=settings.link.retry_config(),  # type: ignore[arg-type]  # likewise
                **options,
            )
        except store_errors() as error:
            raise misconfigured(error, self.facts) from None

    @property
    def parted(self) -> AzureUploads | None:
        """As Bucket.parted. By credentials of Entra obstore writes parts itself, which others cannot send."""
        if not self.settings.key and not self.settings.sas:
            return None
        return AzureUploads(self.place, self.requests, lambda: self.facts)

    @property
    def direct(self) -> "AzureDirect | None":
        """As Bucket.direct. A shared access signature is not handed on: it opens more than one blob."""
        return AzureDirect(self.place, self.requests) if self.settings.key else None

    def put(self, key: str, content: bytes) -> None:
        """As Bucket.put."""
        import obstore

        obstore.put(self.store, key, content, attributes={"Content-Type": content_type(key)}, use_multipart=False)

    def create(self) -> None:
        """As Bucket.create."""
        try:
            self.requests.create_container()
        except Answered as answer:
            if answer.refusal.code != "ContainerAlreadyExists":
                raise

    def remove(self, keys: Sequence[str]) -> None:
        """As Bucket.remove."""
        if not self.settings.sas:
            remove(self.store, keys)
            return
        for key in keys:  # a shared access signature need not be good for the request that takes many
            try:
                self.requests.send("DELETE", key, {})
            except Answered as answer:
                if answer.refusal.status != 404:
                    raise

    def remove_folder_marker(self, key: str) -> None:
        """As Bucket.remove_folder_marker; Azure's tools make none."""


class AzureDirect:
    """DirectAccess by signatures for one blob each."""

    def __init__(self, place: Place, requests: AzureRequests) -> None:
        self._place, self._requests = place, requests

    def download(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """As DirectAccess.download."""
        expires_in = timedelta(seconds=expires_s)
        return SignedRequest(self._requests.signed("GET", self._place.key(path), expires_in, as_attachment(path.name)))

    def upload(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """As DirectAccess.upload."""
        key = self._place.key(path)
        headers = {"x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": content_type(key)}
        return SignedRequest(self._requests.signed("PUT", key, timedelta(seconds=expires_s)), headers)

    def part(self, path: ArtifactPath, upload_id: str, number: int, expires_s: int) -> SignedRequest:
        """As DirectAccess.part."""
        url = self._requests.signed("PUT", self._place.key(path), timedelta(seconds=expires_s))
        return SignedRequest(with_query(url, {"comp": "block", "blockid": block_id(upload_id, number)}))
