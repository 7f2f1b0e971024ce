"""The way to a server: its address, the proxy in between, its name, a connection."""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from kirok.base.errors import InvalidParameter
from kirok.client.doctor.case import Case, Way
from kirok.client.doctor.findings import Finding, failed, ok, warning
from kirok.client.doctor.time_limits import within
from kirok.rules.passwords import without_password
from kirok.transport.proxies import proxy_for

_NO_SCHEME = re.compile(r"(?:https?[:/]+)?(?P<rest>(?:[\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}(?:/.*)?|localhost(?:/.*)?)")
_SLASHES = re.compile(r"(?P<scheme>https?)(?=[:/]):?/*(?P<rest>[^/].*)")
_API = re.compile(r"/(?:api|ajax-api)(?:/.*)?$")
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - told from, not bound


def use(case: Case, address: str) -> str:
    """The setting that makes `address` the one that is used."""
    name = case.target.source if case.target.source.endswith("TRACKING_URI") else "MLFLOW_TRACKING_URI"
    return f"{name}={address}"


def mistaken(uri: str) -> str | None:
    """What was probably meant by a URI that no client can use; None for any other."""
    text = uri.strip().strip("\"'")
    if text != uri:
        return text
    if not uri.startswith(("http://", "https://")):
        if (found := _NO_SCHEME.fullmatch(uri)) is not None:
            return f"http://{found['rest']}"
        if uri.startswith("http") and (found := _SLASHES.fullmatch(uri)) is not None:
            return f"{found['scheme']}://{found['rest']}"
        return None
    address = uri.partition("#")[0].partition("?")[0]
    address = _API.sub("", address)
    return None if address == uri else address.rstrip("/")


def check_address(case: Case) -> Finding:
    """Whether the address is one, and of this machine's view."""
    uri, shown = case.target.uri, without_password(case.target.uri)
    meant = mistaken(uri)
    if meant is not None:
        return failed(f"{shown!r} cannot be used as it is written", use(case, without_password(meant)))
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return failed(f"{shown!r} is no address: {error}", use(case, "http://host:5000"))
    if not host:
        return failed(f"{shown!r} names no host", use(case, "http://host:5000"))
    case.way = Way(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), None)
    said = f"{case.base} ({case.target.source})"
    if host in _ANY_ADDRESS:
        there = case.base.replace(f"[{host}]" if ":" in host else host, _ANY_ADDRESS[host], 1)
        return warning(f"{said}: {host} is where a server listens, not where it is reached", use(case, there))
    return ok(said)


def check_proxy(case: Case) -> Finding:
    """Which way the environment sends requests."""
    proxy = proxy_for(f"{case.way.scheme}://{case.way.host}")
    if proxy is None:
        return ok(f"none between here and {case.way.host}")
    case.way = Way(case.way.scheme, case.way.host, case.way.port, proxy)
    variable = proxy_variable(case)
    try:
        host, _ = case.way.next_hop
    except ValueError as error:
        return failed(f"{variable} names no proxy: {error}", f"unset {variable}")
    if not host:
        return failed(f"{variable}={without_password(proxy)} names no host", f"unset {variable}")
    said = f"requests go through {without_password(proxy)} ({variable})"
    if is_near(case.way.host):
        return warning(f"{said}, although {case.way.host} is near", bypass(case))
    return ok(said)


def proxy_variable(case: Case) -> str:
    """The environment variable that names the proxy in use."""
    for name in (f"{case.way.scheme}_proxy", "all_proxy"):
        for spelled in (name, name.upper()):
            if case.env.get(spelled):
                return spelled
    return "the system's settings"


def bypass(case: Case) -> str:
    """The setting that takes the server out of the proxy's hands."""
    name = "no_proxy" if case.env.get("no_proxy") else "NO_PROXY"
    known = case.env.get(name)
    return f"{name}={known},{case.way.host}" if known else f"{name}={case.way.host}"


def is_near(host: str) -> bool:
    """Whether a host is this machine or a private address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local


def is_this_machine(host: str) -> bool:
    """Whether a host is a loopback address or its name."""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def check_name(case: Case) -> Finding:
    """Whether the next host's name has an address."""
    host, port = case.way.next_hop
    try:
        found = within(case.timeout_s, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        if case.way.proxy is not None:
            return failed(f"the proxy's name {host} has no address here: {reason}", f"unset {proxy_variable(case)}")
        return failed(
            f"the name {host} has no address here: {reason}",
            use(case, f"{case.way.scheme}://HOST:{case.way.port}"),
            "Where the name is right, this machine's network does not know it: VPN, DNS server, /etc/hosts.",
        )
    addresses = sorted({str(entry[4][0]) for entry in found})
    return ok(f"{host} is {addresses[0]}", f"addresses: {', '.join(addresses)}")


def check_connection(case: Case) -> Finding:
    """Whether anybody listens there."""
    host, port = case.way.next_hop
    try:
        socket.create_connection((host, port), timeout=case.timeout_s).close()
    except TimeoutError:
        return failed(
            f"{host} port {port} does not answer within {case.timeout_s:g} s: a firewall is in the way, or it is off",
            _other_way(case) or f"let connections to TCP port {port} through to {host}",
        )
    except OSError as error:
        reason = error.strerror or str(error)
        return failed(f"nobody can be reached at {host} port {port}: {reason}", _other_way(case) or _start(case))
    return ok(f"{host} port {port} answers")


def _other_way(case: Case) -> str | None:
    """What mends it where another host or port would have answered."""
    way = case.way
    if way.proxy is not None:
        return bypass(case) if can_connect(way.host, way.port, case.timeout_s) else f"unset {proxy_variable(case)}"
    if urlsplit(case.base).port is None and can_connect(way.host, 5000, case.timeout_s):
        prefix = urlsplit(case.base).path
        return use(case, f"http://{_bracketed(way.host)}:5000{prefix}")
    return None


def _start(case: Case) -> str:
    way = case.way
    if is_this_machine(way.host):
        return f"kirok server --port {way.port}"
    return (
        f"kirok server --host 0.0.0.0 --port {way.port}   (on {way.host}; without --host only that machine is served)"
    )


def can_connect(host: str, port: int, timeout_s: float) -> bool:
    """Whether somebody listens there, without any proxy."""
    try:
        socket.create_connection((host, port), timeout=timeout_s).close()
    except OSError:
        return False
    return True


def check_settings(case: Case) -> Finding | None:
    """Whether what the environment says of the client can be used at all; None where it can."""
    from kirok.base.settings import ClientSettings

    try:
        case.settings = ClientSettings.read(case.env)
        _ = case.transport if case.target.is_server else None
    except InvalidParameter as error:
        return failed(error.message, "correct that variable")
    return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
