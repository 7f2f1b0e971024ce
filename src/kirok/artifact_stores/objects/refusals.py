"""What an object store's refusal means, and which setting mends it: the words of every kind of store.

No message holds a key, a signature or the answer's own text, which may quote them.
"""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from kirok.base.errors import InternalError, InvalidParameter, KirokError, NotFound, PermissionDenied, Unavailable

Act = Literal["read", "write", "list", "delete", "create"]

_STATUS = re.compile(r"status code: (\d{3})|code: (\d{3})\)")
_CODE = re.compile(r"<Code>\s*(\w+)\s*</Code>")
_REGION = re.compile(r"<Region>\s*([\w-]+)\s*</Region>|\.s3[.-]([a-z]{2}(?:-\w+)+-\d)\.amazonaws|expecting '([\w-]+)'")
# Below "Debug source", obstore's errors tell what lies at their root, in the words of its own libraries.
_NO_HOST = re.compile(r"dns error|failed to lookup|Name or service not known|NameResolutionError|getaddrinfo", re.I)
_TLS = re.compile(r"certificate|handshake|UnknownIssuer|WRONG_VERSION_NUMBER|InvalidContentType|SSLError", re.I)
_DENIED = re.compile(r"^(PermissionDenied|Unauthenticated)Error ")
# Where obstore asks for credentials that nobody has written down.
_LOOKED_UP = re.compile(r"token request|169\.254\.169\.254|metadata\.google\.internal")
_LATE = re.compile(r"TimedOut|timed out|(Read|Connect)TimeoutError")

