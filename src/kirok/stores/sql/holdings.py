"""How much a SQL database holds."""

from kirok.stores.holdings import Holdings
from kirok.stores.sql.database import Database


def count_holdings(database: Database) -> Holdings:
    """Counted by reading an index: half a second for a million runs that were not looked at lately."""
    with database.read() as connection:
        experiments, runs = (
            dict(
                connection.execute(f"SELECT lifecycle_stage, COUNT(*) FROM {table} GROUP BY lifecycle_stage").fetchall()
            )
            for table in ("experiments", "runs")
        )
    return Holdings(
        experiments=experiments.get("active", 0),
        runs=runs.get("active", 0),
        deleted_experiments=experiments.get("deleted", 0),
        deleted_runs=runs.get("deleted", 0),
    )
