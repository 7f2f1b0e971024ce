"""How much a folder of runs holds."""

import os
from itertools import islice

from kirok.stores.file.layout import META, TRASH, Layout
from kirok.stores.holdings import MOST_COUNTED, Holdings


def count_holdings(layout: Layout) -> Holdings:
    """Counted by the names of folders alone, runs as far as MOST_COUNTED; runs in the bin count with the others."""
    used = binned = runs = 0
    for place in layout.experiment_places():
        if not os.path.isfile(layout.path(place, META)):
            continue
        if place.startswith(TRASH):
            binned += 1
        else:
            used += 1
            runs += sum(1 for _ in islice(layout.run_places(place), MOST_COUNTED + 1 - runs))
    is_cut_off = runs > MOST_COUNTED
    return Holdings(used, runs - is_cut_off, deleted_experiments=binned, is_cut_off=is_cut_off)
