"""Where a location points to: a bucket (a container, on Azure) and a folder in it."""

from msgspec import Struct

from kirok.rules.uris.buckets import object_location


class Place(Struct, frozen=True):
    """`s3://bucket/prefix`, taken apart."""

    uri: str
    """As it was written, without a slash at its end."""
    scheme: str
    bucket: str
    prefix: str = ""
    """The folder in it; "" for the whole bucket. Doubled slashes count as one."""
    host: str = ""
    """Azure's account, in full."""

    @classmethod
    def parse(cls, location: str) -> "Place":
        """InvalidParameter where no bucket is named. What follows a `?` is no part of a key, as MLflow has it."""
        found = object_location(location)
        prefix = "/".join(segment for segment in found.key.split("/") if segment)
        return cls(location.rstrip("/"), found.scheme, found.bucket, prefix, found.host)

    def key(self, path: str) -> str:
        """The name of the object at `path` below the location."""
        return "/".join(part for part in (self.prefix, path) if part)

    def path(self, key: str) -> str:
        """The path below the location of an object in it."""
        return key[len(self.prefix) + 1 :] if self.prefix else key
