"""A loaded truck off its approved route: farther than `distance_m` from every assigned corridor."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules import clauses
from rules.assigned import assigned_pairs, nearest
from rules.clauses import Clause
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Family, Parameter
from rules.readings import accuracy_m, applies, column_of, in_places, signal_is_yes
from rules.registry import register
from rules.trilogic import Tri, all_of, tri
from rules.view import View
from rules.wording import Words

# Where a truck may stand off its route: it has arrived, or it is not under way.
EXEMPT_TAGS = ("site", "dump", "plant", "parking", "wash_bay")
_VENDOR = "https://www.ddcwl.com/xinwenzixun/15078.html (vendor of the Jinan system)"
_PARAMETERS = (
    Parameter(
        "distance_m", "m", 50, 5, 5_000,
        "偏离线路廊道边缘超过此距离即为偏离",
        "farther than this from the corridor's edge is off the route",
        f"{_VENDOR}: level 1 above 50 m",
    ),
    Parameter(
        "return_distance_m", "m", 30, 0, 5_000,
        "回到此距离以内即为返回线路", "nearer than this is back on the route",
        "our default: below distance_m, so that drift at the edge neither ends nor begins anything",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 100, 5, 2_000,
        "精度差于此值的定位不能证明在线路上",
        "a worse fix cannot show that the truck is on its route",
        "our default: cell-tower fixes neither accuse nor acquit",
    ),
    Parameter(
        "only_loaded", "0/1", 1, 0, 1,
        "1：仅满载时判定；0：空载也判定", "1: judge loaded trucks only; 0: empty ones too",
        "our default: approved routes bind the loaded run (site, route, dump)",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 600.0, "serious_after_s": 900.0}
_WORDS = Words("偏离规定线路", "off the approved route", "最远偏离{}米", "up to {} m away")


class RouteDeviation:
    """Off the assigned corridors, longer than the driver has to return."""

    name = "route_deviation"
    family: Family = "route"
    zh = "偏离线路"
    en = "Route deviation"
    measure_name = "max_distance_m"
    vehicle_kinds: tuple[str, ...] = ("muck_truck", "garbage_truck", "mixer")
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """NO without a corridor in force; UNKNOWN without a position or (only_loaded) a signal."""
        count = len(view.rows)
        pairs = assigned_pairs(view, rule, "corridor")
        bound = pairs.any_for(count) & (in_places(view, EXEMPT_TAGS) < 0)
        loaded = signal_is_yes(view, "loaded") if parameters["only_loaded"] else None
        scheduled = applies(view, rule)
        wanted = bound & view.usable & (scheduled != NO)
        if loaded is not None:
            wanted &= loaded != NO
        distance_m, fence = nearest(view, pairs, wanted)
        off_route = _off_route(view, distance_m, parameters)
        off_route[~view.usable] = UNKNOWN
        off_route[~bound] = NO
        value = all_of(scheduled, off_route, *([] if loaded is None else [loaded]))
        measure = np.where(np.isfinite(distance_m), distance_m, np.nan)
        return column_of(value, measure, fence, lambda: _reasons(view, off_route, bound))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """A corridor in force, loaded, not where it may stand, off the route."""
        count = len(view.rows)
        pairs = assigned_pairs(view, rule, "corridor")
        bound, arrived = pairs.any_for(count), in_places(view, EXEMPT_TAGS) >= 0
        distance_m, _ = nearest(view, pairs, bound & view.usable)
        off_route = _off_route(view, distance_m, parameters)
        off_route[~view.usable] = UNKNOWN
        off_route[~bound] = YES  # that it has no corridor is the other clause's to say
        measured = np.where(np.isfinite(distance_m), distance_m, np.nan)
        standing = "不在工地、停车场等处", "not at a site, dump or parking"
        found = [
            clauses.schedule(view, rule),
            Clause("assigned", "有生效的规定线路", "has an approved route in force", tri(bound)),
            Clause("under_way", *standing, tri(~arrived)),
            Clause(
                "off_route", "偏离线路超过限值", "farther off the route than allowed", off_route,
                measured, parameters["distance_m"], "m",
            ),
        ]  # fmt: skip
        if parameters["only_loaded"]:
            found.insert(1, clauses.signal(view, "loaded", "满载", "loaded"))
        return found

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _reasons(view: View, off_route: Tri, bound: NDArray[np.bool_]) -> NDArray[np.object_]:
    reasons = np.full(len(off_route), "signal_unknown", object)
    reasons[off_route == UNKNOWN] = "poor_gnss"
    reasons[bound & ~view.usable] = "no_position"
    return reasons


def _off_route(view: View, distance_m: NDArray[np.float64], parameters: dict[str, float]) -> Tri:
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    value = np.full(len(distance_m), HOLD, np.int8)
    value[distance_m - accuracy > parameters["distance_m"]] = YES
    value[distance_m < parameters["return_distance_m"]] = NO
    value[(accuracy > parameters["max_accuracy_m"]) & (value != YES)] = UNKNOWN
    value[np.isnan(distance_m)] = UNKNOWN
    return value


register(RouteDeviation())
