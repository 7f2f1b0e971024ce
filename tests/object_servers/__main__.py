"""Runs one server for a human."""

import shlex
import signal
import sys
from collections.abc import Callable, Sequence

from .azurite import AzuriteServer
from .gcs import GcsServer
from .moto import MotoServer
from .process import NoObjectServer, ObjectServer
from .rgw import RgwServer

KINDS: dict[str, Callable[[], ObjectServer]] = {
    "rgw": RgwServer.launch,
    "moto": MotoServer.launch,
    "azurite": AzuriteServer.launch,
    "gcs": GcsServer.launch,
}


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 1 or arguments[0] not in KINDS:
        sys.exit(f"usage: python -m tests.object_servers {'|'.join(KINDS)}")
    try:
        server = KINDS[arguments[0]]()
    except NoObjectServer as missing:
        sys.exit(str(missing))
    try:
        bucket = server.create("kirok")
        for name, value in bucket.env.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# {bucket.uri}", flush=True)
        signal.sigwait([signal.SIGINT, signal.SIGTERM])
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


if __name__ == "__main__":
    main(sys.argv[1:])
