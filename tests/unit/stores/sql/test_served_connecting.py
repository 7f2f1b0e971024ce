"""What is said of a database that cannot be reached."""

import pymysql
import pytest

from kirok.base.errors import Unavailable
from kirok.base.settings import DatabaseSettings
from kirok.stores.open import database_server


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:s3cret@host:1/runs", "postgresql://me:***@host:1/runs"),
        ("postgresql+psycopg2://me:s3cret@host/runs?sslmode=require", "postgresql+psycopg2://me:***@host/runs?sslmode=require"),
        ("postgresql://host/runs?user=me&password=s3cret", "postgresql://host/runs?user=me&password=***"),
        ("postgresql://host/runs?sslpassword=s3cret&user=me", "postgresql://host/runs?sslpassword=***&user=me"),
        ("postgresql://me@host:1/runs", "postgresql://me@host:1/runs"),
        ("mysql+pymysql://me:s3cret@host/runs", "mysql+pymysql://me:***@host/runs"),
    ],
)  # fmt: skip
def test_a_password_is_not_shown(uri: str, shown: str) -> None:
    assert database_server(uri, DatabaseSettings()).shown == shown


def test_an_account_that_needs_cryptography_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> None:
        raise RuntimeError("'cryptography' package is required for sha256_password or caching_sha2_password")

    monkeypatch.setattr(pymysql.Connection, "connect", refused)
    with pytest.raises(Unavailable, match="pip install cryptography"):
        database_server("mysql+pymysql://me:s3cret@host/runs", DatabaseSettings()).connect()
