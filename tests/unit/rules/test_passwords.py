"""What is printed of a URI."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.rules.passwords import check_password_is_escaped, without_password


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


@pytest.mark.parametrize("password", ["se@cret", "se/cret", "se?cret", "se#cret"])
def test_a_password_that_ends_early_is_refused_unseen(password: str) -> None:
    with pytest.raises(InvalidParameter, match="%40") as refused:
        check_password_is_escaped(f"postgresql://me:{password}@host/db")
    assert "cret" not in refused.value.message.partition("Write")[0]


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://me:se%40cret@host:5432/db?application_name=a@b",
        "postgresql://host:5432/db?application_name=a@b",
        "postgresql://me@host/db",
        "postgresql:///db?host=/run/postgresql",
        "mysql+pymysql://me:@host/db",
    ],
)
def test_other_passwords_are_taken(uri: str) -> None:
    check_password_is_escaped(uri)
