"""Statistics of series, kept beside MLflow's tables in the transaction that stores the points."""
