"""Proxies between this process and others, as the environment names them."""

import urllib.request
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import urllib3


def proxy_for(origin: str) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for this address, as other clients read them."""
    parts = urlsplit(origin)
    if not parts.hostname or urllib.request.proxy_bypass(parts.hostname) or _is_in_exempt_network(parts.hostname):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def new_pool(proxy: str | None, **options: Any) -> "urllib3.PoolManager":
    """A pool of connections with urllib3's `options`, through `proxy` where there is one."""
    import urllib3

    if not proxy:
        return urllib3.PoolManager(**options)
    parts = urlsplit(proxy)
    # urllib3 takes no account from the proxy's address.
    account = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    return urllib3.ProxyManager(proxy, proxy_headers=urllib3.make_headers(proxy_basic_auth=account), **options)


def _is_in_exempt_network(host: str) -> bool:
    """Whether NO_PROXY names a network (10.0.0.0/8) that the address lies in: many do, and Python's own reader does
    not understand it.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for name in urllib.request.getproxies_environment().get("no", "").split(","):
        try:
            if "/" in name and address in ip_network(name.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False
