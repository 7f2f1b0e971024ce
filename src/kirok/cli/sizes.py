"""Numbers of bytes as people read them."""

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def size(count: int) -> str:
    """`count` bytes in the largest unit that leaves at least 1: `17 bytes`, `4.2 MiB`."""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{count} {_UNITS[0]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"
