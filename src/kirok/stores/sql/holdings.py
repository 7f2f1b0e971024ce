"""How much a SQL database holds."""

from kirok.stores.holdings import MOST_COUNTED, Holdings
from kirok.stores.sql.database import Database


def count_holdings(database: Database) -> Holdings:
    """Counted by reading an index, of runs as far as MOST_COUNTED: some 10 ms."""
    with database.read() as connection:
        experiments, runs = (
            dict(
                connection.execute(
                    f"SELECT t.lifecycle_stage, COUNT(*) FROM (SELECT lifecycle_stage FROM {table} LIMIT ?) t "
                    "GROUP BY t.lifecycle_stage",
                    (MOST_COUNTED + 1,),
                ).fetchall()
            )
            for table in ("experiments", "runs")
        )
    counted = sum(runs.values())
    return Holdings(
        experiments=experiments.get("active", 0),
        runs=runs.get("active", 0) - (counted > MOST_COUNTED),
        deleted_experiments=experiments.get("deleted", 0),
        deleted_runs=runs.get("deleted", 0),
        is_cut_off=counted > MOST_COUNTED,
    )
