"""Azure's shared access signatures, made with an account's key: query strings that let others in. Pure functions."""

import base64
import hmac
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from msgspec import Struct

_VERSION = "2021-12-02"


class Account(Struct, frozen=True):
    """Who signs."""

    name: str
    key: str
    """In base64, as Azure shows it."""
    is_https: bool
    """Whether what is signed is good for TLS alone."""


def blob_signature(
    account: Account,
    container: str,
    blob: str,
    permission: Literal["r", "w", "d"],
    expiry: datetime,
    disposition: str = "",
) -> str:
    """For one blob: https://learn.microsoft.com/rest/api/storageservices/create-service-sas"""
    until, protocol = _written(expiry), "https" if account.is_https else ""
    resource = f"/blob/{account.name}/{container}/{blob}"
    # Permission, start, end, resource, policy, addresses, protocol, version, kind (blob), snapshot, scope of
    # encryption, and how the answer's headers are to read: caching, disposition, encoding, language, type.
    lines = [permission, "", until, resource, "", "", protocol, _VERSION, "b", "", "", "", disposition, "", "", ""]
    fields = {"sv": _VERSION, "sr": "b", "sp": permission, "se": until, "spr": protocol, "rscd": disposition}
    return _signed(account, lines, fields)


def account_signature(account: Account, expiry: datetime, *, resources: str = "c", permissions: str = "c") -> str:
    """For the whole account, to make containers (`c`) unless more is asked for:
    https://learn.microsoft.com/rest/api/storageservices/create-account-sas
    """
    until, protocols = _written(expiry), "https" if account.is_https else "https,http"
    # The account, permissions, service (blob), resources, start, end, addresses, protocols,
    # version, scope of encryption; each line ends.
    lines = [account.name, permissions, "b", resources, "", until, "", protocols, _VERSION, "", ""]
    fields = {"sv": _VERSION, "ss": "b", "srt": resources, "sp": permissions, "se": until, "spr": protocols}
    return _signed(account, lines, fields)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _signed(account: Account, lines: list[str], fields: dict[str, str]) -> str:
    proof = hmac.digest(base64.b64decode(account.key), "\n".join(lines).encode(), "sha256")
    given = {name: value for name, value in fields.items() if value}
    return urlencode({**given, "sig": base64.b64encode(proof).decode()})
