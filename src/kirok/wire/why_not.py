"""Why a search does not find a run, as JSON."""

from msgspec import Struct


class AskWhyNot(Struct, omit_defaults=True):
    """The run, and the search that should have found it; without experiments it does not matter where the run is."""

    run_id: str
    experiment_ids: list[str] = []
    filter: str | None = None
    run_view_type: str | int | None = None


class Finding(Struct):
    """One comparison that says no, with NOT where the filter wants its opposite."""

    comparison: str
    values: list[str]
    """What the run has there; empty where it lacks the field."""
    near_misses: list[str]
    """Sentences: what is nearly so, and what to write instead."""


class Exclusion(Struct):
    """One of the parts of the filter that AND joins, which does not hold."""

    clause: str
    findings: list[Finding]


class WhyNot(Struct):
    matches: bool
    exclusions: list[Exclusion]
