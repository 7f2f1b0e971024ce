"""Options that take several things."""


def listed(text: str | None) -> tuple[str, ...]:
    """The items of a comma-separated list."""
    return tuple(item.strip() for item in (text or "").split(",") if item.strip())
