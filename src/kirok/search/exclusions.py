"""Why a filter leaves a run out: the parts that say no, the run's own values, and what was nearly meant."""

from msgspec import Struct

from kirok.entities.runs import Run
from kirok.search.expression import And, Comparison, Entity, Expression, Not, Or
from kirok.search.facts import Facts
from kirok.search.fields import TEXT
from kirok.search.match import run_matcher, run_values
from kirok.search.near_misses import near_misses
from kirok.search.print import print_filter


class Finding(Struct, frozen=True):
    """One comparison that says no."""

    comparison: str
    """As a filter writes it, with NOT where the filter wants the opposite."""
    values: tuple[str, ...] = ()
    """What the run has there; nothing where it lacks the field, and for its full text."""
    near_misses: tuple[str, ...] = ()
    """Sentences: what is nearly so, and what to write instead."""


class Exclusion(Struct, frozen=True):
    """One of the parts of a filter that AND joins, which does not hold."""

    clause: str
    findings: tuple[Finding, ...]


def exclusions(expression: Expression | None, run: Run, facts: Facts | None) -> list[Exclusion]:
    """What of the filter leaves `run` out; nothing where the run matches.

    Where OR joins comparisons, each of them is a finding: any of them, mended, would let the run in. Raises as
    `run_matcher`'s predicate.
    """
    if expression is None:
        return []
    parts = expression.operands if isinstance(expression, And) else (expression,)
    return [
        Exclusion(print_filter(part), tuple(_findings(part, run, facts, wanted=True)))
        for part in parts
        if not run_matcher(part, facts)(run)
    ]


def _findings(expression: Expression, run: Run, facts: Facts | None, *, wanted: bool) -> list[Finding]:
    """The comparisons through which `expression` is not `wanted`."""
    match expression:
        case Not(operand):
            return _findings(operand, run, facts, wanted=not wanted)
        case And(operands) | Or(operands):
            return [
                finding
                for operand in operands
                if run_matcher(operand, facts)(run) is not wanted
                for finding in _findings(operand, run, facts, wanted=wanted)
            ]
        case Comparison():
            printed = print_filter(expression)
            return [
                Finding(
                    printed if wanted else f"NOT {printed}",
                    _shown(expression, run, facts),
                    tuple(near_misses(expression, run, facts)) if wanted else (),
                )
            ]


def _shown(comparison: Comparison, run: Run, facts: Facts | None) -> tuple[str, ...]:
    if comparison.entity is Entity.ATTRIBUTE and comparison.key == TEXT:
        return ()
    if comparison.entity is Entity.PARAM:  # as it was logged, be it a number or not
        return tuple(text for key, text in run.data.params.items() if key == comparison.key)
    return tuple(str(value) for value in run_values(facts, comparison)(run))
