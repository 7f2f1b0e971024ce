"""The options of `kirok server` that say where it listens, and whom it answers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from msgspec import Struct

from kirok.base.settings import ServerSettings
from kirok.cli.later import names
from kirok.cli.lists import listed

_FRAME_OPTIONS = ("SAMEORIGIN", "DENY", "NONE")
_LARGEST_PORT = 65_535
_OPTIONS = (
    click.option(
        "--host",
        "-h",
        envvar=names("HOST"),
        default="127.0.0.1",
        show_default=True,
        help="Network interface to listen on; 0.0.0.0 for all. Which names it answers to is --allowed-hosts.",
    ),
    click.option(
        "--port",
        "-p",
        envvar=names("PORT"),
        type=click.IntRange(0, _LARGEST_PORT),
        default=5000,
        show_default=True,
        help="Port to listen on; 0 for any free one.",
    ),
    click.option(
        "--workers",
        "-w",
        envvar=names("WORKERS"),
        type=click.IntRange(min=1),
        help="Processes that serve, on PostgreSQL and MySQL; one process serves a SQLite database or a folder.",
    ),
    click.option(
        "--static-prefix",
        envvar=names("STATIC_PREFIX"),
        metavar="PATH",
        default="",
        help="Put before every path, as a proxy may ask: begins with a slash, does not end with one.",
    ),
    click.option(
        "--allowed-hosts",
        envvar=names("SERVER_ALLOWED_HOSTS"),
        metavar="NAMES",
        help="Host headers to answer, separated by commas, * as wildcard. [default: localhost and private addresses]",
    ),
    click.option(
        "--cors-allowed-origins",
        envvar=names("SERVER_CORS_ALLOWED_ORIGINS"),
        metavar="ORIGINS",
        help="Other sites whose pages may call this server, separated by commas. [default: pages of this machine]",
    ),
    click.option(
        "--x-frame-options",
        envvar=names("SERVER_X_FRAME_OPTIONS"),
        type=click.Choice(_FRAME_OPTIONS, case_sensitive=False),
        default="SAMEORIGIN",
        show_default=True,
        help="Which pages may show this server's pages in a frame.",
    ),
    click.option(
        "--disable-security-middleware",
        envvar=names("SERVER_DISABLE_SECURITY_MIDDLEWARE"),
        is_flag=True,
        help="Check neither Host nor Origin. Any web page can then read and change your runs.",
    ),
)


class NetworkOptions(Struct, frozen=True):
    """What the options say."""

    host: str
    port: int
    workers: int
    static_prefix: str
    allowed_hosts: tuple[str, ...]
    cors_allowed_origins: tuple[str, ...]
    x_frame_options: str
    check_requests: bool


def network_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets them as one record: `network`."""

    @wraps(command)
    def gathering(
        *,
        host: str,
        port: int,
        workers: int | None,
        static_prefix: str,
        allowed_hosts: str | None,
        cors_allowed_origins: str | None,
        x_frame_options: str,
        disable_security_middleware: bool,
        **given: Any,
    ) -> None:
        network = NetworkOptions(
            host=host,
            port=port,
            workers=workers or 1,
            static_prefix=checked_prefix(static_prefix),
            allowed_hosts=listed(allowed_hosts),
            cors_allowed_origins=listed(cors_allowed_origins),
            x_frame_options=x_frame_options,
            check_requests=not disable_security_middleware,
        )
        command(network=network, **given)

    for option in reversed(_OPTIONS):
        gathering = option(gathering)
    return gathering


def checked_prefix(prefix: str) -> str:
    """A --static-prefix that can stand before every path; UsageError says what is wrong with another."""
    if prefix and not prefix.startswith("/"):
        raise click.UsageError(f"--static-prefix must begin with a '/': {prefix!r} does not.")
    if prefix.endswith("/"):
        raise click.UsageError(f"--static-prefix should not end with a '/': {prefix!r} does.")
    if not set(prefix).isdisjoint("{}?#\\ "):
        raise click.UsageError(f"--static-prefix must not contain braces, '?', '#', '\\' or spaces: {prefix!r} does.")
    return prefix


def exposures(settings: ServerSettings) -> list[str]:
    """A sentence for each setting that opens the server wider than its defaults."""
    if not settings.check_requests:
        return ["Host and Origin are not checked: any web page can read and change what this server keeps."]
    found = []
    if "*" in settings.allowed_hosts:
        found.append("--allowed-hosts=* answers to any name, which lets a web page reach this server by DNS rebinding.")
    if "*" in settings.cors_allowed_origins:
        found.append("--cors-allowed-origins=* lets any web page call this server in its visitors' name.")
    return found
