"""What a copy did, told to a person."""

from collections.abc import Iterator

from kirok.cli.printing import printable, table
from kirok.cli.sizes import counted
from kirok.services.copy_report import Artifacts, Conflict, Report, Tally

_SHOWN_FAILURES = 20


def shortfall(report: Report) -> str:
    """What keeps the two sides from being the same, in a sentence."""
    files = report.artifacts
    if files is None or not report.has_equal_rows:
        return "The destination is not the same as the source; see above."
    parts = []
    if files.failures:
        parts.append(f"files at {counted(len(files.failures), 'place')} were not reached")
    if files.differing:
        verb = "is" if len(files.differing) == 1 else "are"
        parts.append(f"{counted(len(files.differing), 'file')} {verb} missing, or not the same")
    return f"All records are there, and equal. But {' and '.join(parts)}; see above."


def told(report: Report) -> str:
    """The report as text."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    headers = ["Rows", "Source", "Equal", *(("Written", "Overwritten") if report.wrote else ("Missing", "Differing"))]
    rows = [[kind, *_counts(tally)] for kind, tally in report.tallies.items() if tally.source or tally.extra]
    yield table([*headers, "Conflicts", "Refused", "Only there"], rows)
    for placed in report.experiments:
        if placed.note:
            yield f"Experiment {placed.source_id} is {placed.destination_id} ({printable(placed.name)}): {placed.note}."
    for kind, count in report.unheld.items():
        yield f"Left behind: {count:,} rows of {kind}, which this kind of store cannot hold."
    for kind, columns in report.unheld_columns.items():
        yield f"Not kept, as this kind of store has no place for it: {', '.join(columns)} of {kind}."
    for difference in report.differences:
        yield printable(difference)
    for refusal in report.refusals:
        yield printable(f"Refused: {refusal}")
    for conflict in report.conflicts:
        yield _conflict(conflict)
    if report.artifacts is not None:
        yield from _files(report.artifacts, wrote=report.wrote)


def _counts(tally: Tally) -> list[str]:
    counts = (tally.source, tally.same, tally.missing, tally.changed, tally.conflicts, tally.refused, tally.extra)
    return [f"{count:,}" for count in counts]


def _conflict(conflict: Conflict) -> str:
    differing = [
        f"{column} {ours!r} at the source, {theirs!r} at the destination"
        for column, ours, theirs in zip(conflict.columns, conflict.source, conflict.destination, strict=True)
        if ours != theirs
    ]
    return printable(f"Conflict in {conflict.kind} {conflict.key!r}, left as it was: {'; '.join(differing)}.")


def _files(artifacts: Artifacts, *, wrote: bool) -> Iterator[str]:
    yield f"Files: {artifacts.files:,} ({artifacts.size_bytes:,} bytes)" + (
        f", of which {artifacts.copied:,} ({artifacts.copied_bytes:,} bytes) were copied." if wrote else "."
    )
    for path in artifacts.differing[:_SHOWN_FAILURES]:
        yield f"File missing, or not the same: {printable(path)}"
    if len(artifacts.differing) > _SHOWN_FAILURES:
        yield f"… and {len(artifacts.differing) - _SHOWN_FAILURES:,} more."
    places: dict[str, list[str]] = {}
    for place, why in artifacts.failures.items():
        places.setdefault(why, []).append(place)
    for why, unreached in list(places.items())[:_SHOWN_FAILURES]:
        others = f" and at {counted(len(unreached) - 1, 'more place')}" if len(unreached) > 1 else ""
        yield f"Files at {printable(unreached[0])}{others} were not reached: {printable(why)}"
    if len(places) > _SHOWN_FAILURES:
        yield f"… and files elsewhere, for {len(places) - _SHOWN_FAILURES:,} more reasons."
