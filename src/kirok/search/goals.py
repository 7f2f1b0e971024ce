"""Whether `best(…)` can be told: that an experiment says which values of a metric are good."""

from collections.abc import Iterable, Sequence

from kirok.base.errors import InvalidParameter
from kirok.entities.experiments import Experiment
from kirok.search.expression import Comparison, Expression, Function, comparisons
from kirok.search.fields import GOALS, goal_tag
from kirok.search.order import OrderBy


def goals_asked(expression: Expression | None, order: Sequence[OrderBy]) -> frozenset[str]:
    """The metrics of which the best value is asked."""
    asked: list[Comparison | OrderBy] = [*comparisons(expression), *order]
    return frozenset(one.key for one in asked if one.function is Function.BEST)


def check_goals(expression: Expression | None, order: Sequence[OrderBy], searched: Iterable[Experiment]) -> None:
    """InvalidParameter where the best of a metric is asked and no experiment searched says what good means."""
    asked = goals_asked(expression, order)
    if not asked:
        return
    known = {key for experiment in searched for key in asked if experiment.tags.get(goal_tag(key)) in GOALS}
    require_goals(asked, known)


def require_goals(asked: Iterable[str], known: Iterable[str]) -> None:
    """InvalidParameter naming the first metric asked whose goal is not known."""
    for key in sorted(set(asked) - set(known)):
        raise InvalidParameter(
            f"best(metrics.`{key}`) needs to know which value is better, and no experiment searched says so. "
            f"Set the experiment's tag '{goal_tag(key)}' to 'min' or 'max'."
        )
