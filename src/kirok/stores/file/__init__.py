"""Records in an `mlruns` folder, laid out as MLflow's file store lays them out, so that either reads the other's."""
