"""How much of everything: a full run of about 20 minutes, and a quick one."""

import msgspec


class Scale(msgspec.Struct, frozen=True):
    """Sizes and caps. A cap ends a play early on a slow server; its rate is over what was answered."""

    rounds: int
    budget_s: float  # a visit of a later round that would exceed it is left out
    cap_s: float  # log-metric
    batch_cap_s: float  # log-batch and runs
    ingest_cap_s: float
    idle_cap_s: float
    runs: int  # in the searched store
    points: int  # in the long history
    repeats: int  # of each search
    repeat_cap_s: float  # after which a slow search isn't repeated
    big_file_mib: int
    bucket_file_mib: int  # Ceph keeps it in memory
    small_files: int
    folder_files: int


FULL = Scale(
    rounds=3,
    budget_s=23 * 60,
    cap_s=4.0,
    batch_cap_s=5.0,
    ingest_cap_s=10.0,
    idle_cap_s=120.0,
    runs=10_000,
    points=1_000_000,
    repeats=9,
    repeat_cap_s=10.0,
    big_file_mib=1024,
    bucket_file_mib=256,
    small_files=500,
    folder_files=2_000,
)
QUICK = Scale(
    rounds=1,
    budget_s=5 * 60,
    cap_s=2.0,
    batch_cap_s=2.0,
    ingest_cap_s=3.0,
    idle_cap_s=40.0,
    runs=2_000,
    points=100_000,
    repeats=5,
    repeat_cap_s=3.0,
    big_file_mib=64,
    bucket_file_mib=64,
    small_files=100,
    folder_files=500,
)
