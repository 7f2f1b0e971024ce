"""How many files and connections the process may hold open."""

import sys

# Each connection is one, and a file that is being uploaded two more. What systems allow at first, 1,024 or 256, is for
# the sake of programs that use `select`; a few hundred slow uploads would keep everybody else out.
_WANTED = 65_536


def allow_many_open_files() -> None:
    """Raise this process's limit to what its account may have; nothing on Windows, which has none."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            return  # macOS has a further limit, and says so
