"""`kirok doctor`: what stands between this machine and its records, one line for each check."""

import sys
from collections.abc import Iterable

import click
import msgspec

from kirok.cli.printing import printable
from kirok.client.doctor.findings import Fix, Outcome, Status

_MARKS = {Status.OK: "ok", Status.WARNING: "warning", Status.FAILED: "FAILED", Status.SKIPPED: "-"}
_COLOURS = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "red", Status.SKIPPED: "bright_black"}
_WIDTHS = (8, 13)


@click.command("doctor", short_help="Find out why tracking does not work, and what mends it.")
@click.argument("uri", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@click.option(
    "--fix", is_flag=True, help="Do what is safe and local: make a missing folder, close a file of passwords."
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
@click.option("--mask-envs", is_flag=True, help="Accepted for MLflow's sake: secrets are never printed.")
def command(uri: str | None, as_json: bool, fix: bool, timeout_s: float, verbose: bool, mask_envs: bool) -> None:  # noqa: ARG001
    """Check each step from this machine to its records and files, and say what mends those that fail.

    URI is a server (http://host:5000), a database or a folder; without one it is what MLFLOW_TRACKING_URI names, or
    what is used where nothing is named. Writes a tag and a small file, and removes them again.

    Exits with 1 where a check failed, with 0 where there are warnings alone.
    """
    from kirok.client.doctor.examination import examine

    outcomes: list[Outcome] = []
    for outcome in examine(uri, timeout_s=timeout_s):
        outcomes.append(outcome)
        if not as_json and (verbose or outcome.finding.status is not Status.SKIPPED):
            _print(outcome, verbose)
    if as_json:
        click.echo(_as_json(outcomes))
    else:
        for line in () if verbose else _untried(outcomes):
            click.echo(line)
        click.echo(_summary(outcomes))
    did_all = _do(outcomes, quiet=as_json) if fix else True
    failures = [outcome for outcome in outcomes if outcome.finding.status is Status.FAILED]
    mended = fix and did_all and all(outcome.finding.fix for outcome in failures)
    sys.exit(1 if failures and not mended else 0)


def _print(outcome: Outcome, verbose: bool) -> None:
    finding = outcome.finding
    mark = click.style(_MARKS[finding.status].ljust(_WIDTHS[0]), fg=_COLOURS[finding.status])
    click.echo(f"{mark}{outcome.check.ljust(_WIDTHS[1])}{printable(finding.text)}")
    margin = " " * sum(_WIDTHS)
    if finding.mend:
        click.echo(f"{margin}-> {click.style(printable(finding.mend), bold=True)}")
    if verbose or finding.mend:
        for detail in finding.details:
            click.echo(f"{margin}   {printable(detail)}")


def _untried(outcomes: Iterable[Outcome]) -> list[str]:
    """A line for each reason why checks were not tried, with their names."""
    reasons: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.finding.status is Status.SKIPPED:
            reasons.setdefault(outcome.finding.text, []).append(outcome.check)
    mark = click.style(_MARKS[Status.SKIPPED].ljust(_WIDTHS[0]), fg=_COLOURS[Status.SKIPPED])
    return [f"{mark}{printable(reason)}: {', '.join(names)}" for reason, names in reasons.items()]


def _summary(outcomes: Iterable[Outcome]) -> str:
    counts = {status: sum(outcome.finding.status is status for outcome in outcomes) for status in Status}
    failures, warnings = counts[Status.FAILED], counts[Status.WARNING]
    if failures + warnings == 0:
        return "All is well."
    said = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((failures, "failure"), (warnings, "warning"))
        if count
    ]
    return ", ".join(said) + "."


def _do(outcomes: Iterable[Outcome], *, quiet: bool) -> bool:
    """Carry out every fix, each said before it is done; whether all came off."""
    fixes: list[Fix] = [outcome.finding.fix for outcome in outcomes if outcome.finding.fix is not None]
    if not fixes and not quiet:
        click.echo("There is nothing that --fix may do: the rest is yours to decide.", err=True)
    came_off = True
    for fix in fixes:
        click.echo(f"Now: {printable(fix.does)}", err=True)
        try:
            fix.act()
        except OSError as error:
            came_off = False
            click.echo(f"Error: {printable(str(error))}", err=True)
    return came_off


def _as_json(outcomes: Iterable[Outcome]) -> str:
    checks = [
        {
            "check": outcome.check,
            "leg": outcome.leg,
            "status": outcome.finding.status.value,
            "text": outcome.finding.text,
            "mend": outcome.finding.mend or None,
            "details": list(outcome.finding.details),
            "fix": outcome.finding.fix.does if outcome.finding.fix else None,
        }
        for outcome in outcomes
    ]
    worst = Status.OK
    for status in (Status.FAILED, Status.WARNING):
        if any(check["status"] == status.value for check in checks):
            worst = status
            break
    return msgspec.json.format(msgspec.json.encode({"status": worst.value, "checks": checks}), indent=2).decode()
