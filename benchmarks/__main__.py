"""`python -m benchmarks`: sets up the servers, measures them in turn, prints the table."""

import argparse
import signal
import sys
import time
from pathlib import Path

import msgspec

from benchmarks.campaign import Campaign
from benchmarks.machine import describe
from benchmarks.peers import MLFLOW, MLFLOW_ONE_WORKER, PEERS, MissingPeer, Peer, find_program
from benchmarks.scale import FULL, QUICK
from benchmarks.tables import render, rewrite, summaries
from benchmarks.workloads import FILLED, FRESH

CACHE = Path(".cache/bench")
WORKLOADS = (*FRESH, *FILLED)


def main() -> int:
    """0 whatever the figures are: this measures, it doesn't judge. 1 when nothing could be measured."""
    chosen = _parser().parse_args()
    scale = QUICK if chosen.quick else FULL
    if chosen.rounds:
        scale = msgspec.structs.replace(scale, rounds=chosen.rounds)
    peers = _peers(chosen.peers, quick=chosen.quick)
    cache = CACHE.absolute()
    cache.mkdir(parents=True, exist_ok=True)
    try:
        programs = {peer: find_program(peer, cache) for peer in peers}
    except MissingPeer as missing:
        print(f"benchmarks: {missing}", file=sys.stderr)
        return 1
    # So that a kill stops the server under test too, instead of leaving it to load the next measurement.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    campaign = Campaign(programs, cache, scale, chosen.only or WORKLOADS)
    started = time.monotonic()
    try:
        campaign.run()
    except KeyboardInterrupt:
        print("interrupted; what was measured until now:", file=sys.stderr)
    minutes = (time.monotonic() - started) / 60
    averages = ", ".join(f"{average:.1f}" for average in campaign.load_averages)
    rounds = "1 round" if scale.rounds == 1 else f"{scale.rounds} rounds"
    notes = [
        f"{rounds}, servers in turn; median [least–most] over the rounds and their repeats. Took {minutes:.0f} minutes;"
        f" load average before each round: {averages}. Sizes: {scale.runs:,} runs, {scale.points:,} points,"
        f" a file of {scale.big_file_mib} MiB, {scale.small_files} files of 10 KiB."
    ]
    names = [peer.name for peer in peers]
    section = render(describe(), summaries(campaign.measurements), campaign.failures, names, notes)
    print(section)
    if chosen.markdown:
        rewrite(chosen.markdown, section)
    return 0 if campaign.measurements else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, smaller stores: about 5 minutes")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of every server (3; with --quick 1)")
    parser.add_argument(
        "--only",
        action="append",
        choices=WORKLOADS,
        metavar="NAME",
        help="a workload; repeatable: " + ", ".join(WORKLOADS),
    )
    parser.add_argument(
        "--peers", default="kirok,fasttrackml,mlflow", metavar="A,B", help="servers, in the order of their turns"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="rewrite the table between the page's markers")
    return parser


def _peers(names: str, *, quick: bool) -> list[Peer]:
    found = []
    for name in names.split(","):
        if name not in PEERS:
            raise SystemExit(f"benchmarks: no server {name!r}; there are {', '.join(PEERS)}")
        found.append(PEERS[name])
    if MLFLOW in found and MLFLOW_ONE_WORKER not in found and not quick:
        found.append(MLFLOW_ONE_WORKER)
    return found


if __name__ == "__main__":
    sys.exit(main())
