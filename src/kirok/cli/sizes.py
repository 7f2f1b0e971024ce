"""Numbers as people read them."""

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def size(count: int) -> str:
    """`count` bytes in the largest unit that leaves at least 1: `17 bytes`, `4.2 MiB`."""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{count} {_UNITS[0]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def counted(count: int, noun: str) -> str:
    """So many of a thing: `1 run`, `1,200 runs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
