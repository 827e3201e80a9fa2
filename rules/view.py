"""What a rule kind sees: fixes sorted by (device, time) with everything known about them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geofence.index import FenceIndex, Membership
from model.fences import Fence
from model.position import Rows
from model.rulebook import Rulebook
from rules.distances import Distances
from rules.hauled import Hauls
from rules.roster import Roster


@dataclass(slots=True)
class View:
    """`rows` (POSITION_DTYPE) of one or many devices, and beside each row:

    `kind`: the device's kind (object array of str); `usable`: the fix may be judged by place
    (gnss, lbs or wifi, never NONE); `x_m`, `y_m` are not kept: distances come from `index`.
    `membership`: which fences in force at its fix time contain it (accuracy ignored).
    `place`: the rows' numbers in the whole batch of which this view is a part (None: it is the
    whole); `distances`: what the rules of the batch have measured so far. `hauls`: what the trucks
    haul, once `rules.trips` has followed them.
    """

    rows: Rows
    kind: NDArray[np.object_]
    usable: NDArray[np.bool_]
    membership: Membership
    index: FenceIndex
    fences: tuple[Fence, ...]
    rulebook: Rulebook
    roster: Roster
    place: NDArray[np.intp] | None = None
    distances: Distances = field(default_factory=Distances)
    hauls: Hauls | None = None
