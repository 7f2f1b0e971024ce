"""Real object stores for the tests, plain processes in temporary folders: Ceph's S3, moto, Azurite, a stand-in for GCS.

A server is this process's own and is gone when it ends, however it ends. `python -m tests.object_servers rgw` (or
`moto`, `azurite`, `gcs`) runs one for a human, prints the settings of an empty bucket, and waits for Ctrl-C.
"""

from .azurite import AzuriteServer
from .buckets import Bucket
from .gcs import GcsServer
from .launching import running, server_for_tests
from .moto import MotoServer
from .process import NoObjectServer, ObjectServer
from .rgw import RgwServer
from .s3 import S3Server

__all__ = [
    "AzuriteServer",
    "Bucket",
    "GcsServer",
    "MotoServer",
    "NoObjectServer",
    "ObjectServer",
    "RgwServer",
    "S3Server",
    "running",
    "server_for_tests",
]
