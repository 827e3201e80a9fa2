"""Whether a vehicle is on the road that it was assigned to work on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules.assigned import assigned_pairs, nearest
from rules.clauses import Clause, faster, schedule, slower
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Parameter
from rules.readings import accuracy_m, column_of, speed_kmh, why_unknown
from rules.trilogic import Tri, all_of, tri
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


def road_clauses(
    view: View, rule: Rule, parameters: dict[str, float], idle: Clause
) -> list[Clause]:
    """Assigned road in its window, `idle`, at working speed, on the road."""
    everywhere = tri(np.ones(len(view.rows), np.bool_))
    bound = assigned_pairs(view, rule, "work_road").any_for(len(view.rows))
    on_road = on_work_road(view, rule, parameters, everywhere, speed_kmh(view)).value
    on_road[~bound] = YES  # that it has no road is the other clause's to say
    assigned = "有正在作业时段的指定道路", "has an assigned road in its working hours"
    return [
        schedule(view, rule),
        Clause("assigned", *assigned, tri(bound)),
        idle,
        faster(view, parameters["moving_kmh"]),
        slower(view, parameters["max_kmh"]),
        Clause("on_road", "在指定道路上", "on the assigned road", on_road),
    ]
