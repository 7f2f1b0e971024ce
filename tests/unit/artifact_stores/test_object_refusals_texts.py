"""Refusals that no server of the tests' gives."""

import errno
from typing import cast

import pytest
import urllib3

from kirok.artifact_stores.objects.protocols import Bucket
from kirok.artifact_stores.objects.refusals import Answered, Facts, explain
from kirok.artifact_stores.objects.told import told
from kirok.base.errors import InternalError, InvalidParameter, KirokError, PermissionDenied, Unavailable
from kirok.entities.artifacts import ArtifactPath

FACTS = Facts(
    kind="S3",
    bucket="mine",
    bucket_word="bucket",
    uri="s3://mine/x",
    endpoint="https://s3.us-east-1.amazonaws.com",
    endpoint_from="Amazon's own",
    credentials_from="the key of AWS_ACCESS_KEY_ID",
    permissions={"read": "s3:GetObject", "write": "s3:PutObject"},
    trust="",
    sign_in="Set AWS_ACCESS_KEY_ID.",
    region="us-east-1",
)

ELSEWHERE = "<Endpoint>mine.s3.eu-west-1.amazonaws.com</Endpoint>"


def body(code: str, rest: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>m</Message>{rest}</Error>".encode()


@pytest.mark.parametrize(
    ("status", "answer", "kind", "says"),
    [
        (301, body("PermanentRedirect", ELSEWHERE), InvalidParameter, "=eu-west-1"),
        (400, body("AuthorizationHeaderMalformed", "<Region>ap-south-1</Region>"), InvalidParameter, "=ap-south-1"),
        (301, b"", InvalidParameter, "AWS_REGION"),
        (403, body("RequestTimeTooSkewed"), PermissionDenied, "Set the clock"),
        (400, body("ExpiredToken"), PermissionDenied, "have expired"),
        (409, body("BucketAlreadyExists"), InvalidParameter, "somebody else"),
        (400, body("XAmzContentSHA256Mismatch"), Unavailable, "not what was sent"),
        (400, body("EntityTooSmall"), InvalidParameter, "do not fit together"),
        (403, b"", PermissionDenied, "Grant s3:PutObject"),
        (503, body("SlowDown"), Unavailable, "503 SlowDown"),
        (400, body("Odd"), InternalError, "400 Odd"),
        (418, b"<html>", InternalError, "418"),
    ],
)  # fmt: skip
def test_an_answer_is_told_with_its_mend(status: int, answer: bytes, kind: type[KirokError], says: str) -> None:
    error = explain(Answered(status, {}, answer), FACTS, "write", "'a'")
    assert type(error) is kind
    assert says in error.message


def test_an_answer_that_quotes_a_secret_is_not_quoted() -> None:
    answer = body("Odd", "<StringToSign>AWS4-HMAC SECRET</StringToSign><AWSAccessKeyId>SECRET</AWSAccessKeyId>")
    assert "SECRET" not in explain(Answered(400, {}, answer), FACTS, "read", "'a'").message


def test_credentials_that_nobody_gave_are_asked_for() -> None:
    error = urllib3.exceptions.HTTPError("Error performing token request: http://169.254.169.254/identity: dns error")
    refused = explain(error, FACTS, "read", "'a'")
    assert isinstance(refused, PermissionDenied)
    assert "Set AWS_ACCESS_KEY_ID." in refused.message


class Refusing:
    """A bucket whose store is never asked."""

    facts = FACTS


# What obstore's writer raises on a machine without an identity: not one of obstore's classes.
NO_IDENTITY = "Generic GCS error: Error performing token request: Error performing GET http://169.254.169.254/token"


def test_what_a_writer_of_obstore_raises_is_told_like_other_refusals() -> None:
    asked = pytest.raises(PermissionDenied, match=r"Set AWS_ACCESS_KEY_ID\.")
    with asked as raised, told(cast(Bucket, Refusing()), "write", ArtifactPath("a")):
        raise OSError(NO_IDENTITY)
    assert "169.254" not in raised.value.message


def test_what_this_machine_refuses_is_not_the_stores_refusal() -> None:
    with pytest.raises(OSError, match="No space left"), told(cast(Bucket, Refusing()), "read", ArtifactPath("a")):
        raise OSError(errno.ENOSPC, "No space left")
