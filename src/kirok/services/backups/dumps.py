"""Databases that bring their own backup tools: the command for a URI, without its password."""

import re
import shlex
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from kirok.rules.passwords import without_password
from kirok.rules.uris.databases import Database

_SECRETS = ("password", "sslpassword")


def dump_advice(database: Database, file: Path) -> str:
    """How to back up a PostgreSQL or MySQL database into `file`, with its own tool."""
    dump = _pg_dump if database.dialect.startswith("postgres") else _mysqldump
    command = dump(database.uri, file)
    return f"{database.dialect} has a backup tool of its own, consistent while servers run. Run: {command}"


def _pg_dump(uri: str, file: Path) -> str:
    # Without the password, which pg_dump asks for.
    bare = re.sub(r"^[^:]+", "postgresql", without_password(uri).replace(":***@", "@"))
    options = parse_qsl(urlsplit(bare).query)
    if any(name in _SECRETS for name, _ in options):
        kept = "&".join(f"{name}={value}" for name, value in options if name not in _SECRETS)
        bare = bare.partition("?")[0] + (f"?{kept}" if kept else "")
    return shlex.join(["pg_dump", "--format=custom", f"--file={file}", bare])


def _mysqldump(uri: str, file: Path) -> str:
    parts = urlsplit(uri)
    socket = dict(parse_qsl(parts.query)).get("unix_socket")
    where = [f"--socket={socket}"] if socket else [f"--host={parts.hostname or 'localhost'}"]
    if parts.port and not socket:
        where.append(f"--port={parts.port}")
    who = [f"--user={unquote(parts.username)}"] if parts.username else []
    asked = ["--password"] if parts.password else []
    database = unquote(parts.path.strip("/"))
    return shlex.join(
        ["mysqldump", "--single-transaction", "--hex-blob", *where, *who, *asked, f"--result-file={file}", database]
    )
