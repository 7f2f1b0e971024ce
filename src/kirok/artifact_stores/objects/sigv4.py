"""AWS's Signature Version 4: what proves that a request was made by who holds a secret key. Pure functions.

As documented in "AWS Signature Version 4 for API requests" and, for S3's own rules (a path is encoded once, a body may
be left unsigned), in "Authenticating Requests" of the S3 API reference.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from msgspec import Struct

UNSIGNED = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(Struct, frozen=True):
    """Keys, and for how long they are good."""

    access_key: str
    secret_key: str
    token: str | None = None
    """Of temporary credentials."""
    expires_at: datetime | None = None
    """None for never."""
    source: str = ""
    """Where they were found, for messages."""


class Scope(Struct, frozen=True):
    """What a signature is good for."""

    region: str
    service: str = "s3"

    def on(self, day: str) -> str:
        """As it stands in a credential; `day` is like 20130524."""
        return f"{day}/{self.region}/{self.service}/aws4_request"


def signed_headers(
    credentials: Credentials,
    scope: Scope,
    now: datetime,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    payload_hash: str,
) -> dict[str, str]:
    """`headers`, which must name the Host, with those added that sign the request. `path` is not encoded yet.

    `payload_hash` is the body's SHA-256 in hexadecimal digits, or UNSIGNED.
    """
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    sent = {**headers, "X-Amz-Date": moment}
    if scope.service == "s3":
        sent["X-Amz-Content-Sha256"] = payload_hash
    if credentials.token:
        sent["X-Amz-Security-Token"] = credentials.token
    request, names = canonical_request(method, path, query, sent, payload_hash)
    proof = _signature(credentials, scope, moment, request)
    credential = f"{credentials.access_key}/{scope.on(moment[:8])}"
    sent["Authorization"] = f"{_ALGORITHM} Credential={credential},SignedHeaders={names},Signature={proof}"
    return sent


def presigned_query(
    credentials: Credentials,
    scope: Scope,
    now: datetime,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    expires_s: int,
) -> str:
    """The query string that lets whoever has it send this request, with all of `headers`, for `expires_s` seconds."""
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    names = ";".join(sorted(name.lower() for name in headers))
    asked = {
        **query,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope.on(moment[:8])}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": names,
    }
    if credentials.token:
        asked["X-Amz-Security-Token"] = credentials.token
    request, _ = canonical_request(method, path, asked, headers, UNSIGNED)
    return f"{encoded_query(asked)}&X-Amz-Signature={_signature(credentials, scope, moment, request)}"


def canonical_request(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], payload_hash: str
) -> tuple[str, str]:
    """The text that is signed, and the names of the headers in it."""
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in lines)
    text = "".join(f"{name}:{value}\n" for name, value in lines)
    return "\n".join((method, encoded_path(path), encoded_query(query), text, names, payload_hash)), names


def encoded_path(path: str) -> str:
    """A path as it is signed and must be sent."""
    return quote(path, safe="/-_.~")


def encoded_query(query: Mapping[str, str]) -> str:
    """A query as it is signed and must be sent: in the order of the encoded names."""
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def _signature(credentials: Credentials, scope: Scope, moment: str, request: str) -> str:
    day = moment[:8]
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join((_ALGORITHM, moment, scope.on(day), digest))
    return hmac.digest(key, text.encode(), "sha256").hex()
