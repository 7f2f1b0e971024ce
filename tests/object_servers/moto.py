"""moto: an S3 that starts in a second, for the quick loop. It believes every signature: refusals need Ceph."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from .process import NoObjectServer
from .s3 import S3Server


class MotoServer(S3Server):
    """An S3 in memory, without accounts."""

    @classmethod
    def check_programs(cls) -> None:
        if importlib.util.find_spec("moto") is None:
            raise NoObjectServer("No moto found: pip install 'moto[s3]'.")

    def command(self) -> Sequence[str | Path]:
        return [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
