"""Whether a vehicle is on the road that it was assigned to work on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules.assigned import assigned_pairs, nearest
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Parameter
from rules.readings import accuracy_m, column_of, why_unknown
from rules.trilogic import Tri, all_of
from rules.view import View

ROAD_PARAMETERS = (
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 50, 5, 2_000,
        "精度差于此值时无法判断在哪条路", "a worse fix cannot tell the road",
        "our default: about the distance between parallel roads",
    ),
)  # fmt: skip


def on_work_road(
    view: View,
    rule: Rule,
    parameters: dict[str, float],
    otherwise: Tri,
    speed: NDArray[np.float64],
) -> Column:
    """`otherwise` (the rest of the condition) and on an assigned work road; measures the speed.

    NO without an assigned road in force; HOLD beside the road within the fix's accuracy.
    """
    pairs = assigned_pairs(view, rule, "work_road")
    bound = pairs.any_for(len(view.rows))
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    precise = accuracy <= parameters["max_accuracy_m"]
    # Where the vehicle is matters only when nothing else acquits it.
    wanted = bound & view.usable & precise & (otherwise != NO)
    distance_m, fence = nearest(view, pairs, wanted)
    on_road = np.full(len(distance_m), NO, np.int8)
    on_road[distance_m <= accuracy] = HOLD
    on_road[distance_m <= 0] = YES
    on_road[np.isnan(distance_m)] = UNKNOWN
    on_road[~(view.usable & precise)] = UNKNOWN
    on_road[~bound] = NO
    value = all_of(otherwise, on_road)
    return column_of(value, speed, fence, lambda: why_unknown(view, speed, precise))
