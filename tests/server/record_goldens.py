"""Writes `goldens/mlflow.json` anew from a real MLflow server: `python -m tests.server.record_goldens ADDRESS`.

The server must be new: `mlflow server --workers 1` in an empty folder.
"""

import json
import sys
from pathlib import Path

import httpx

from server.scenario import hold

GOLDENS = Path(__file__).parent / "goldens" / "mlflow.json"


def main(address: str) -> None:
    """Hold the conversation and keep it."""
    with httpx.Client(base_url=address, timeout=60) as client:
        told = [exchange._asdict() for exchange in hold(client)]
    GOLDENS.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
