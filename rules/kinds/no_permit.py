"""A muck truck loaded and away from the site it left, without a permit for truck, site and time."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.clauses import Clause, hauling, schedule
from rules.contract import NO, UNKNOWN, YES, Column, Family, Parameter
from rules.permits import in_force
from rules.readings import applies, column_of
from rules.registry import register
from rules.trilogic import Tri, all_of
from rules.trips import hauls_of, places_of_fences
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "grace_min", "min", 10, 0, 240,
        "准运证时段结束后此时长内仍在途的不判定",
        "so long after a permit or its window has ended a truck may still be under way",
        "our default: a run that began in time may end a little late",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 60.0, "clear_s": 120.0}
_WORDS = Words("无准运证运输", "hauling without a permit", "离场{}分钟", "{} min after leaving")
_MINUTE_US = 60_000_000


class NoPermit:
    """Its fence is the site. Where nobody knows the site, a truck that has any permit is not
    accused."""

    name = "no_permit"
    family: Family = "dust"
    zh = "无证运输"
    en = "No permit"
    measure_name = "hauled_min"
    vehicle_kinds: tuple[str, ...] = ("muck_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """Measured: minutes since it left."""
        hauls = hauls_of(view)
        without = _without_permit(view, parameters)
        value = all_of(applies(view, rule), hauls.hauling, without)
        hauled_min = (view.rows["time_us"] - hauls.left_us) / _MINUTE_US
        hauled_min[hauls.left_us == 0] = np.nan
        reasons = np.full(len(value), "load_unknown", object)
        reasons[without == UNKNOWN] = "site_unknown"
        site = places_of_fences(view, np.where(value == YES, hauls.site, 0))
        return column_of(value, hauled_min, site, reasons)

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Schedule, load, permit."""
        return [
            schedule(view, rule),
            hauling(view),
            Clause(
                "no_permit", "当时无适用准运证", "no permit for truck, site and time",
                _without_permit(view, parameters),
            ),
        ]  # fmt: skip

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _without_permit(view: View, parameters: dict[str, float]) -> Tri:
    """UNKNOWN: the truck has a permit, and nobody knows whether for the site it left."""
    hauls, times = hauls_of(view), view.rows["time_us"]
    grace_us = int(parameters["grace_min"] * _MINUTE_US)
    value = np.full(len(times), YES, np.int8)
    device = view.rows["device_id"]
    for id_ in np.unique(device[hauls.hauling != NO]).tolist():
        own = np.flatnonzero(device == id_)
        for permit in view.roster.permits.get(id_, ()):
            valid = in_force(permit, times[own], view.roster)
            valid |= in_force(permit, times[own] - grace_us, view.roster)
            right = hauls.site[own] == permit.site_fence_id
            value[own[valid & right]] = NO
            unsure = valid & (hauls.site[own] == 0) & (value[own] == YES)
            value[own[unsure]] = UNKNOWN
    return value


register(NoPermit())
