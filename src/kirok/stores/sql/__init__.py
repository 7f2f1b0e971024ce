"""Records in a SQL database, in MLflow's own tables."""
