"""Ceph's object gateway: an S3 that checks signatures, on a cluster of one monitor and one store in memory.

What it holds is in memory and outlives a kill of the gateway, which is what `kill` and `stop` end.
"""

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from .process import PARTS, NoObjectServer, free_port
from .s3 import ACCESS_KEY, SECRET_KEY, S3Server

UNPACKED = PARTS / "ceph"

_CONF = """
[global]
fsid = {cluster}
mon host = v2:127.0.0.1:{port}
mon data = {folder}/mon
osd data = {folder}/osd
run dir = {folder}
keyring = {folder}/keyring
admin socket =
log file =
public addr = 127.0.0.1
ms bind msgr1 = false
# With `none` the gateway hangs at its first request.
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd objectstore = memstore
memstore device bytes = 16G
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush initial weight = 1
mon allow pool size one = true
# The monitor gathers changes for a second before it takes them, and a start makes a dozen, one after the other.
paxos propose interval = 0.02
paxos min wait = 0.01
# A killed gateway is waited for by its successor until then.
osd client watch timeout = 1
# Memory of what was deleted is free again after seconds, not hours.
rgw gc obj min wait = 1
rgw gc processor period = 5
rgw gc processor max time = 5
"""
_PATHS = """
plugin dir = {libraries}/ceph
erasure code dir = {libraries}/ceph/erasure-code
osd class dir = {libraries}/rados-classes
"""


class RgwServer(S3Server):
    """Ceph's S3, unpacked by tools/fetch-parts or installed."""

    @classmethod
    def check_programs(cls) -> None:
        for name in ("radosgw", "ceph-mon", "ceph-osd"):
            _program(name)

    def initialize(self) -> None:
        port, store = free_port(), str(uuid.uuid4())
        conf = _CONF.format(cluster=uuid.uuid4(), port=port, folder=self.folder)
        if UNPACKED.is_dir():
            (libraries,) = UNPACKED.glob("usr/lib/*-linux-gnu")
            conf += _PATHS.format(libraries=libraries)
            searched = [UNPACKED / "lib" / libraries.name, libraries, libraries / "ceph"]
            self.env["LD_LIBRARY_PATH"] = ":".join(map(str, searched))
            self.env["PYTHONPATH"] = str(UNPACKED / "usr/lib/python3/dist-packages")
        (self.folder / "conf").write_text(conf)
        for name in ("mon", "osd"):
            (self.folder / name).mkdir()
        keys = {
            "mon.": ("mon", "allow *"),
            "client.admin": ("mon", "allow *", "osd", "allow *"),
            "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
        }
        self.finish(_program("ceph-authtool"), "keyring", "--create-keyring")
        for name, (service, may, *more) in keys.items():
            caps = ["--cap", service, may, *(["--cap", *more] if more else [])]
            self.finish(_program("ceph-authtool"), "keyring", "--gen-key", "-n", name, *caps)
        self.finish(_program("monmaptool"), "--create", "--addv", "a", f"[v2:127.0.0.1:{port}]", "monmap")
        # The monitor takes all keys of the keyring into its database, so that nobody need be introduced later.
        self.finish(*self._ceph("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring"))
        self.run("mon", self._ceph("ceph-mon", "-i", "a", "-f"))
        self.finish(*self._ceph("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", store))
        self.finish(*self._ceph("ceph", "osd", "new", store, "0"))
        self.run("osd", self._ceph("ceph-osd", "-i", "0", "-f"))
        account = ["--uid=tests", "--display-name=tests", "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]
        self.finish(*self._ceph("radosgw-admin", "user", "create", *account))

    def command(self) -> Sequence[str | Path]:
        listens = f"beast endpoint=127.0.0.1:{self.port}"
        return self._ceph("radosgw", "-n", "client.admin", "-f", "--rgw-frontends", listens)

    def _ceph(self, name: str, *arguments: str) -> Sequence[str | Path]:
        return [_program(name), "-c", self.folder / "conf", *arguments]


def _program(name: str) -> Path:
    unpacked = UNPACKED / "usr" / "bin" / name
    found = unpacked if unpacked.is_file() else shutil.which(name)
    if found is None:
        raise NoObjectServer(
            f"No {name} found. Run tools/fetch-parts, or install Ceph (Debian: radosgw, ceph-mon and ceph-osd)."
        )
    return Path(found)
