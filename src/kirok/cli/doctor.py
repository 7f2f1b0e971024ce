"""`kirok doctor`: what stands between this machine and its records, one line for each check."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec

from kirok.cli.printing import printable
from kirok.client.doctor.findings import Outcome, Status
from kirok.rules.passwords import without_password

_MARKS = {Status.OK: "ok", Status.WARNING: "warning", Status.FAILED: "FAILED", Status.SKIPPED: "-"}
_COLOURS = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "red", Status.SKIPPED: "bright_black"}
_WIDTHS = (8, 13)


@click.command("doctor", short_help="Find out why tracking does not work, and what mends it.")
@click.argument("uri", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@click.option(
    "--fix", is_flag=True, help="Do what is safe and local, then check again: make a folder, close a file of passwords."
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one step may take.",
)
@click.option("--verbose", "-v", is_flag=True, help="Print details of what is well, too.")
@click.option("--mask-envs", is_flag=True, expose_value=False, help="As MLflow's; secrets are never printed anyway.")
def command(uri: str | None, as_json: bool, fix: bool, timeout_s: float, verbose: bool) -> None:
    """Check each step from this machine to its records and files, and say what mends those that fail.

    URI is a server (http://host:5000), a database or a folder; without one it is what MLFLOW_TRACKING_URI names, or
    what is used where nothing is named. A tag and a small file are written, and removed again.

    Exits with 1 where a check failed, with 0 where there are warnings alone.
    """
    outcomes = _examined(uri, timeout_s, verbose, quiet=as_json)
    if fix and _fixed(outcomes):
        outcomes = _examined(uri, timeout_s, verbose, quiet=as_json)
    if as_json:
        click.echo(_as_json(uri, outcomes))
    sys.exit(1 if _worst(outcomes) is Status.FAILED else 0)


def _examined(uri: str | None, timeout_s: float, verbose: bool, *, quiet: bool) -> list[Outcome]:
    """What the checks find, each printed at once unless `quiet`."""
    from kirok.client.doctor.examination import examine

    outcomes: list[Outcome] = []
    for outcome in examine(uri, timeout_s=timeout_s):
        outcomes.append(outcome)
        if not quiet and (verbose or outcome.finding.status is not Status.SKIPPED):
            _print(outcome, verbose)
    if not quiet:
        for line in () if verbose else _untried(outcomes):
            click.echo(line)
        click.echo(_summary(outcomes))
    return outcomes


def _print(outcome: Outcome, verbose: bool) -> None:
    finding = outcome.finding
    click.echo(f"{_mark(finding.status)}{outcome.check.ljust(_WIDTHS[1])}{printable(finding.text)}")
    margin = " " * sum(_WIDTHS)
    if finding.mend:
        click.echo(f"{margin}-> {click.style(printable(finding.mend), bold=True)}")
    if verbose or finding.mend:
        for detail in finding.details:
            click.echo(f"{margin}   {printable(detail)}")


def _mark(status: Status) -> str:
    return click.style(_MARKS[status].ljust(_WIDTHS[0]), fg=_COLOURS[status])


def _untried(outcomes: Iterable[Outcome]) -> list[str]:
    """A line for each reason why checks were not tried, with their names."""
    reasons: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.finding.status is Status.SKIPPED:
            reasons.setdefault(outcome.finding.text, []).append(outcome.check)
    return [f"{_mark(Status.SKIPPED)}{printable(why)}: {', '.join(names)}" for why, names in reasons.items()]


def _summary(outcomes: Sequence[Outcome]) -> str:
    counted = [
        (sum(outcome.finding.status is status for outcome in outcomes), word)
        for status, word in ((Status.FAILED, "failure"), (Status.WARNING, "warning"))
    ]
    said = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counted if count]
    return f"{', '.join(said)}." if said else "All is well."


def _worst(outcomes: Iterable[Outcome]) -> Status:
    found = {outcome.finding.status for outcome in outcomes}
    return next((status for status in (Status.FAILED, Status.WARNING) if status in found), Status.OK)


def _fixed(outcomes: Iterable[Outcome]) -> bool:
    """Carry out every fix, each told before it is done; whether anything was done."""
    fixes = [outcome.finding.fix for outcome in outcomes if outcome.finding.fix is not None]
    if not fixes:
        click.echo("There is nothing here that --fix may do.", err=True)
    done = False
    for fix in fixes:
        click.echo(f"--fix: {printable(fix.does)}", err=True)
        try:
            fix.act()
            done = True
        except OSError as error:
            click.echo(f"Error: {printable(str(error))}", err=True)
    return done


def _as_json(uri: str | None, outcomes: Sequence[Outcome]) -> str:
    from kirok.client.doctor.examination import target_of

    target = target_of(uri, os.environ, Path.cwd())
    checks = [
        {
            "check": outcome.check,
            "leg": outcome.leg,
            "status": outcome.finding.status.value,
            "text": outcome.finding.text,
            "mend": outcome.finding.mend or None,
            "details": outcome.finding.details,
            "fix": outcome.finding.fix.does if outcome.finding.fix else None,
        }
        for outcome in outcomes
    ]
    report = {
        "uri": without_password(target.uri),
        "named_by": target.source,
        "status": _worst(outcomes).value,
        "checks": checks,
    }
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
