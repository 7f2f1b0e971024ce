"""Why a search does not find a run."""

from kirok.search.exclusions import Exclusion
from kirok.server.context import Context
from kirok.server.handlers import Handlers
from kirok.services import why_not as service
from kirok.wire import endpoints
from kirok.wire import why_not as wire
from kirok.wire.names import view_type


def why_not(context: Context, request: wire.AskWhyNot) -> wire.WhyNot:
    answer = service.why_not(
        context.stores,
        request.run_id,
        experiment_ids=request.experiment_ids,
        filter_string=request.filter,
        view_type=view_type(request.run_view_type, "run_view_type"),
    )
    return wire.WhyNot(not answer.exclusions, [_exclusion(one) for one in answer.exclusions])


def _exclusion(exclusion: Exclusion) -> wire.Exclusion:
    findings = [
        wire.Finding(finding.comparison, list(finding.values), list(finding.near_misses))
        for finding in exclusion.findings
    ]
    return wire.Exclusion(exclusion.clause, findings)


HANDLERS: Handlers = {endpoints.WHY_NOT: why_not}
