"""HTTP over sockets, by urllib3: kept connections, TLS, proxies of the environment, bodies streamed both ways."""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kirok.base.errors import InvalidParameter
from kirok.base.settings import TransportSettings
from kirok.rules import advice
from kirok.rules.passwords import without_password
from kirok.transport.exchange import ConnectionFailed, HttpRequest, HttpResponse
from kirok.transport.proxies import new_pool, proxy_for

if TYPE_CHECKING:
    import urllib3

_KEPT_CONNECTIONS = 8
_CONNECT_TIMEOUT_S = 10.0
_CHUNK_BYTES = 1 << 20
# How urllib3 begins what it says of a connection.
_OBJECT = re.compile(r"^.*?HTTPS?Connection(Pool)?\(.*?\): ")


class Sockets:
    """A Sender over the network; safe to use from several threads, and after a fork."""

    def __init__(self, settings: TransportSettings, *, connect_timeout_s: float = _CONNECT_TIMEOUT_S) -> None:
        if settings.insecure_tls and settings.server_cert_path:
            raise InvalidParameter(
                "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH contradict each other: "
                "unset the first to have the server's certificate checked."
            )
        self._settings, self._connect_timeout_s = settings, connect_timeout_s
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._process = os.getpid()

    def send(self, request: HttpRequest) -> HttpResponse:
        """As Sender."""
        import urllib3

        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        try:
            response = self._pool(origin).urlopen(
                request.method,
                request.url,
                body=request.body or None,
                headers=dict(request.headers),
                timeout=urllib3.Timeout(
                    connect=min(self._connect_timeout_s, request.timeout_s), read=request.timeout_s
                ),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except urllib3.exceptions.SSLError as error:
            raise ConnectionFailed(
                f"No secure connection to {origin}: {error}. {advice.insecure_connection(origin)} "
                f"{advice.run_doctor(origin)}",
                sent=False,
                lasting=True,
            ) from None
        except urllib3.exceptions.ProxyError as error:
            raise _no_proxy(origin, error) from None
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise _no_answer(origin, error, sent=False) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _no_answer(origin, error, sent=True) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status, headers, _chunks(response, origin), response.close)

    def close(self) -> None:
        """As Sender."""
        for pool in self._pools.values():
            pool.clear()

    def _pool(self, origin: str) -> "urllib3.PoolManager":
        if self._process != os.getpid():
            # A child process must not write into its parent's connections.
            self._pools, self._process = {}, os.getpid()
        if origin not in self._pools:
            self._pools[origin] = _new_pool(self._settings, proxy_for(origin))
        return self._pools[origin]


def _new_pool(settings: TransportSettings, proxy: str | None) -> "urllib3.PoolManager":
    import urllib3

    options: dict[str, object] = {"maxsize": _KEPT_CONNECTIONS}
    if settings.insecure_tls:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the user chose it by name
        options["cert_reqs"] = "CERT_NONE"
    if settings.server_cert_path:
        options["ca_certs"] = settings.server_cert_path
    if settings.client_cert_path:
        options["cert_file"] = settings.client_cert_path
    return new_pool(proxy, **options)


def _chunks(response: "urllib3.BaseHTTPResponse", origin: str) -> Iterator[bytes]:
    import urllib3

    try:
        yield from response.stream(_CHUNK_BYTES)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _no_answer(origin, error, sent=True) from None
    finally:
        response.release_conn()


def _no_answer(origin: str, error: Exception, *, sent: bool) -> ConnectionFailed:
    return ConnectionFailed(
        f"No answer from {origin}: {_reason(error)}. Is the server running? {advice.CHECK_ADDRESS} "
        f"{advice.run_doctor(origin)}",
        sent=sent,
    )


def _no_proxy(origin: str, error: Exception) -> ConnectionFailed:
    proxy = without_password(proxy_for(origin) or "")
    return ConnectionFailed(
        f"The proxy {proxy} does not lead to {origin}: {_reason(error)}. If no proxy is needed there, set "
        f"NO_PROXY={urlsplit(origin).hostname}; else correct HTTP_PROXY or HTTPS_PROXY. {advice.run_doctor(origin)}",
        sent=False,
    )


def _reason(error: BaseException) -> str:
    """What lies at the root, in the system's words where it has some: urllib3 puts its own objects around them."""
    root = error
    while (cause := getattr(root, "original_error", None) or root.__cause__) is not None:
        root = cause
    if isinstance(root, OSError) and root.strerror:
        return root.strerror
    return _OBJECT.sub("", str(root)).rstrip(".")
