"""Signatures, held against those that Amazon has published."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from kirok.artifact_stores.objects.sigv4 import (
    Credentials,
    Scope,
    encoded_path,
    encoded_query,
    presigned_query,
    signed_headers,
)

# "Signature Calculations for the Authorization Header" and "Using Query Parameters" in the S3 API reference.
S3_KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
S3_DAY = datetime(2013, 5, 24, tzinfo=UTC)
HOST = {"Host": "examplebucket.s3.amazonaws.com"}
NOTHING = sha256(b"").hexdigest()

# The test suite of Signature Version 4.
SUITE_KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SUITE_DAY = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
SUITE_HOST = {"Host": "example.amazonaws.com"}


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "payload", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {},
            {"Range": "bytes=0-9"},
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test$file.text",
            {},
            {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/",
            {"lifecycle": ""},
            {},
            b"",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/",
            {"max-keys": "2", "prefix": "J"},
            {},
            b"",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_headers_are_signed_as_in_amazons_examples(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], payload: bytes, signature: str
) -> None:
    sent = signed_headers(
        S3_KEYS,
        Scope("us-east-1"),
        S3_DAY,
        method,
        path,
        query,
        {**HOST, **headers},
        sha256(payload).hexdigest(),
    )
    assert sent["Authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders="
    )
    assert sent["Authorization"].endswith(f"Signature={signature}")
    assert sent["X-Amz-Date"] == "20130524T000000Z"


def test_a_query_is_signed_as_in_amazons_example() -> None:
    query = presigned_query(S3_KEYS, Scope("us-east-1"), S3_DAY, "GET", "/test.txt", {}, HOST, 86400)
    assert query == (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@pytest.mark.parametrize(
    ("method", "query", "headers", "signature"),
    [
        ("GET", {}, {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", {}, {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            {"Param2": "value2", "Param1": "value1"},
            {},
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ],
)
def test_other_services_are_signed_as_in_amazons_test_suite(
    method: str, query: dict[str, str], headers: dict[str, str], signature: str
) -> None:
    scope = Scope("us-east-1", "service")
    sent = signed_headers(SUITE_KEYS, scope, SUITE_DAY, method, "/", query, {**SUITE_HOST, **headers}, NOTHING)
    assert sent["Authorization"].endswith(f"Signature={signature}")


def test_temporary_credentials_send_their_token_and_sign_it() -> None:
    keys = Credentials("AKID", "secret", "a token")
    sent = signed_headers(keys, Scope("us-east-1"), S3_DAY, "GET", "/", {}, HOST, NOTHING)
    assert sent["X-Amz-Security-Token"] == "a token"
    assert "x-amz-security-token" in sent["Authorization"]
    query = presigned_query(keys, Scope("us-east-1"), S3_DAY, "GET", "/", {}, HOST, 60)
    assert "X-Amz-Security-Token=a%20token" in query


def test_paths_and_queries_are_encoded_once() -> None:
    assert encoded_path("/a b/100%.txt/ü~'()*!") == "/a%20b/100%25.txt/%C3%BC~%27%28%29%2A%21"
    assert encoded_query({"b": "x/y", "a": "1 2", "": "z"}) == "=z&a=1%202&b=x%2Fy"
