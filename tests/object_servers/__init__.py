"""Real object stores for the tests, plain processes in temporary folders: Ceph's S3, moto, Azurite, a stand-in for GCS.

A server is gone when the processes that use it have ended, however they end. `python -m tests.object_servers rgw` (or
`moto`, `azurite`, `gcs`) runs one for a human, prints the settings of an empty bucket, and waits for Ctrl-C.
"""

from .buckets import Bucket
from .moto import MotoServer
from .process import NoObjectServer, ObjectServer
from .sharing import running, server_for_tests, shared

__all__ = ["Bucket", "MotoServer", "NoObjectServer", "ObjectServer", "running", "server_for_tests", "shared"]
