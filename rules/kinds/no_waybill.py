"""A muck truck loaded and under way without a waybill for its run."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.clauses import Clause, hauling, schedule
from rules.contract import NO, YES, Column, Family, Parameter
from rules.permits import waybill_for
from rules.readings import applies, column_of
from rules.registry import register
from rules.trilogic import Tri, all_of
from rules.trips import hauls_of, places_of_fences
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "grace_min", "min", 10, 0, 240,
        "联单可在离场后此时长内签发", "a waybill may be issued so long after the truck has left",
        "our default: gates write them when the truck has gone; often wrong, so reconcile them "
        "with trips (https://preview.hindawi.com/journals/jat/2022/7647121)",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 60.0, "clear_s": 120.0}
_WORDS = Words("无联单运输", "hauling without a waybill", "离场{}分钟", "{} min after leaving")
_MINUTE_US = 60_000_000


class NoWaybill:
    """Its fence is the site. Which waybills have been used is the reconciliation's to say."""

    name = "no_waybill"
    family: Family = "dust"
    zh = "无联单运输"
    en = "No waybill"
    measure_name = "hauled_min"
    vehicle_kinds: tuple[str, ...] = ("muck_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """Measured: minutes since it left."""
        hauls = hauls_of(view)
        value = all_of(applies(view, rule), hauls.hauling, _without_waybill(view, parameters))
        hauled_min = (view.rows["time_us"] - hauls.left_us) / _MINUTE_US
        hauled_min[hauls.left_us == 0] = np.nan
        site = places_of_fences(view, np.where(value == YES, hauls.site, 0))
        return column_of(value, hauled_min, site, np.full(len(value), "load_unknown", object))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Schedule, load, waybill."""
        zh, en = "离场后宽限期内也无联单", "no waybill for the run, nor one in the grace"
        without = _without_waybill(view, parameters)
        return [schedule(view, rule), hauling(view), Clause("no_waybill", zh, en, without)]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _without_waybill(view: View, parameters: dict[str, float]) -> Tri:
    """NO while the grace lasts, too: the waybill may still come."""
    hauls, times = hauls_of(view), view.rows["time_us"]
    grace_us = int(parameters["grace_min"] * _MINUTE_US)
    value = np.where(times - hauls.left_us >= grace_us, YES, NO).astype(np.int8)
    runs: dict[tuple[int, int, int], bool] = {}
    for row in np.flatnonzero((hauls.hauling != NO) & (value == YES)).tolist():
        left_us = int(hauls.left_us[row]) or int(times[row])
        run = (int(view.rows["device_id"][row]), int(hauls.site[row]), left_us)
        if run not in runs:
            runs[run] = waybill_for(view.roster, *run, grace_us) is not None
        if runs[run]:
            value[row] = NO
    return value


register(NoWaybill())
