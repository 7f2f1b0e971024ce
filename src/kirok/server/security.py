"""Which requests a browser may have been tricked into sending: Host and Origin are checked before anything else.

A page of any site can make a browser send requests here. Two checks stop it: the Host header must name this server
(a name an attacker controls may resolve to 127.0.0.1: "DNS rebinding"), and a request that changes something must
not come from a page of another site.
"""

import fnmatch
import ipaddress
import socket
from urllib.parse import urlsplit

from kirok.base.settings import ServerSettings
from kirok.server.messages import TEXT, Header, Reply

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_MAX_REMEMBERED = 256


class RequestGuard:
    """Refuses forged requests and knows the headers that browsers obey."""

    def __init__(self, settings: ServerSettings, version: str) -> None:
        self._settings = settings
        self._open_paths = frozenset(f"{settings.static_prefix}{path}" for path in ("/health", "/version"))
        self._own_name = socket.gethostname().lower()
        self._verdicts: dict[bytes, bool] = {}
        self.standing_headers: list[Header] = [
            (b"server", f"kirok/{version}".encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        if settings.x_frame_options.upper() != "NONE":
            self.standing_headers.append((b"x-frame-options", settings.x_frame_options.upper().encode("latin-1")))

    def refusal(self, method: str, path: str, headers: dict[bytes, bytes]) -> Reply | None:
        """The reply that refuses a request, None where it may pass."""
        if not self._settings.check_requests:
            return None
        host = headers.get(b"host", b"")
        if not self._host_is_allowed(host) and path not in self._open_paths:
            return Reply(
                403,
                b"Invalid Host header - possible DNS rebinding attack detected. This server is not known as "
                + repr(_text(host)).encode()
                + b": start it with --allowed-hosts naming it (or KIROK_SERVER_ALLOWED_HOSTS).",
                TEXT,
            )
        origin = headers.get(b"origin")
        if origin and method in _CHANGING and not self._origin_is_allowed(origin, host):
            return Reply(
                403,
                b"Cross-origin request blocked: pages of "
                + repr(_text(origin)).encode()
                + b" may not change anything here. Start the server with --cors-allowed-origins naming that origin "
                b"(or KIROK_SERVER_CORS_ALLOWED_ORIGINS).",
                TEXT,
            )
        return None

    def sharing_headers(self, headers: dict[bytes, bytes]) -> list[Header]:
        """The headers that let a page of another allowed origin read the reply; none for other requests."""
        origin = headers.get(b"origin")
        if not origin or not self._origin_is_allowed(origin, headers.get(b"host", b"")):
            return []
        if "*" in self._settings.cors_allowed_origins:
            # Any origin, therefore without the user's cookies and credentials.
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"*")]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", b"*"),
            (b"vary", b"Origin"),
        ]

    def preflight(self, headers: dict[bytes, bytes], methods: str) -> Reply:
        """The answer to OPTIONS: `methods` are allowed, from the origins that may."""
        sharing = self.sharing_headers(headers)
        if sharing:
            wanted = headers.get(b"access-control-request-headers", b"content-type")
            sharing += [
                (b"access-control-allow-methods", methods.encode()),
                (b"access-control-allow-headers", wanted),
                (b"access-control-max-age", b"600"),
            ]
        return Reply(204, b"", TEXT, ((b"allow", methods.encode()), *sharing))

    def _host_is_allowed(self, host: bytes) -> bool:
        verdict = self._verdicts.get(host)
        if verdict is None:
            verdict = self._judge_host(_text(host).lower())
            if len(self._verdicts) < _MAX_REMEMBERED:
                self._verdicts[host] = verdict
        return verdict

    def _judge_host(self, host: str) -> bool:
        allowed = self._settings.allowed_hosts
        if allowed:
            return any(pattern == "*" or _matches(host, pattern.lower()) for pattern in allowed)
        return not set(host).intersection("@/?#\\") and _is_near(_name_of(f"//{host}"), self._own_name)

    def _origin_is_allowed(self, origin: bytes, host: bytes) -> bool:
        text = _text(origin).lower()
        if _name_of(text) in ("localhost", "127.0.0.1", "::1"):
            return True
        if text.partition("://")[2] == _text(host).lower():
            return True  # a page of this very server, under a name that the check of Host let pass
        allowed = self._settings.cors_allowed_origins
        return any(pattern == "*" or _matches(text, pattern.lower()) for pattern in allowed)


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def _matches(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern) if "*" in pattern else text == pattern


def _name_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_near(name: str, own_name: str) -> bool:
    """Whether a host name means this machine, or is a private address: text that no attacker's DNS can hold."""
    if name in ("localhost", own_name) or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local
