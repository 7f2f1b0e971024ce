"""How a container of Azure Blob Storage is reached: from the location and the environment."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from kirok.artifact_stores.objects.connections import Link, checked_endpoint
from kirok.artifact_stores.objects.places import Place
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings

_CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
_ENDPOINTS = ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
_KEYS = ("AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_MASTER_KEY")
_TOKENS = ("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY")
# What obstore finds by itself, for messages: the first that is set.
_OTHERS = (
    "AZURE_STORAGE_TOKEN",
    "AZURE_STORAGE_CLIENT_SECRET",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_USE_AZURE_CLI",
)
# A row may name any host; credentials go to Azure's alone, in its clouds (also China's and the US government's).
_HOST = re.compile(
    r"[a-z0-9]{3,24}(-secondary)?\.(z\d+\.)?blob\.(core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|cloudapi\.de)"
    r"|storage\.azure\.net)"
    r"|[a-z0-9-]*onelake\.blob\.fabric\.microsoft\.com"
)
# The emulator's account and key are the same everywhere, and published.
_EMULATOR = {
    "AccountName": "devstoreaccount1",
    "AccountKey": "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    "BlobEndpoint": "http://127.0.0.1:10000/devstoreaccount1",
}


class AzureSettings(Struct, frozen=True):
    """One container, how it is reached, and by whom."""

    place: Place
    link: Link
    endpoint_from: str
    account: str
    key: str | None
    """The account's; None where others come in."""
    sas: str | None
    """A shared access signature, as a query string."""
    credentials_from: str

    @classmethod
    def read(cls, place: Place, settings: ArtifactSettings, env: Mapping[str, str]) -> "AzureSettings":
        """InvalidParameter for a setting that cannot be used, by its name; a connection string comes before all else,
        as in MLflow.
        """
        connection = _connection(env)
        endpoint, endpoint_from, account = _endpoint(place, env, connection)
        key, key_from = connection.get("AccountKey"), _CONNECTION
        sas = connection.get("SharedAccessSignature")
        if not key and not sas:
            key, key_from = _first(env, _KEYS)
            if not key:
                sas, key_from = _first(env, _TOKENS)
        if not key and not sas:
            key_from = _first(env, _OTHERS)[1] or "the managed identity of this machine"
        return cls(
            place=place,
            link=Link(endpoint, timeout_s=settings.timeout_s),
            endpoint_from=endpoint_from,
            account=account,
            key=key or None,
            sas=sas.removeprefix("?") if sas else None,
            credentials_from=key_from,
        )


def _first(env: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    """The value and the name of the first that is set."""
    return next(((env[name], name) for name in names if env.get(name)), ("", ""))


def _connection(env: Mapping[str, str]) -> dict[str, str]:
    text = env.get(_CONNECTION, "").strip()
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    if any(not mark for _, mark, _ in pairs):
        raise InvalidParameter(
            f"{_CONNECTION} is not of the form Name=value;Name=value: copy it anew from the account's page "
            "'Access keys'."
        )
    found = {name.strip(): value.strip() for name, _, value in pairs}
    return {**_EMULATOR, **found} if found.get("UseDevelopmentStorage", "").lower() == "true" else found


def _endpoint(place: Place, env: Mapping[str, str], connection: dict[str, str]) -> tuple[str, str, str]:
    """The address of the account, where that was read, and the account's name."""
    host = place.host.replace(".dfs.", ".blob.", 1)
    account = connection.get("AccountName") or host.partition(".")[0] or env.get("AZURE_STORAGE_ACCOUNT_NAME", "")
    if connection:
        scheme = connection.get("DefaultEndpointsProtocol", "https")
        suffix = connection.get("EndpointSuffix", "core.windows.net")
        blobs = connection.get("BlobEndpoint") or (f"{scheme}://{account}.blob.{suffix}" if account else "")
        if not blobs:
            raise InvalidParameter(f"{_CONNECTION} names neither AccountName nor BlobEndpoint.")
        endpoint = checked_endpoint(f"BlobEndpoint of {_CONNECTION}", blobs)
        parts = urlsplit(endpoint)
        return endpoint, _CONNECTION, account or parts.path.strip("/") or (parts.hostname or "").partition(".")[0]
    url, name = _first(env, _ENDPOINTS)
    if url:
        return checked_endpoint(name, url), name, account
    if host:
        if not _HOST.fullmatch(host):
            raise InvalidParameter(
                f"The artifact location {place.uri!r} names no account of Azure's: {host!r} would be given this "
                "process's credentials. For another address set AZURE_STORAGE_CONNECTION_STRING or "
                "AZURE_STORAGE_ENDPOINT."
            )
        return f"https://{host}", "the location", account
    if account:
        return f"https://{account}.blob.core.windows.net", "AZURE_STORAGE_ACCOUNT_NAME", account
    raise InvalidParameter(
        f"The artifact location {place.uri!r} names no account. Write wasbs://container@account.blob.core.windows.net/"
        "path, or set AZURE_STORAGE_ACCOUNT_NAME or AZURE_STORAGE_CONNECTION_STRING."
    )
