"""TLS: whether the server speaks it, and whether its certificate is one that this machine trusts."""

import base64
import http.client
import math
import ssl
import time
from urllib.parse import unquote, urlsplit

from kirok.client.doctor.address import bypass, use
from kirok.client.doctor.case import Case
from kirok.client.doctor.findings import Finding, failed, ok, warning
from kirok.rules.advice import TRUST_CERTIFICATE
from kirok.rules.passwords import without_password

_SOON_DAYS = 14
_DAY_S = 86_400

# OpenSSL's numbers for what is wrong with a certificate.
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)
_OTHER_NAME = (62, 64)


def check_encryption(case: Case) -> Finding | None:
    """A handshake with the server, through the proxy where there is one; None where no TLS is asked for."""
    if case.way.scheme != "https":
        return None
    try:
        context = _context(case)
    except OSError as error:
        settings = case.settings.transport
        name = TRUST_CERTIFICATE if settings.server_cert_path else "MLFLOW_TRACKING_CLIENT_CERT_PATH"
        path = settings.server_cert_path or settings.client_cert_path
        return failed(f"{name}={path} holds no certificate that can be read: {error}", f"{name}=/path/to/file.pem")
    try:
        certificate, protocol = _handshake(case, context)
    except ssl.SSLCertVerificationError as error:
        return _untrusted(case, error)
    except (OSError, http.client.HTTPException) as error:
        return _no_handshake(case, error)
    return _trusted(case, certificate, protocol)


def _context(case: Case) -> ssl.SSLContext:
    """What the settings say of certificates; OSError where a file of them cannot be used."""
    settings = case.settings.transport
    context = ssl.create_default_context(cafile=settings.server_cert_path)
    if settings.client_cert_path:
        context.load_cert_chain(settings.client_cert_path)
    if settings.insecure_tls:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _no_handshake(case: Case, error: Exception) -> Finding:
    place = f"{case.way.host} port {case.way.port}"
    if case.way.proxy is not None:
        return failed(f"the proxy {without_password(case.way.proxy)} opens no way to {place}: {error}", bypass(case))
    if _speaks_plain_http(case):
        return failed(f"{place} speaks no TLS, but plain HTTP", use(case, _plain(case.base)))
    return failed(f"no TLS handshake with {place}: {error}", use(case, "https://HOST"))


def _trusted(case: Case, certificate: dict[str, object], protocol: str) -> Finding:
    if case.settings.transport.insecure_tls:
        return warning(
            f"{protocol}, but nobody checks the server's certificate: MLFLOW_TRACKING_INSECURE_TLS is on",
            "unset MLFLOW_TRACKING_INSECURE_TLS",
        )
    ends = certificate.get("notAfter")
    if not isinstance(ends, str):
        return ok(f"{protocol}, the certificate is trusted")
    days = math.floor((ssl.cert_time_to_seconds(ends) - time.time()) / _DAY_S)
    said = f"{protocol}, the certificate is trusted and ends in {days} days ({ends})"
    return warning(said, "renew the server's certificate") if days < _SOON_DAYS else ok(said)


def _untrusted(case: Case, error: ssl.SSLCertVerificationError) -> Finding:
    said = f"the certificate of {case.way.host} is not accepted: {error.verify_message}"
    if error.verify_code == _EXPIRED:
        return failed(said, "renew the server's certificate", "Or this machine's clock is wrong: see `date`.")
    if error.verify_code == _NOT_YET_VALID:
        return failed(said, "set this machine's clock", "Or the server's was wrong when the certificate was made.")
    if error.verify_code in _OTHER_NAME:
        return failed(said, use(case, "https://THE-NAME-IN-THE-CERTIFICATE"))
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return failed(said, f"{TRUST_CERTIFICATE}={_bundle_that_helps(case) or '/path/to/the/authority.pem'}")
    return failed(said, f"{TRUST_CERTIFICATE}=/path/to/the/authority.pem")


def _bundle_that_helps(case: Case) -> str | None:
    """A file of certificates that other programs are told to trust, and that has this server's."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        try:
            _handshake(case, ssl.create_default_context(cafile=case.env[name]))
        except (KeyError, OSError, http.client.HTTPException):
            continue
        return case.env[name]
    return None


def speaks_tls(case: Case) -> bool:
    """Whether a handshake comes about, whatever the certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        _handshake(case, context)
    except (OSError, http.client.HTTPException):
        return False
    return True


def _handshake(case: Case, context: ssl.SSLContext) -> tuple[dict[str, object], str]:
    """(the certificate where it was checked, the protocol's version)."""
    host, port = case.way.next_hop
    connection = http.client.HTTPSConnection(host, port, timeout=case.timeout_s, context=context)
    if case.way.proxy is not None:
        connection.set_tunnel(case.way.host, case.way.port, _credentials(case.way.proxy))
    try:
        connection.connect()
        wrapped: ssl.SSLSocket = connection.sock
        return dict(wrapped.getpeercert() or {}), wrapped.version() or "TLS"
    finally:
        connection.close()


def _credentials(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def _speaks_plain_http(case: Case) -> bool:
    connection = http.client.HTTPConnection(case.way.host, case.way.port, timeout=case.timeout_s / 2)
    try:
        connection.request("GET", f"{urlsplit(case.base).path}/health")
        return connection.getresponse().status < 600
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _plain(address: str) -> str:
    return "http" + address.removeprefix("https")
