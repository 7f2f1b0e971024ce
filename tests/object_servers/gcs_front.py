"""What stands before moto and makes Google's storage of it; a program: gcs_front.py PORT PUBLIC-KEY ACCOUNT.

Refuses what is not signed by the account, whether by a token or in the URL. Everything else is a change of names.
"""

import hashlib
import io
import itertools
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.auth import jwt

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# moto checks no signature, but takes nobody without one for the owner of a bucket.
_OWNER = "AWS4-HMAC-SHA256 Credential=owner/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
_MAKE_BUCKET = "/tests/buckets/"


class GcsFront:
    """A WSGI application."""

    def __init__(self, s3: Application, public_key: bytes, account: str) -> None:
        self._s3, self._pem, self._account = s3, public_key, account
        key = serialization.load_pem_public_key(public_key)
        assert isinstance(key, rsa.RSAPublicKey)
        self._key = key
        self._generations = itertools.count(time.time_ns())

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/" and environ["REQUEST_METHOD"] == "GET":
            return _answer(start_response, "200 OK", b"")
        if environ["PATH_INFO"].startswith(_MAKE_BUCKET):
            path = environ["PATH_INFO"].removeprefix(_MAKE_BUCKET)
            environ |= {"REQUEST_METHOD": "PUT", "PATH_INFO": f"/{path}", "RAW_URI": f"/{path}"}
        elif refusal := self._refusal(environ):
            body = f"<Error><Code>AccessDenied</Code><Message>{refusal}</Message></Error>".encode()
            return _answer(start_response, "403 Forbidden", body)
        return self._s3(_as_amazon(environ), self._as_google(start_response))

    def _refusal(self, environ: Environ) -> str:
        """Why this request is refused; "" for one that the account has signed."""
        query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
        try:
            if "X-Goog-Signature" in query:
                self._check_url(environ, query)
                return ""
            kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
            if kind != "Bearer":
                return "Anonymous caller."
            claims = jwt.decode(token, self._pem)  # type: ignore[no-untyped-call]
            if claims["iss"] != self._account:
                return "Another account."
        except (ValueError, KeyError, InvalidSignature) as error:
            return f"{type(error).__name__}: not signed by {self._account}."
        return ""

    def _check_url(self, environ: Environ, query: dict[str, str]) -> None:
        """As Google's page on V4 signatures has it; InvalidSignature or ValueError for what it would refuse."""
        issued = datetime.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if not 0 <= (datetime.now(UTC) - issued).total_seconds() + 60 <= int(query["X-Goog-Expires"]) + 60:
            raise ValueError("The URL has expired.")
        account, _, scope = query["X-Goog-Credential"].partition("/")
        if account != self._account:
            raise ValueError("Another account.")
        signed = [pair for pair in query.items() if pair[0] != "X-Goog-Signature"]
        headers = {
            name: environ["HTTP_" + name.upper().replace("-", "_")].strip()
            for name in query["X-Goog-SignedHeaders"].split(";")
        }
        # What makes these URLs signs Google's own name, whatever the address: it is meant to be asked by that name.
        headers["host"] = "storage.googleapis.com"
        canonical = [
            environ["REQUEST_METHOD"],
            str(environ["RAW_URI"]).partition("?")[0],
            "&".join(sorted(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in signed)),
            *(f"{name}:{value}" for name, value in headers.items()),
            "",
            query["X-Goog-SignedHeaders"],
            "UNSIGNED-PAYLOAD",
        ]
        digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
        text = "\n".join(("GOOG4-RSA-SHA256", query["X-Goog-Date"], scope, digest))
        self._key.verify(bytes.fromhex(query["X-Goog-Signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())

    def _as_google(self, start_response: StartResponse) -> StartResponse:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            renamed = [(name.lower().replace("x-amz-", "x-goog-"), value) for name, value in headers]
            return start_response(status, [*renamed, ("x-goog-generation", str(next(self._generations)))], *more)

        return start


def _as_amazon(environ: Environ) -> Environ:
    """The same request in the words of S3."""
    found: Environ = {}
    for name, value in environ.items():
        found[name.replace("HTTP_X_GOOG_", "HTTP_X_AMZ_")] = value
    if found.pop("HTTP_X_AMZ_IF_GENERATION_MATCH", None) == "0":
        found["HTTP_IF_NONE_MATCH"] = "*"
    pairs = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
    kept = [f"{quote(name)}={quote(value)}" for name, value in pairs if not name.lower().startswith("x-goog-")]
    found["QUERY_STRING"] = "&".join(kept)
    # Spelled anew: Google takes a bucket's name with escapes, moto does not.
    found["RAW_URI"] = quote(environ["PATH_INFO"].encode("latin-1")) + ("?" + "&".join(kept) if kept else "")
    found["HTTP_AUTHORIZATION"] = _OWNER
    return found


def _answer(start_response: StartResponse, status: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Length", str(len(body))), ("Content-Type", "application/xml")])
    return io.BytesIO(body)


def main(port: str, public_key: str, account: str) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import run_simple

    front = GcsFront(DomainDispatcherApplication(create_backend_app), Path(public_key).read_bytes(), account)
    run_simple("127.0.0.1", int(port), front, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main(*sys.argv[1:])
