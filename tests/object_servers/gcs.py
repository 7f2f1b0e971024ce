"""A stand-in for Google's storage: its XML API in the dialect of moto's S3, for one service account.

It is ours, not Google's: a pass says that the requests are as Google documents them, no more.
"""

import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .buckets import Bucket
from .process import NoObjectServer, ObjectServer

ACCOUNT = "kirok@tests.iam.gserviceaccount.com"


class GcsServer(ObjectServer):
    """A storage with one service account."""

    @classmethod
    def check_programs(cls) -> None:
        for module, comes_from in (("moto", "moto[s3]"), ("cryptography", "cryptography")):
            if importlib.util.find_spec(module) is None:
                raise NoObjectServer(f"No {module} found: pip install '{comes_from}'.")

    def initialize(self) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        account = {
            "type": "service_account",
            "project_id": "tests",
            "private_key_id": "1",
            "private_key": private.decode(),
            "client_email": ACCOUNT,
            "client_id": "1",
            "token_uri": "http://127.0.0.1:9/token",  # nobody need ask there: the key signs its own tokens
        }
        (self.folder / "account.json").write_text(json.dumps(account))
        (self.folder / "public.pem").write_bytes(public)

    def command(self) -> Sequence[str | Path]:
        program = Path(__file__).with_name("gcs_front.py")
        # -P: this folder holds a moto.py, which is not the one that the program imports.
        return [sys.executable, "-P", "-W", "ignore", program, str(self.port), self.folder / "public.pem", ACCOUNT]

    def create(self, bucket: str) -> Bucket:
        from urllib3 import request

        reply = request("POST", f"{self.endpoint}/tests/buckets/{bucket}")
        assert reply.status == 200, reply.data
        return self.named(bucket)

    def named(self, bucket: str) -> Bucket:
        env = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.folder / "account.json"),
            "STORAGE_EMULATOR_HOST": self.endpoint,
        }
        return Bucket(bucket, f"gs://{bucket}/artifacts", env)
