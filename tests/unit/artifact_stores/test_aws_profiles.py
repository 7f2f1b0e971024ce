"""What ~/.aws says."""

from pathlib import Path

import pytest

from kirok.artifact_stores.objects.aws_profiles import Profile
from kirok.base.errors import InvalidParameter

CREDENTIALS = """
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key = one/two+three=
[lab]
aws_access_key_id=AKLAB
aws_secret_access_key=100%%secret
"""
CONFIG = """
[default]
region = eu-west-1
[profile lab]
region = eu-central-1
endpoint_url = https://all.example.org
services = stores
s3 =
  addressing_style = virtual
[profile   roles]
role_arn = arn:aws:iam::1:role/x
[services stores]
s3 =
  endpoint_url = https://s3.example.org
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with both files."""
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(CREDENTIALS)
    (folder / "config").write_text(CONFIG)
    return tmp_path


def test_the_default_profile_is_found_without_asking(home: Path) -> None:
    profile = Profile.read({}, home)
    assert (profile.name, profile.settings["region"]) == ("default", "eu-west-1")
    assert profile.settings["aws_secret_access_key"] == "one/two+three="


def test_a_profile_is_read_from_both_files(home: Path) -> None:
    profile = Profile.read({"AWS_PROFILE": "lab"}, home)
    assert profile.settings["aws_access_key_id"] == "AKLAB"
    assert profile.settings["region"] == "eu-central-1"
    assert profile.s3 == {"addressing_style": "virtual", "endpoint_url": "https://s3.example.org"}


def test_a_percent_sign_is_a_character_like_others(home: Path) -> None:
    assert Profile.read({"AWS_PROFILE": "lab"}, home).settings["aws_secret_access_key"] == "100%%secret"


def test_a_profile_may_lie_in_one_file_alone(home: Path) -> None:
    assert Profile.read({"AWS_DEFAULT_PROFILE": "roles"}, home).settings["role_arn"].startswith("arn:")


def test_no_files_are_no_settings(tmp_path: Path) -> None:
    assert Profile.read({}, tmp_path).settings == {}


def test_a_profile_that_was_asked_for_must_be_there(home: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"AWS_PROFILE='gone'.*credentials nor in .*config"):
        Profile.read({"AWS_PROFILE": "gone"}, home)


def test_files_may_lie_elsewhere(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("[default]\naws_access_key_id=MINE\naws_secret_access_key=x\n")
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "mine"), "AWS_CONFIG_FILE": str(tmp_path / "none")}
    profile = Profile.read(env, home)
    assert profile.settings == {"aws_access_key_id": "MINE", "aws_secret_access_key": "x"}


def test_a_file_that_is_none_is_named_and_not_quoted(home: Path) -> None:
    (home / ".aws" / "credentials").write_text("aws_secret_access_key = TOPSECRET\n")
    with pytest.raises(InvalidParameter, match="credentials cannot be read") as raised:
        Profile.read({}, home)
    assert "TOPSECRET" not in str(raised.value)


def test_a_file_that_may_not_be_read_is_told(home: Path) -> None:
    (home / ".aws" / "config").unlink()
    (home / ".aws" / "config").mkdir()
    with pytest.raises(InvalidParameter, match="config cannot be read"):
        Profile.read({}, home)
