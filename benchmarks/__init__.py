"""Measures kirok beside fasttrackml and mlflow: `python -m benchmarks` (see docs/benchmarks.md)."""
