"""MLFLOW_S3_UPLOAD_EXTRA_ARGS: what boto3 calls the particulars of a new object, as headers."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from kirok.base.errors import InvalidParameter
from kirok.base.settings import setting

_NAME = "S3_UPLOAD_EXTRA_ARGS"
_HEADERS = {
    "ACL": "x-amz-acl",
    "BucketKeyEnabled": "x-amz-server-side-encryption-bucket-key-enabled",
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
    "ContentType": "Content-Type",
    "ExpectedBucketOwner": "x-amz-expected-bucket-owner",
    "Expires": "Expires",
    "GrantFullControl": "x-amz-grant-full-control",
    "GrantRead": "x-amz-grant-read",
    "GrantReadACP": "x-amz-grant-read-acp",
    "GrantWriteACP": "x-amz-grant-write-acp",
    "ObjectLockLegalHoldStatus": "x-amz-object-lock-legal-hold",
    "ObjectLockMode": "x-amz-object-lock-mode",
    "ObjectLockRetainUntilDate": "x-amz-object-lock-retain-until-date",
    "RequestPayer": "x-amz-request-payer",
    "SSEKMSEncryptionContext": "x-amz-server-side-encryption-context",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "StorageClass": "x-amz-storage-class",
    "Tagging": "x-amz-tagging",
    "WebsiteRedirectLocation": "x-amz-website-redirect-location",
}
# The bytes would be readable only to who sends the key along, which neither listing nor browsers do.
_KEYS_OF_ONES_OWN = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")


def upload_headers(env: Mapping[str, str]) -> dict[str, str]:
    """The headers that the setting asks for. InvalidParameter names what cannot be done."""
    text = setting(env, _NAME)
    if not text:
        return {}
    try:
        arguments = json.loads(text)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise InvalidParameter(f'MLFLOW_{_NAME} is no JSON object: write {{"ServerSideEncryption": "AES256"}}.')
    headers: dict[str, str] = {}
    for name, value in arguments.items():
        headers.update(_header(name, value))
    return headers


def _header(name: str, value: Any) -> dict[str, str]:
    if name == "Metadata" and isinstance(value, dict):
        return {f"x-amz-meta-{key}": quote(str(text), safe=" -_.~/:;=+,@()") for key, text in value.items()}
    if name not in _HEADERS or isinstance(value, dict | list):
        reason = (
            "kirok has no keys of one's own" if name in _KEYS_OF_ONES_OWN else f"use {', '.join(_HEADERS)}, Metadata"
        )
        raise InvalidParameter(f"MLFLOW_{_NAME}: {name!r} is not supported: {reason}.")
    return {_HEADERS[name]: str(value).lower() if isinstance(value, bool) else str(value)}
