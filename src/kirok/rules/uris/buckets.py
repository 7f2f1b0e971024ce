"""Places in object stores."""

from typing import Literal

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.rules.uris.escapes import COUNT_IN, decoded, encoded

Provider = Literal["s3", "gcs", "azure"]

PROVIDERS: dict[str, Provider] = {
    "s3": "s3",
    "r2": "s3",
    "b2": "s3",
    "gs": "gcs",
    "az": "azure",
    "azure": "azure",
    "adl": "azure",
    "abfs": "azure",
    "abfss": "azure",
    "wasb": "azure",
    "wasbs": "azure",
}
"""Whose store a scheme belongs to."""


class ObjectLocation(Struct, frozen=True):
    """A prefix in an object store, or the object of that name."""

    scheme: str
    """In lower case: one of PROVIDERS."""
    bucket: str
    """In Azure the container, or file system."""
    key: str = ""
    """As the store has it: no slash at the end, and none before it. `#` is a character like others, `?` none of it."""
    host: str = ""
    """Azure's account, in full (`name.blob.core.windows.net`), or the address of an R2 or B2; "" where the environment
    is to name it.
    """
    query: str = ""
    """What follows `?`: MLflow keeps it behind every path it makes of a location."""

    @property
    def provider(self) -> Provider:
        """Whose store it is."""
        return PROVIDERS[self.scheme]

    @property
    def account(self) -> str:
        """Azure's account by its short name; "" where the environment is to name it."""
        return self.host.partition(".")[0]

    def is_within(self, outer: "ObjectLocation") -> bool:
        """Whether it lies in `outer`, or is it; a query makes no difference."""
        if (self.scheme, self.bucket, self.host) != (outer.scheme, outer.bucket, outer.host):
            return False
        return not outer.key or self.key == outer.key or self.key.startswith(f"{outer.key}/")

    @property
    def uri(self) -> str:
        """As a URI again."""
        key = encoded(self.key) if self.scheme in COUNT_IN else self.key
        authority = f"{self.bucket}@{self.host}" if self.host else self.bucket
        return f"{self.scheme}://{authority}" + (f"/{key}" if key else "") + (f"?{self.query}" if self.query else "")


def object_location(uri: str) -> ObjectLocation:
    """What the URI of a scheme in PROVIDERS names; InvalidParameter where it names no bucket."""
    scheme, _, rest = uri.partition(":")
    scheme = scheme.lower()
    bare, _, query = rest.partition("?")
    authority, _, key = bare.removeprefix("//").partition("/")
    bucket, _, host = authority.partition("@")
    if not bare.startswith("//") or not bucket:
        form = "container@account.dfs.core.windows.net" if PROVIDERS[scheme] == "azure" else "bucket"
        raise InvalidParameter(f"{uri!r} names no bucket: it is written {scheme}://{form}/folder.")
    key = decoded(key, uri).lstrip("/") if scheme in COUNT_IN else key
    return ObjectLocation(scheme, bucket, key.rstrip("/"), host, query)