_BUCKET_MISSING = {"NoSuchBucket", "ContainerNotFound", "FilesystemNotFound"}
_NAME_TAKEN = {"BucketAlreadyExists", "ContainerBeingDeleted"}
_NAME_BAD = {"InvalidBucketName", "InvalidResourceName"}
_KEY_UNKNOWN = {"InvalidAccessKeyId"}
_SECRET_WRONG = {"SignatureDoesNotMatch", "AuthenticationFailed"}
_EXPIRED = {"ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
_REGION_WRONG = {"PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect"}
_UPLOAD_UNFIT = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidBlockList", "InvalidBlobOrBlock"}
_BODY_SPOILT = {"BadDigest", "XAmzContentSHA256Mismatch", "Md5Mismatch", "InvalidDigest", "IncompleteBody"}


class NoSuchBucket(NotFound):
    """The bucket (container, on Azure) that a location names is not there."""


class Refusal(Struct, frozen=True):
    """What a store answered, or why none came."""

    status: int | None
    """The HTTP status; None where no answer came."""
    code: str
    """The store's own, such as NoSuchBucket; "" where it gave none."""
    text: str
    """For looking into, never for showing."""

    @classmethod
    def of(cls, error: Exception) -> "Refusal":
        """From an error of obstore or urllib3, or of the answer to a request of our own."""
        if isinstance(error, Answered):
            return error.refusal
        text = f"{type(error).__name__} {error!s}"
        status = _STATUS.search(text)
        code = _CODE.search(text)
        return cls(int(status[1] or status[2]) if status else None, code[1] if code else "", text)


class Answered(Exception):
    """A request of our own was refused."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.headers = headers
        text = body[:4096].decode(errors="replace")
        code = _CODE.search(text)
        self.refusal = Refusal(status, code[1] if code else "", text)
        super().__init__(f"HTTP {status} {self.refusal.code}")


class Facts(Struct, frozen=True):
    """What messages about one bucket name."""

    kind: str
    """Of the store: S3, Google Cloud Storage, Azure Blob Storage."""
    bucket: str
    bucket_word: str
    uri: str
    endpoint: str
    endpoint_from: str
    """Where the endpoint was read: a variable, a file, or the kind's own default."""
    credentials_from: str
    permissions: dict[str, str]
    """What each Act takes, in the store's own words."""
    trust: str
    """How a certificate comes to be trusted."""
    sign_in: str
    """Which settings give credentials."""
    region: str = ""


def store_errors() -> tuple[type[Exception], ...]:
    """What obstore and requests of our own raise where a store refuses or does not answer."""
    import urllib3
    from obstore import exceptions

    builtin = (FileNotFoundError, PermissionError, ValueError)
    return (exceptions.BaseError, urllib3.exceptions.HTTPError, Answered, *builtin)


def explain(error: Exception, facts: Facts, act: Act, shown: str) -> KirokError:
    """The error to raise for what came of `act` on the artifact `shown`."""
    if isinstance(error, KirokError):
        return error
    if isinstance(error, ValueError) or type(error).__name__ == "InvalidPathError":
        return InvalidParameter(f"Invalid path: {shown}, or a key below it, has empty segments or control characters.")
    refusal = Refusal.of(error)
    if _LOOKED_UP.search(refusal.text):
        return PermissionDenied(
            f"No credentials for {facts.kind}: tried {facts.credentials_from}, which gave none. {facts.sign_in}"
        )
    is_answer = refusal.status or isinstance(error, FileNotFoundError | PermissionError) or _DENIED.search(refusal.text)
    if not is_answer:
        return _no_answer(refusal, facts, shown)
    return (
        _of_bucket(refusal, facts)
        or _of_credentials(refusal, facts)
        or _of_upload(refusal, shown)
        or _of_object(refusal, facts, act, shown)
    )


def misconfigured(error: Exception, facts: Facts) -> InvalidParameter:
    """The error to raise where obstore does not take what the environment says."""
    reason = str(error).split("\n", maxsplit=1)[0].removesuffix(".").rpartition(" error: ")[2]
    return InvalidParameter(f"{facts.kind} cannot be used with {facts.credentials_from}: {reason}.")


def _of_bucket(refusal: Refusal, facts: Facts) -> KirokError | None:
    word = facts.bucket_word
    if refusal.code in _BUCKET_MISSING:
        return NoSuchBucket(
            f"The {word} {facts.bucket!r} of {facts.uri} does not exist at {facts.endpoint} ({facts.endpoint_from}). "
            f"Make it (`kirok server --create-bucket` does, for the server's own), or correct the location."
        )
    if refusal.code in _NAME_TAKEN:
        return InvalidParameter(
            f"The {word} {facts.bucket!r} cannot be made: somebody else has one of that name. Choose another."
        )
    if refusal.code in _NAME_BAD:
        return InvalidParameter(
            f"The {word} {facts.bucket!r} cannot be made: {facts.kind} allows no such name. Use 3 to 63 lower-case "
            "letters, digits and hyphens."
        )
    if refusal.code in _REGION_WRONG or refusal.status == 301:
        found = _REGION.search(refusal.text)
        region = next((group for group in found.groups() if group), "") if found else ""
        mend = f"Set AWS_REGION={region}." if region else "Set AWS_REGION to it."
        return InvalidParameter(
            f"The {word} {facts.bucket!r} lies in another region{f' ({region})' if region else ''} than "
            f"{facts.region!r}. {mend}"
        )
    return None


def _of_credentials(refusal: Refusal, facts: Facts) -> KirokError | None:
    keys, where = facts.credentials_from, f"{facts.kind} at {facts.endpoint} ({facts.endpoint_from})"
    if refusal.code in _KEY_UNKNOWN:
        return PermissionDenied(f"{where} does not know {keys}. Give a key of that store, or correct the endpoint.")
    if refusal.code in _SECRET_WRONG:
        return PermissionDenied(
            f"{where} refused the signature made with {keys}: the secret does not belong to the key. Copy both anew; "
            "if they are right, check this machine's clock, and that no proxy before the store changes Host or path."
        )
    if refusal.code in _EXPIRED:
        return PermissionDenied(f"The temporary credentials of {keys} have expired, or never were: get new ones.")
    if refusal.code == "RequestTimeTooSkewed":
        return PermissionDenied(
            f"{where} and this machine disagree on the time by more than 15 minutes, so it refuses what this machine "
            "signs. Set the clock (switch NTP on)."
        )
    return None


def _of_upload(refusal: Refusal, shown: str) -> KirokError | None:
    if refusal.code in _UPLOAD_UNFIT:
        return InvalidParameter(
            f"The parts of {shown} do not fit together ({refusal.code}): one is missing, was sent anew since, or is "
            "smaller than the store allows."
        )
    if refusal.code == "NoSuchUpload":
        return NotFound(f"No such upload of {shown}: it was completed, given up, or never begun.")
    if refusal.code in _BODY_SPOILT:
        return Unavailable(f"What arrived of {shown} is not what was sent ({refusal.code}). Try again.")
    return None


def _of_object(refusal: Refusal, facts: Facts, act: Act, shown: str) -> KirokError:
    if refusal.status in (401, 403) or _DENIED.search(refusal.text):
        permission = facts.permissions[act]
        return PermissionDenied(
            f"{facts.kind} does not let {facts.credentials_from} {act} {shown}: {facts.bucket_word} "
            f"{facts.bucket!r} at {facts.endpoint} ({facts.endpoint_from}). Grant {permission}, or give credentials "
            "that have it."
        )
    if refusal.status in (None, 404):
        return NotFound(f"No such artifact: {shown}")
    if refusal.status == 412:
        return Unavailable(f"The artifact {shown} was replaced while it was being read. Try again.")
    said = f"HTTP {refusal.status}{f' {refusal.code}' if refusal.code else ''}"
    if refusal.status in (429, 500, 502, 503, 504):
        return Unavailable(f"{facts.kind} at {facts.endpoint} cannot serve {shown} now: {said}. Try again.")
    return InternalError(f"{facts.kind} at {facts.endpoint} ({facts.endpoint_from}) refused to {act} {shown}: {said}.")


def _no_answer(refusal: Refusal, facts: Facts, shown: str) -> KirokError:
    where = f"{facts.kind} at {facts.endpoint} ({facts.endpoint_from})"
    if _NO_HOST.search(refusal.text):
        return Unavailable(f"{where} cannot be found: its host has no address. Correct the name, or the DNS.")
    if "CaUsedAsEndEntity" in refusal.text:
        return Unavailable(
            f"No secure connection to {where}: its certificate is its own authority's (CA:TRUE), which is refused. "
            "Have one made with basicConstraints=CA:FALSE, or by an authority of your own."
        )
    if _TLS.search(refusal.text):
        return Unavailable(
            f"No secure connection to {where}: its certificate is not trusted, or it does not speak TLS. {facts.trust}"
        )
    if _LATE.search(refusal.text):
        return Unavailable(
            f"{where} did not answer in time for {shown}. Is it reachable from this machine (firewall, proxy)? Slow "
            "transfers may take KIROK_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT seconds."
        )
    return Unavailable(
        f"{where} cannot be reached for {shown}. Does it run, and is the port right? Check the endpoint, and the proxy "
        "settings HTTPS_PROXY and NO_PROXY."
    )
