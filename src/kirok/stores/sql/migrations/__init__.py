"""MLflow's schema through the years: one step per revision, from the tables of 0.9 to the head."""
