"""MLflow's functions on the active run and experiment, one module per noun."""
