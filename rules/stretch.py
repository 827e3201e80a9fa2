"""One device's stretch of a view as a view of its own, for kinds that follow."""

from __future__ import annotations

import numpy as np

from geofence.index import Membership
from rules.view import View


def stretch(view: View, places: slice) -> View:
    """The rows at these places with all that is known about them."""
    begin, end = np.searchsorted(view.membership.row, [places.start, places.stop])
    return View(
        rows=view.rows[places],
        kind=view.kind[places],
        usable=view.usable[places],
        membership=Membership(
            view.membership.row[begin:end] - places.start, view.membership.fence[begin:end]
        ),
        index=view.index,
        fences=view.fences,
        rulebook=view.rulebook,
        roster=view.roster,
        hauls=None if view.hauls is None else view.hauls.part(np.arange(places.start, places.stop)),
    )
