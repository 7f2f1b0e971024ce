"""`kirok runs why-not`: what of a filter leaves a run out."""

import sys

import click

from kirok.cli.later import names
from kirok.cli.printing import printable
from kirok.cli.views import VIEW
from kirok.entities.views import ViewType


@click.command("why-not")
@click.argument("run_id")
@click.option("--filter", "filter_string", default="", help="The filter that should have found the run.")
@click.option(
    "--experiment-id", "experiment_ids", multiple=True, envvar=names("EXPERIMENT_ID"), help="Experiment searched."
)
@VIEW
def command(run_id: str, filter_string: str, experiment_ids: tuple[str, ...], view: ViewType) -> None:
    """Say which clauses of a filter leave a run out, what the run has there, and what was nearly meant.

    Exits with 1 where the search does not find the run.
    """
    from kirok.client.session import SESSION
    from kirok.services.why_not import why_not

    stores = SESSION.connect(SESSION.tracking_uri()).stores
    answer = why_not(stores, run_id, experiment_ids=experiment_ids, filter_string=filter_string or None, view_type=view)
    if not answer.exclusions:
        click.echo(f"The search finds run {printable(run_id)}.")
        return
    for exclusion in answer.exclusions:
        click.echo(printable(exclusion.clause))
        for finding in exclusion.findings:
            values = ", ".join(map(printable, finding.values)) or "nothing"
            told = f"  {printable(finding.comparison)}: " if finding.comparison != exclusion.clause else "  "
            click.echo(f"{told}the run has {values}")
            for sentence in finding.near_misses:
                click.echo(f"    {printable(sentence)}")
    sys.exit(1)
