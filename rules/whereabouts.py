"""Where an inspector is during a shift: at work, elsewhere, or signed off; fix by fix.

Each fix counts where it is to be believed (rules.believed): a coarse one soon after a good one puts
nobody out of the grid. Unknown is a fix that says nothing about the place (no position, too
inaccurate): nobody is absent because of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model import signals
from model.rulebook import Rule
from rules.assigned import Assigned, assigned_pairs, nearest
from rules.contract import Parameter
from rules.owed import Seen, Watched
from rules.readings import accuracy_m
from rules.view import View

AWAY, PRESENT, SIGNED_OFF = 0, 1, 2
PRECISION = (
    Parameter(
        "assumed_accuracy_m", "m", 20, 0, 200,
        "手机未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: a handset between buildings",
    ),
    Parameter(
        "max_accuracy_m", "m", 100, 5, 2_000,
        "精度差于此值视为信号差，不作判断", "a worse fix is poor reception and accuses no one",
        "our default",
    ),
)  # fmt: skip
PLACE_PARAMETERS = (
    Parameter(
        "distance_m", "m", 50, 0, 5_000,
        "距责任网格超过此距离（另加定位精度）即为不在岗",
        "farther than this from every assigned cell, beyond the fix's accuracy, is elsewhere",
        "our default: as inspector_off_grid",
    ),
    *PRECISION,
)  # fmt: skip


def precise(view: View, parameters: dict[str, float]) -> NDArray[np.bool_]:
    """Fixes whose place says something."""
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    near: NDArray[np.bool_] = accuracy <= parameters["max_accuracy_m"]
    return view.usable & near


def why_imprecise(view: View, watched: Watched) -> NDArray[np.object_]:
    """The reason, a pair each, why a fix would not be precise."""
    usable = view.usable[watched.row]
    return np.where(usable, "poor_gnss", "no_position").astype(object)


def signed_off(view: View) -> NDArray[np.bool_]:
    """Fixes in which the handset says that its shift is over."""
    return np.equal(signals.field(view.rows["signals"], "on_duty"), signals.NO)


def look_whereabouts(
    view: View, watched: Watched, rule: Rule, parameters: dict[str, float]
) -> Seen:
    """Facts AWAY, PRESENT or SIGNED_OFF. Whoever has no cell is present wherever the fix is."""
    view = view.walked
    pairs = assigned_pairs(view, rule, "grid")
    bound = pairs.any_for(len(view.rows))
    sure = precise(view, parameters)
    facts = np.where(_away(view, pairs, sure & bound, parameters), AWAY, PRESENT)
    off = signed_off(view)
    facts[off] = SIGNED_OFF
    known = sure | off | ~bound
    row = watched.row
    return Seen(known[row], facts[row].tolist(), why_imprecise(view, watched))


def _away(
    view: View, pairs: Assigned, wanted: NDArray[np.bool_], parameters: dict[str, float]
) -> NDArray[np.bool_]:
    inside = np.zeros(len(wanted), np.bool_)
    inside[pairs.row[pairs.metres[pairs.number] == 0]] = True
    wanted = wanted & ~inside  # whoever is in one cell is not measured against the others
    distance_m, _ = nearest(view, pairs, wanted)
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    far: NDArray[np.bool_] = distance_m - accuracy > parameters["distance_m"]
    return wanted & far
