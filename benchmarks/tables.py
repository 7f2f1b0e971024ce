"""The results as Markdown: figures and ratios, then latencies and CPU, then what failed."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.cases import CASES, Case
from benchmarks.measurements import Failure, Measurement, Summary, summarize
from benchmarks.peers import PEERS

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"

Summaries = Mapping[str, Mapping[str, Summary]]  # case → peer → summary


def summaries(measurements: Mapping[str, Sequence[Measurement]]) -> Summaries:
    """Every case that any server gave figures for, in the order of the table."""
    found: dict[str, dict[str, Summary]] = {}
    for case in CASES:
        for peer, taken in measurements.items():
            if summary := summarize(each for each in taken if each.case == case.name):
                found.setdefault(case.name, {})[peer] = summary
    return found


def render(
    where: str,
    results: Summaries,
    failures: Mapping[str, Sequence[Failure]],
    peers: Sequence[str],
    notes: Iterable[str],
) -> str:
    """The whole section."""
    parts = [f"Measured {where}.", *notes, _figures(results, peers), _details(results, peers)]
    lost = [
        f"- {PEERS[peer].label}, {case}: {summary.lost} of {summary.sent} acknowledged records were not found"
        for case, by_peer in results.items()
        for peer, summary in by_peer.items()
        if summary.lost
    ]
    if lost:
        parts.append("\n".join(["Lost records:", *lost]))
    elif any(summary.sent for by_peer in results.values() for summary in by_peer.values()):
        parts.append("Every acknowledged record was read back.")
    failed = [
        f"- {PEERS[peer].label}, {each.workload}: {each.reason}" for peer in peers for each in failures.get(peer, ())
    ]
    if failed:
        parts.append("\n".join(["Failed:", *failed]))
    return "\n\n".join(part for part in parts if part) + "\n"


def rewrite(page: Path, section: str) -> None:
    """Puts the section between the page's markers. Raises ValueError when it has none."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no {BEGIN} … {END}; add both lines where the table belongs")
    page.write_text(f"{before}{BEGIN}\n{section}{END}{after}", encoding="utf-8")


def _figures(results: Summaries, peers: Sequence[str]) -> str:
    rivals = [peer for peer in peers if peer != "kirok"] if "kirok" in peers else []
    head = ["work", "unit", *(PEERS[peer].label for peer in peers), *(f"kirok / {peer}" for peer in rivals), "target"]
    rows = [head, ["---"] * len(head)]
    for case in CASES:
        if by_peer := results.get(case.name):
            figures = [_figure(by_peer.get(peer)) for peer in peers]
            ratios = [_ratio(by_peer.get("kirok"), by_peer.get(peer)) for peer in rivals]
            rows.append([case.title, case.unit, *figures, *ratios, _verdict(case, by_peer)])
    return _table(rows)


def _details(results: Summaries, peers: Sequence[str]) -> str:
    head = [
        "work",
        "server",
        "p50 ms",
        "p99 ms",
        "server CPU per operation",
        "... of kirok's",
        "generator CPU per operation",
        "n",
    ]
    rows = [head, ["---"] * len(head)]
    for case in CASES:
        for peer in peers:
            summary = results.get(case.name, {}).get(peer)
            if summary is None or summary.p50_ms is None:
                continue
            latencies = [_number(summary.p50_ms), _number(summary.p99_ms)]
            ours = results[case.name].get("kirok")
            cpu = [_cpu(summary.server_cpu_us), _cpu_ratio(summary, ours), _cpu(summary.generator_cpu_us)]
            rows.append([case.title, peer, *latencies, *cpu, str(summary.sent or summary.repeats)])
    return _table(rows) if len(rows) > 2 else ""


def _figure(summary: Summary | None) -> str:
    if summary is None:
        return "–"
    median = _number(summary.median)
    if summary.repeats == 1:
        return f"{median} (once)"
    return f"{median} [{_number(summary.least)}–{_number(summary.most)}]"


def _ratio(ours: Summary | None, theirs: Summary | None) -> str:
    if ours is None or theirs is None or not theirs.median:
        return "–"
    ratio = ours.median / theirs.median
    return f"{ratio:.3g} ×" if ratio < 100 else f"{ratio:,.0f} ×"


def _verdict(case: Case, by_peer: Mapping[str, Summary]) -> str:
    if "kirok" not in by_peer or not case.target:
        return case.target or "–"
    met = case.is_met(by_peer["kirok"], by_peer.get(case.rival))
    return case.target if met is None else f"{case.target}: {'met' if met else 'NOT met'}"


def _cpu_ratio(summary: Summary, ours: Summary | None) -> str:
    if ours is None or ours is summary or not ours.server_cpu_us or summary.server_cpu_us is None:
        return "–"
    return f"{summary.server_cpu_us / ours.server_cpu_us:.3g} ×"


def _cpu(microseconds: float | None) -> str:
    if microseconds is None:
        return "–"
    return f"{_number(microseconds)} µs" if microseconds < 10_000 else f"{_number(microseconds / 1000)} ms"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
