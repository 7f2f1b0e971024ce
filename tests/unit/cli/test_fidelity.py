"""What a copy tells."""

from kirok.cli.fidelity import shortfall, told
from kirok.services.copy_report import Artifacts, Report


def test_files_that_one_reason_kept_away_are_told_in_one_line() -> None:
    failures = {f"mlflow-artifacts:/1/{run}": "A server keeps these files." for run in range(50)}
    failures["s3://bucket/2"] = "Access denied."
    lines = told(Report(wrote=True, artifacts=Artifacts(failures=failures))).splitlines()
    assert lines[-2:] == [
        "Files at mlflow-artifacts:/1/0 and at 49 more places were not reached: A server keeps these files.",
        "Files at s3://bucket/2 were not reached: Access denied.",
    ]


def test_files_that_were_not_reached_are_not_taken_for_records_that_differ() -> None:
    report = Report(wrote=True, artifacts=Artifacts(failures={"s3://bucket/2": "Access denied."}))
    assert shortfall(report) == ("All records are there, and equal. But files at 1 place were not reached; see above.")
    report = Report(wrote=False, artifacts=Artifacts(differing=["a", "b"]))
    assert shortfall(report) == "All records are there, and equal. But 2 files are missing, or not the same; see above."
    report.tally("runs").missing = 1
    assert shortfall(report) == "The destination is not the same as the source; see above."
