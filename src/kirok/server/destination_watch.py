"""Looks in the background whether the places that a server writes to work, and keeps at it until they do."""

import threading
from collections.abc import Callable, Mapping

from kirok.base.errors import KirokError, Unavailable
from kirok.base.settings import ServerSettings
from kirok.rules.passwords import without_password
from kirok.rules.uris.here import local_folder
from kirok.services.destination_check import Condition, Finding, check_place, places_to_check

_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 60.0

Report = Callable[[Finding], None]


class DestinationWatch:
    """Checks every place once, and again those that fail: a store that is away now may come back.

    `report` is told of each that is new: the first finding of an object store, of a folder only what is wrong, and
    later each change. `stop`, with --check-artifacts=strict, is called at the first failure, whose error `fault` is.
    Leaving the block waits for nothing.
    """

    def __init__(self, settings: ServerSettings, report: Report) -> None:
        self._settings, self._report = settings, report
        self._places = places_to_check(settings)
        self._found = {
            place: Finding(without_password(place), Condition.UNKNOWN, "Not checked yet.") for place in self._places
        }
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self.fault: KirokError | None = None

    @property
    def findings(self) -> Mapping[str, Finding]:
        """What is known by now, by place."""
        return dict(self._found)

    def __enter__(self) -> "DestinationWatch":
        """Begin, unless the settings say not to look."""
        if self._settings.check_artifacts != "off" and self._places:
            # A check may hang in the network for as long as it likes; nobody waits for it at the end.
            threading.Thread(target=self._look, name="kirok-destinations", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self._ended.set()

    def stopping(self, stop: Callable[[], None]) -> None:
        """Have `stop` called at a fault, which may have come up already."""
        with self._lock:
            self._stop = stop
            if self.fault is None:
                return
        stop()

    def _look(self) -> None:
        wait_s = _FIRST_WAIT_S
        left = list(self._places)
        while left and not self._ended.is_set():
            left = [place for place in left if not self._works(place)]
            self._ended.wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _works(self, place: str) -> bool:
        known = self._found[place]
        found = check_place(place, self._settings.artifacts, create_bucket=self._settings.create_bucket)
        if self._ended.is_set():
            return True
        self._found[place] = found
        is_fault = found.condition is Condition.FAILED and self._settings.check_artifacts == "strict"
        if is_fault:
            self._end(Unavailable(f"{found.said} (--check-artifacts=strict ends the server.)"))
        elif found.said != known.said and not _goes_without_saying(known, found):
            again = " It is tried again until it works." if found.condition is Condition.FAILED else ""
            self._report(Finding(found.location, found.condition, found.said + again, found.checked_ms))
        return found.condition is not Condition.FAILED

    def _end(self, fault: KirokError) -> None:
        with self._lock:
            self.fault = fault
            stop = self._stop
        self._ended.set()
        if stop is not None:
            stop()


def _goes_without_saying(known: Finding, found: Finding) -> bool:
    """Whether it is a folder that works from the start: this program made it, or wrote to it, a moment ago."""
    return found.is_well and known.condition is Condition.UNKNOWN and local_folder(found.location) is not None
