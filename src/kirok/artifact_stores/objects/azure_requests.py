"""Requests to Azure Blob Storage that obstore has no words for, let in by shared access signatures.

They are made here with the account's key, or come from the settings. obstore would sign with other credentials, too,
but signs the name of a blob as it stands in a URL, and Azure refuses that for names with a space.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, Literal
from urllib.parse import quote, urlencode

from kirok.artifact_stores.objects.azure_settings import AzureSettings
from kirok.artifact_stores.objects.azure_signatures import Account, account_signature, blob_signature
from kirok.artifact_stores.objects.connections import Requests
from kirok.base.errors import NotSupported

if TYPE_CHECKING:
    import urllib3

Method = Literal["GET", "PUT", "DELETE"]
_PERMISSIONS: dict[Method, Literal["r", "w", "d"]] = {"GET": "r", "PUT": "w", "DELETE": "d"}
_GOOD_FOR = timedelta(minutes=30)


class AzureRequests:
    """Requests to one container."""

    def __init__(self, settings: AzureSettings) -> None:
        self._settings = settings
        self._requests = Requests(settings.link)

    def send(
        self,
        method: Method,
        key: str,
        query: Mapping[str, str],
        body: "bytes | BinaryIO" = b"",
        headers: Mapping[str, str] | None = None,
    ) -> "urllib3.BaseHTTPResponse":
        """The answer to a request about a blob. Raises as Requests.send."""
        sas = self._settings.sas
        url = f"{self._url(key)}?{sas}" if sas else self.signed(method, key, _GOOD_FOR)
        return self._requests.send(method, with_query(url, query), dict(headers or {}), body or None)

    def signed(self, method: Method, key: str, expires_in: timedelta, disposition: str = "") -> str:
        """A URL that lets anybody do one thing to one blob; a browser treats what it reads as `disposition` says.

        NotSupported without the account's key.
        """
        if self._account is None:
            raise NotSupported(
                f"Only the account's key signs requests to {self._settings.place.uri}: set AZURE_STORAGE_ACCESS_KEY or "
                "AZURE_STORAGE_CONNECTION_STRING."
            )
        expiry = datetime.now(UTC) + expires_in
        container = self._settings.place.bucket
        sas = blob_signature(self._account, container, key, _PERMISSIONS[method], expiry, disposition)
        return f"{self._url(key)}?{sas}"

    def create_container(self) -> None:
        """NotSupported without the account's key, as no other credentials of ours speak for the whole account."""
        if self._account is None:
            raise NotSupported(
                f"Only who has the account's key can have kirok make the container {self._settings.place.bucket!r}: "
                "make it in the Azure portal, or set AZURE_STORAGE_ACCESS_KEY or AZURE_STORAGE_CONNECTION_STRING."
            )
        signature = account_signature(self._account, datetime.now(UTC) + _GOOD_FOR)
        self._requests.send("PUT", f"{self._url('')}?restype=container&{signature}", {"Content-Length": "0"})

    def _url(self, key: str) -> str:
        """Of a blob, or of the container where `key` is empty."""
        container = f"{self._settings.link.endpoint}/{quote(self._settings.place.bucket)}"
        return f"{container}/{quote(key, safe='/~')}" if key else container

    @cached_property
    def _account(self) -> Account | None:
        """None where others than the account's key come in."""
        settings = self._settings
        if settings.key is None:
            return None
        return Account(settings.account, settings.key, settings.link.endpoint.startswith("https:"))


def with_query(url: str, query: Mapping[str, str]) -> str:
    """`url`, which has a query already, with more of it."""
    return f"{url}&{urlencode(query)}" if query else url
