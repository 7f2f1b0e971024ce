"""What a filter or an order may ask about a run that the run itself does not hold."""

from typing import Any, Protocol

from kirok.base.errors import NotSupported
from kirok.entities.experiments import Experiment
from kirok.entities.runs import Run
from kirok.entities.series import SeriesStatistics
from kirok.search.expression import Function
from kirok.search.fields import GOALS, PARENT_RUN_TAG, goal_tag
from kirok.search.numbers import metric_number


class Facts(Protocol):
    """Where a matcher asks, if the filter needs it, once for each run that gets so far."""

    def statistics(self, run_id: str, key: str) -> SeriesStatistics | None:
        """Of one series; None where the run has no such metric."""

    def experiment(self, experiment_id: str) -> Experiment:
        """The experiment of a run at hand."""


def needed(facts: Facts | None) -> Facts:
    """NotSupported where there is nobody to ask."""
    if facts is None:
        raise NotSupported(
            "This store keeps no statistics of series, and no experiment's name beside a run: compare the latest "
            "value of the metric, and choose experiments by experiment_ids."
        )
    return facts


def attribute_value(facts: Facts | None, run: Run, key: str) -> Any:
    """Attribute `key` of a run, under its own name; None where the run lacks it. NotSupported as `needed`.

    `run_name` is the name that readers see; a filter by it looks at the tag.
    """
    match key:
        case "duration":
            start, end = run.info.start_time, run.info.end_time
            return None if start is None or end is None else end - start
        case "parent_run_id":
            return run.data.tags.get(PARENT_RUN_TAG)
        case "experiment_name":
            return needed(facts).experiment(run.info.experiment_id).name
        case _:
            return getattr(run.info, key)


def series_number(facts: Facts, run: Run, key: str, function: Function) -> float | None:
    """What `function` says of series `key`, as a metric's value is compared; NaN where it is a point's and that is NaN.

    None where the run has no such metric, where none of its values is a number, where its infinities leave no mean,
    and for BEST where the experiment names no goal.
    """
    found = facts.statistics(run.info.run_id, key)
    if found is None:
        return None
    if function is Function.BEST:
        goal = facts.experiment(run.info.experiment_id).tags.get(goal_tag(key))
        if goal not in GOALS:
            return None
        function = Function(goal)
    value = _of(found, function)
    if value is None or (function is Function.MEAN and value != value):
        return None
    return metric_number(value)


def _of(found: SeriesStatistics, function: Function) -> float | None:
    match function:
        case Function.MIN:
            return found.minimum
        case Function.MAX:
            return found.maximum
        case Function.MEAN:
            return found.mean
        case Function.FIRST:
            return found.first.value
        case Function.LAST:
            return found.last.value
        case _:
            return float(found.count)
