"""Against the direction of the route: of the assigned corridor, or of one-way roads."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.position import rows_at
from model.rulebook import Rule
from rules import clauses
from rules.assigned import assigned_pairs, metres_of
from rules.clauses import Clause
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Family, Parameter
from rules.heading import line_of
from rules.readings import accuracy_m, applies, at_least, column_of, signal_is_yes, speed_kmh
from rules.registry import register
from rules.trilogic import Tri, all_of
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "moving_kmh", "km/h", 10, 3, 60,
        "达到此速度才判定方向", "from this speed on the heading is judged",
        "our default: slower, a receiver's heading is noise",
    ),
    Parameter(
        "against_deg", "deg", 135, 90, 180,
        "航向与线路方向相差达到此角度即为逆行",
        "a heading this far from the line's direction is against it",
        "our default: beyond any turn or lane change",
    ),
    Parameter(
        "return_deg", "deg", 90, 0, 180,
        "相差小于此角度即为恢复", "nearer than this is with the line again",
        "our default: between the two it is as it was before",
    ),
    Parameter(
        "only_loaded", "0/1", 1, 0, 1,
        "按指定线路判定时，1：仅满载时判定；0：空载也判定",
        "on assigned corridors, 1: judge loaded vehicles only; 0: empty ones too",
        "our default: approved routes bind the loaded run; the empty one goes back the same way",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 30, 5, 2_000,
        "精度差于此值时无法判断在哪条车道", "a worse fix cannot tell the carriageway",
        "our default: about the distance between two carriageways",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 30.0}
_WORDS = Words("逆向行驶", "driving in the wrong direction", "最高{} km/h", "up to {} km/h")


class WrongDirection:
    """With fences, a rule takes their lines as one-way; else the assigned corridors count."""

    name = "wrong_direction"
    family: Family = "route"
    zh = "逆向行驶"
    en = "Wrong direction"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = (
        "sweeper", "water_truck", "muck_truck", "mixer", "garbage_truck",
    )  # fmt: skip
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """NO off the lines; where several lines meet, the one that agrees best decides."""
        one_way = bool(rule.fence_ids or rule.fence_tags)
        speed = speed_kmh(view)
        conditions = [applies(view, rule), at_least(speed, parameters["moving_kmh"])]
        if parameters["only_loaded"] and not one_way:
            conditions.append(signal_is_yes(view, "loaded"))
        otherwise = all_of(*conditions)
        against, _, where, on_line = _driven(view, rule, parameters, otherwise != NO)

        def reasons() -> NDArray[np.object_]:
            said = np.full(len(speed), "signal_unknown", object)
            said[on_line & (against == UNKNOWN) & (otherwise != UNKNOWN)] = "no_line"
            said[on_line & (view.rows["course_deg"] < 0)] = "course_unknown"
            said[np.isnan(speed)] = "speed_unknown"
            said[~_precise(view, parameters)] = "poor_gnss"
            said[~view.usable] = "no_position"
            return said

        return column_of(all_of(otherwise, against), speed, where, reasons)

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Moving, loaded where the rule asks for it, on a line and against it."""
        everywhere = np.ones(len(view.rows), np.bool_)
        against, angle, _, _ = _driven(view, rule, parameters, everywhere)
        found = [clauses.schedule(view, rule), clauses.faster(view, parameters["moving_kmh"])]
        if parameters["only_loaded"] and not (rule.fence_ids or rule.fence_tags):
            found.append(clauses.signal(view, "loaded", "满载", "loaded"))
        words, least_deg = ("与线路方向相反", "against the line's direction"), "against_deg"
        limit = parameters[least_deg]
        return [*found, Clause("against", *words, against, angle, limit, "deg")]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _precise(view: View, parameters: dict[str, float]) -> NDArray[np.bool_]:
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    return np.asarray(accuracy <= parameters["max_accuracy_m"], np.bool_)


def _driven(
    view: View, rule: Rule, parameters: dict[str, float], wanted: NDArray[np.bool_]
) -> tuple[Tri, NDArray[np.float64], NDArray[np.int32], NDArray[np.bool_]]:
    """Whether each wanted fix is against its line, by what angle, which line that is, and whether
    it is on a line at all (of others unknown)."""
    one_way = bool(rule.fence_ids or rule.fence_tags)
    count = len(view.rows)
    row, fence = _one_way_pairs(view, rule) if one_way else _assigned_pairs(view, rule, wanted)
    keep = _precise(view, parameters)[row] & wanted[row]
    angle, where = _least_angles(view, row[keep], fence[keep])
    against = _against(angle, parameters)
    on_line = np.zeros(count, np.bool_)
    on_line[row] = True
    # Without a place nobody knows whether it is on a line at all.
    lines = one_way or assigned_pairs(view, rule, "corridor").any_for(count)
    against[~on_line] = NO
    against[lines & ~view.usable] = UNKNOWN
    return against, angle, where, on_line


def _against(angle: NDArray[np.float64], parameters: dict[str, float]) -> Tri:
    value = np.full(len(angle), HOLD, np.int8)
    value[angle >= parameters["against_deg"]] = YES
    value[angle < parameters["return_deg"]] = NO
    value[np.isnan(angle)] = UNKNOWN
    return value


def _one_way_pairs(view: View, rule: Rule) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    lines = view.index.marked(rule.fence_ids, rule.fence_tags)
    keep = lines[view.membership.fence]
    return view.membership.row[keep], view.membership.fence[keep]


def _assigned_pairs(
    view: View, rule: Rule, wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    pairs = assigned_pairs(view, rule, "corridor")
    chosen = np.flatnonzero((view.usable & wanted)[pairs.row])
    chosen = chosen[~(metres_of(view, pairs, chosen) > 0)]
    return pairs.row[chosen], pairs.fence[chosen]


def _least_angles(
    view: View, row: NDArray[np.intp], fence: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """For each row of the view the angle to its best line, and which line that is."""
    least = np.full(len(view.rows), np.nan)
    where = np.full(len(view.rows), -1, np.int32)
    for line in np.unique(fence).tolist():
        own = row[fence == line]
        angle = line_of(view.roster, view.fences, line).angle_deg(rows_at(view.rows, own))
        better = ~(angle >= least[own]) & ~np.isnan(angle)
        least[own[better]], where[own[better]] = angle[better], line
    return least, where


register(WrongDirection())
