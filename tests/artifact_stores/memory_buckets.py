"""A bucket in this process's memory: the quickest there is, and without parts of its own, as Google's are."""

from collections.abc import Sequence

import obstore
from obstore.store import MemoryStore

from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.refusals import Facts
from kirok.artifact_stores.objects.removal import remove


class MemoryBucket:
    """A Bucket."""

    parted = None
    direct = None

    def __init__(self, prefix: str = "") -> None:
        self.place = Place("memory://bucket", "memory", "bucket", prefix)
        self.store = MemoryStore()
        acts = ("read", "write", "list", "delete", "create")
        self.facts = Facts(
            kind="Memory",
            bucket="bucket",
            bucket_word="bucket",
            uri=self.place.uri,
            endpoint="here",
            endpoint_from="a test",
            credentials_from="nobody",
            permissions=dict.fromkeys(acts, "nothing"),
            trust="",
            sign_in="",
        )

    def put(self, key: str, content: bytes) -> None:
        obstore.put(self.store, key, content)

    def create(self) -> None:
        """It is there."""

    def remove(self, keys: Sequence[str]) -> None:
        remove(self.store, keys)

    def remove_folder_marker(self, key: str) -> None:
        """It has none."""
