"""Measures kirok beside fasttrackml and mlflow: `python -m benchmarks` (see docs/benchmarks.md)."""

import sys
from pathlib import Path

# The tests' database servers serve here, too, under the name that the tests know them by.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
