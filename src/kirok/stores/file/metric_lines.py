"""Metric files: one line a point, `<timestamp ms> <value> <step>`, as MLflow has them.

Read as well are the lines of MLflow's first releases, without a step, and those with a dataset's name and digest at
the end. (MLflow reads those last ones at step 0, so none are written here.) A line that does not end was being written
when its writer died, and nobody was told that it was kept: it is no point.
"""

from collections.abc import Iterable

from kirok.entities.metrics import Metric
from kirok.rules.series import Rank, rank
from kirok.rules.values import restored_value


def read_ranks(path: str) -> tuple[list[Rank], int]:
    """(the points in the order of the file, repeated ones as often as they stand there; how many lines are no points).

    FileNotFoundError where there is no file.
    """
    with open(path, "rb") as file:
        return parse_ranks(file.read())


def parse_ranks(content: bytes) -> tuple[list[Rank], int]:
    """As `read_ranks`."""
    found = [_parse_line(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]
    points = [point for point in found if point is not None]
    return points, len(found) - len(points)


def _parse_line(line: bytes) -> Rank | None:
    fields = line.split()
    try:
        return rank(int(fields[2]) if len(fields) > 2 else 0, int(fields[0]), float(fields[1]))
    except (ValueError, IndexError):
        return None


def point_lines(points: Iterable[Metric]) -> bytes:
    """The lines of a run's points."""
    return "".join(f"{point.timestamp} {float(point.value)!r} {point.step}\n" for point in points).encode()


def model_point_lines(points: Iterable[Metric], run_id: str) -> bytes:
    """The lines of a logged model's points: the run that measured them follows, and the dataset where there was one.

    MLflow splits lines at spaces, so a dataset with one in its name is left out: it would make the file unreadable.
    """
    lines = []
    for point in points:
        dataset = (point.dataset_name or "", point.dataset_digest or "")
        told = f" {' '.join(dataset)}" if all(text and text.split() == [text] for text in dataset) else ""
        lines.append(f"{point.timestamp} {float(point.value)!r} {point.step} {run_id}{told}\n")
    return "".join(lines).encode()


def point_at(key: str, at: Rank, run_id: str | None = None) -> Metric:
    """The point of series `key` that stands at a rank."""
    step, timestamp, value, is_nan = at
    return Metric(key, restored_value(value, is_nan), timestamp, step, run_id=run_id)
