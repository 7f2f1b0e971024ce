"""How long and how often object stores are asked, by obstore and by requests of our own."""

import os
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from msgspec import Struct

from kirok.artifact_stores.objects.refusals import Answered
from kirok.base.errors import InvalidParameter
from kirok.transport.proxies import new_pool, proxy_for

if TYPE_CHECKING:
    import urllib3

_CONNECT_TIMEOUT_S = 10
# Between two pieces of an answer, not for the whole of it.
_READ_TIMEOUT_S = 120
_RETRIES = 5
_RETRY_FOR_S = 60
_FIRST_PAUSE_S = 0.2
_KEPT_CONNECTIONS = 32
# What a store says when it may work in a moment.
_PASSING = frozenset({429, 500, 502, 503, 504})
_BLOCK_BYTES = 1 << 20


class Link(Struct, frozen=True):
    """A way to one store."""

    endpoint: str
    """Scheme, host and port, and a path where a proxy puts the store below one."""
    verify: bool = True
    """Whether the certificate is checked."""
    ca_bundle: str | None = None
    """A PEM file with further authorities."""
    timeout_s: float = 0
    """The longest that one request may take, its body included; 0 for no limit."""

    def client_options(self) -> dict[str, Any]:
        """For obstore."""
        # Its own limit is 30 s for a whole download, however large: too short for whoever reads slowly.
        options: dict[str, Any] = {
            "timeout": timedelta(seconds=self.timeout_s) if self.timeout_s else timedelta(days=7),
            "read_timeout": timedelta(seconds=_READ_TIMEOUT_S),
            "connect_timeout": timedelta(seconds=_CONNECT_TIMEOUT_S),
            "allow_http": urlsplit(self.endpoint).scheme == "http",
        }
        if not self.verify:
            options["allow_invalid_certificates"] = True
        if self.ca_bundle:
            options["root_certificate"] = self._authorities(self.ca_bundle)
        return options

    def retry_config(self) -> dict[str, Any]:
        """For obstore."""
        return {
            "max_retries": _RETRIES,
            "retry_timeout": timedelta(seconds=_RETRY_FOR_S),
            "backoff": {
                "init_backoff": timedelta(seconds=_FIRST_PAUSE_S),
                "max_backoff": timedelta(seconds=10),
                "base": 2,
            },
        }

    @staticmethod
    def _authorities(file: str) -> bytes:
        try:
            with open(file, "rb") as pem:
                return pem.read()
        except OSError as error:
            raise InvalidParameter(f"AWS_CA_BUNDLE={file} cannot be read: {error.strerror}.") from None


class Requests:
    """Requests of our own, over kept connections. Safe to use from several threads, and after a fork."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._pool: urllib3.PoolManager | None = None
        self._process = os.getpid()
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: "bytes | BinaryIO | None" = None,
        *,
        is_repeatable: bool = True,
    ) -> "urllib3.BaseHTTPResponse":
        """The answer, read whole. `url` is encoded already, `body` a file at its start.

        Answered where the store refuses, urllib3's errors where it does not answer. What is not repeatable is sent
        anew only where it cannot have arrived.
        """
        import urllib3

        retries = urllib3.Retry(
            total=_RETRIES,
            read=_RETRIES if is_repeatable else 0,
            status_forcelist=_PASSING if is_repeatable else {503},
            allowed_methods=None,
            backoff_factor=_FIRST_PAUSE_S,
            raise_on_status=False,
            redirect=False,
        )
        total = self._link.timeout_s or None
        timeout = urllib3.Timeout(total=total, connect=_CONNECT_TIMEOUT_S, read=_READ_TIMEOUT_S)
        response = self._connections().urlopen(
            method, url, body=body, headers=dict(headers), retries=retries, timeout=timeout, redirect=False
        )
        if not 200 <= response.status < 300:
            raise Answered(response.status, response.headers, response.data)
        return response

    def _connections(self) -> "urllib3.PoolManager":
        with self._lock:
            if self._pool is None or self._process != os.getpid():
                # A child process must not write into its parent's connections.
                self._pool, self._process = self._new_pool(), os.getpid()
            return self._pool

    def _new_pool(self) -> "urllib3.PoolManager":
        import urllib3

        options: dict[str, Any] = {"maxsize": _KEPT_CONNECTIONS, "blocksize": _BLOCK_BYTES}
        if not self._link.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the user chose it by name
            options["cert_reqs"] = "CERT_NONE"
        if self._link.ca_bundle:
            options["ca_certs"] = self._link.ca_bundle
        return new_pool(proxy_for(self._link.endpoint), **options)


def checked_endpoint(name: str, url: str) -> str:
    """An endpoint without a slash at its end; InvalidParameter names the setting where it is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidParameter(f"{name}={url!r} is no address: write http:// or https://, host and port.")
    if parts.username or parts.query or parts.fragment:
        raise InvalidParameter(f"{name} is scheme, host and port alone: give keys in the settings for them.")
    return url.rstrip("/")
