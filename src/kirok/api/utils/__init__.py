"""`kirok.utils`: the one module of MLflow's that scripts use, `mlflow_tags`."""
