"""What an answer tells that is not the one of a tracking server."""

from urllib.parse import urlsplit

from kirok.client.doctor.address import bypass, proxy_variable, use
from kirok.client.doctor.case import Answer, Case
from kirok.client.doctor.findings import Finding, failed
from kirok.rules import advice
from kirok.rules.passwords import without_password
from kirok.transport import ConnectionFailed
from kirok.transport.refusals import excerpt

_COMMON_PREFIXES = ("", "/mlflow", "/kirok", "/ml", "/tracking")
_LOGIN = ("login", "signin", "sign-in", "oauth", "auth", "sso", "saml")

HOST_REFUSED = b"Invalid Host header"
"""What kirok and MLflow say to a name they do not know themselves by."""


def is_healthy(answer: Answer) -> bool:
    """Whether this is what a tracking server says at /health."""
    return answer.status == 200 and answer.body.strip() == b"OK"


def unexpected(case: Case, answer: Answer) -> Finding:
    """What to do about an answer at /health that no tracking server gives."""
    if (finding := _of_proxy(case, answer)) is not None:
        return finding
    if 300 <= answer.status < 400:
        return _redirected(case, answer)
    if answer.status in (401, 403):
        return refused(case, answer)
    if (address := _other_prefix(case)) is not None:
        return failed(f"{case.base} is no tracking server, but {address} is", use(case, address))
    if answer.status in (502, 503, 504):
        return failed(
            f"{case.base} answers {answer.status} ({said(answer)}): what stands there does not reach the server itself",
            "start the server behind it, or correct the address that the reverse proxy forwards to",
        )
    return failed(
        f"{case.base} answers {answer.status} with {said(answer)}: that is no tracking server",
        use(case, f"{case.way.scheme}://HOST:PORT"),
    )


def refused(case: Case, answer: Answer) -> Finding:
    """What to do about 401 and 403 where the server, or something before it, wants to know who asks."""
    given = credentials_source(case)
    wants_token = "bearer" in answer.headers.get("www-authenticate", "").lower()
    if answer.status == 401 and given is None:
        setting = advice.TOKEN if wants_token else advice.ACCOUNT
        return failed(
            f"the server wants to know who asks (401, {said(answer)}), and nothing tells it", f"set {setting}"
        )
    if answer.status == 401:
        return failed(
            f"the server does not accept the credentials of {given} (401, {said(answer)})", f"correct {given}"
        )
    return failed(
        f"access is refused (403, {said(answer)})",
        f"have the server's administrator let {'this account' if given else 'this machine'} in",
        f"credentials: {given or 'none'}",
    )


def credentials_source(case: Case) -> str | None:
    """Where the credentials come from that are sent; None where none are."""
    if "Authorization" not in case.transport.authorization:
        return None
    settings = case.settings.transport
    if settings.username and settings.password:
        for prefix in ("KIROK", "MLFLOW"):
            if case.env.get(f"{prefix}_TRACKING_USERNAME"):
                return f"{prefix}_TRACKING_USERNAME and {prefix}_TRACKING_PASSWORD (user {settings.username})"
        return f"~/.mlflow/credentials (user {settings.username})"
    if settings.token:
        return "KIROK_TRACKING_TOKEN" if case.env.get("KIROK_TRACKING_TOKEN") else "MLFLOW_TRACKING_TOKEN"
    return "the address itself"


def said(answer: Answer) -> str:
    """An answer in a few words."""
    return " ".join(excerpt(answer.body, answer.headers).split())


def _redirected(case: Case, answer: Answer) -> Finding:
    target = answer.headers.get("location", "")
    parts = urlsplit(target)
    address = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/health').rstrip('/')}"
    if any(word in parts.path.lower() or word in parts.netloc.lower() for word in _LOGIN):
        return failed(
            f"{case.base} sends whoever is not known to a login page ({address})",
            f"{advice.TOKEN}=a token that this login accepts",
            "A program cannot fill in a login page: have it let programs in by a token, or by another address.",
        )
    if not parts.netloc:
        address = f"{case.way.scheme}://{urlsplit(case.base).netloc}{parts.path.removesuffix('/health').rstrip('/')}"
    return failed(f"{case.base} redirects to {address}", use(case, address))


def _of_proxy(case: Case, answer: Answer) -> Finding | None:
    """A finding where a proxy answers in the server's place; None where there is none, or the server is no better."""
    if case.way.proxy is None:
        return None
    shown = without_password(case.way.proxy)
    if answer.status == 407:
        return failed(
            f"the proxy {shown} wants to know who asks (407)",
            f"{proxy_variable(case)}=http://USER:PASSWORD@{urlsplit(shown).netloc.rpartition('@')[2]}",
        )
    if not answers_directly(case):
        return None
    return failed(f"the proxy {shown} answers {answer.status} in the server's place", bypass(case))


def answers_directly(case: Case) -> bool:
    """Whether the server is one, where it is asked past the proxy."""
    import urllib3

    try:
        answer = urllib3.request("GET", f"{case.base}/health", timeout=2.0, retries=False, redirect=False)
    except (urllib3.exceptions.HTTPError, OSError):
        return False
    return answer.status == 200 and answer.data.strip() == b"OK"


def _other_prefix(case: Case) -> str | None:
    """The address of a tracking server at the same host, under another path prefix."""
    parts = urlsplit(case.base)
    origin = f"{parts.scheme}://{parts.netloc}"
    names = [part for part in parts.path.split("/") if part]
    shorter = ["/" + "/".join(names[:count]) for count in range(len(names) - 1, 0, -1)]
    for prefix in dict.fromkeys([*shorter, *_prefixes_told(case, origin), *_COMMON_PREFIXES]):
        if prefix != parts.path.rstrip("/") and _is_server(case, origin + prefix):
            return origin + prefix
    return None


def _prefixes_told(case: Case, origin: str) -> list[str]:
    """Where the front page sends its visitors."""
    try:
        front = case.ask("/", base=origin)
    except ConnectionFailed:
        return []
    target = urlsplit(front.headers.get("location", ""))
    return [target.path.rstrip("/")] if target.path else []


def _is_server(case: Case, address: str) -> bool:
    try:
        return is_healthy(case.ask("/health", base=address))
    except ConnectionFailed:
        return False
