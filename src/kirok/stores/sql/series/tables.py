"""The tables that statistics of series are kept in. MLflow's `metrics` stays the truth; these can be made anew."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kirok.stores.sql.connection import Connection

# One row for each (run, key) of `metrics`, in the forms MLflow stores: ±1.7976931348623157e308 stands for ±Infinity,
# (0, is_nan) for NaN. minimum, maximum, their steps and mean are NULL where every point is NaN; mean is also NULL where
# both infinities are among the numbers, which makes it NaN. No foreign key: it would stand in the way of MLflow's gc.
_SERIES = """
CREATE TABLE IF NOT EXISTS kirok_series (
    run_uuid {run} NOT NULL,
    metric_key {key} NOT NULL,
    points BIGINT NOT NULL,
    numbers BIGINT NOT NULL,
    minimum {double},
    minimum_step BIGINT,
    maximum {double},
    maximum_step BIGINT,
    mean {double},
    first_step BIGINT NOT NULL,
    first_timestamp BIGINT NOT NULL,
    first_value {double} NOT NULL,
    first_is_nan BOOLEAN NOT NULL,
    last_step BIGINT NOT NULL,
    last_timestamp BIGINT NOT NULL,
    last_value {double} NOT NULL,
    last_is_nan BOOLEAN NOT NULL,
    PRIMARY KEY (run_uuid, metric_key)
){tail}
"""

# How far work has come that outlives a process: a number and, where the number alone may lie, what stood there.
_MARKS = """
CREATE TABLE IF NOT EXISTS kirok_marks (
    name VARCHAR(64) NOT NULL,
    position BIGINT NOT NULL,
    witness VARCHAR(700),
    PRIMARY KEY (name)
){tail}
"""

_DIALECTS = {
    "sqlite": {"run": "VARCHAR(32)", "key": "VARCHAR(250)", "double": "FLOAT", "tail": " WITHOUT ROWID"},
    "postgresql": {"run": "VARCHAR(32)", "key": "VARCHAR(250)", "double": "DOUBLE PRECISION", "tail": ""},
    "mysql": {
        "run": "VARCHAR(32)",
        "key": "VARCHAR(250)",
        "double": "DOUBLE",
        "tail": " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    },
}


def statements(kind: str) -> tuple[str, ...]:
    """What makes the tables where they are missing, on a dialect of this kind (`sqlite`, `postgresql`, `mysql`)."""
    words = _DIALECTS[kind]
    return tuple(statement.format(**words) for statement in (_SERIES, _MARKS))


def are_there(connection: "Connection") -> bool:
    """Whether the tables are there. They are not where the account may not make any."""
    names = {name for (name,) in connection.execute(connection.dialect.table_names)}
    return {"kirok_series", "kirok_marks"} <= names


def create(connection: "Connection") -> None:
    """Make the tables where they are missing."""
    for statement in statements(connection.dialect.kind):
        connection.execute(statement)
