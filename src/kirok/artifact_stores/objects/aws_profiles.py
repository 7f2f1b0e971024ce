"""What the AWS tools' own files, `~/.aws/credentials` and `~/.aws/config`, say about one profile."""

import configparser
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from kirok.base.errors import InvalidParameter


class Profile(Struct, frozen=True):
    """One profile's settings, of both files together."""

    name: str
    settings: dict[str, str]
    """By their names in the files; empty where neither file has the profile."""
    s3: dict[str, str]
    """Those of the service S3 alone, such as `endpoint_url` and `addressing_style`."""
    files: tuple[str, str]
    """Where was looked."""

    @classmethod
    def read(cls, env: Mapping[str, str], home: Path) -> "Profile":
        """The profile that AWS_PROFILE names, or `default`.

        InvalidParameter where a profile that was asked for is nowhere, or a file cannot be read.
        """
        asked = env.get("AWS_PROFILE") or env.get("AWS_DEFAULT_PROFILE")
        name = asked or "default"
        files = (
            env.get("AWS_SHARED_CREDENTIALS_FILE") or str(home / ".aws" / "credentials"),
            env.get("AWS_CONFIG_FILE") or str(home / ".aws" / "config"),
        )
        keys, config = (_sections(Path(file).expanduser()) for file in files)
        # The file of settings writes [profile name], save for the default one; the file of keys [name].
        found = [config.get(f"profile {name}", config.get(name) if name == "default" else None), keys.get(name)]
        if asked and not any(section is not None for section in found):
            raise InvalidParameter(
                f"AWS_PROFILE={asked!r} names a profile that is neither in {files[0]} nor in {files[1]}. "
                "Correct the name, or unset AWS_PROFILE."
            )
        settings: dict[str, str] = {}
        for section in found:
            settings.update(section or {})
        services = config.get(f"services {settings.get('services', '')}", {})
        return cls(name, settings, {**_nested(settings.get("s3", "")), **_nested(services.get("s3", ""))}, files)


def _sections(file: Path) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=False, default_section="\0")
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, configparser.Error, UnicodeDecodeError) as error:
        # Not its text: a parser quotes the line that it does not understand, which may be a key.
        raise InvalidParameter(
            f"{file} cannot be read ({type(error).__name__}). It consists of [sections] with lines like "
            "`region = eu-central-1`."
        ) from None
    return {" ".join(name.split()): dict(parser[name]) for name in parser.sections()}


def _nested(text: str) -> dict[str, str]:
    """The settings of one service: indented lines below its name."""
    lines = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in lines}
