"""What is printed of a URI."""

import pytest

from kirok.rules.passwords import without_password


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:secret@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("mysql+pymysql://me:se@cr/et@host/db", "mysql+pymysql://me:***@host/db"),
        (
            "postgresql://me@host/db?password=secret&sslmode=require",
            "postgresql://me@host/db?password=***&sslmode=require",
        ),
        ("postgresql://host/db?sslkey=k&sslpassword=secret", "postgresql://host/db?sslkey=k&sslpassword=***"),
        ("http://host:5000/path", "http://host:5000/path"),
        ("sqlite:///C:/data/mlflow.db", "sqlite:///C:/data/mlflow.db"),
        ("./mlruns", "./mlruns"),
    ],
)
def test_a_password_is_not_shown(uri: str, shown: str) -> None:
    assert without_password(uri) == shown
