"""Array literals as PostgreSQL itself reads them."""

import math
from typing import Any

import psycopg
import pytest

from databases import PostgresqlServer
from kirok.stores.sql.postgresql.arrays import array_literal


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", ["a", 'b"c\\d', None, "{x,y}", "NULL", "", " ", "ü\n,", "a"]),
        ("float8", [1.5, math.inf, -math.inf, None, -0.0, 5e-324, 1.7976931348623157e308, 3]),
        ("int8", [1, None, -(2**63), 2**63 - 1]),
        ("bool", [True, False, None]),
        ("bytea", [b"\x00\x01\xff", None, b"", b"\\x"]),
        ("text", []),
    ],
)
def test_an_array_reads_back(postgresql_server: PostgresqlServer, kind: str, values: list[Any]) -> None:
    with psycopg.connect(postgresql_server.uri("postgres")) as connection:
        statement = f"SELECT unnest(%s::{kind}[])".encode()
        assert [value for (value,) in connection.execute(statement, (array_literal(kind, values),))] == values
