"""A muck truck that unloads in a dump that its permit does not name."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.clauses import Clause, schedule
from rules.contract import NO, UNKNOWN, YES, Column, Family, Parameter
from rules.hauled import BODY, LOAD, Closed
from rules.permits import permits_at
from rules.readings import applies, column_of
from rules.registry import register
from rules.trilogic import Tri, all_of
from rules.trips import hauls_of, places_of_fences
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "min_haul_min", "min", 5, 0, 240,
        "运输时长不足此值的趟次不判定", "a run shorter than this is not judged",
        "our default: moving muck within a site is no transport",
    ),
)  # fmt: skip
# That it has unloaded is one moment.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0}
_WORDS = Words("未在准运证核准的消纳场卸土", "unloaded in a dump that its permit does not name",
               "运输{}分钟后", "after {} min of hauling")  # fmt: skip
_MINUTE_US = 60_000_000


class OffPermitDump:
    """Judged by the permits for the site that were valid when the truck left it; a truck without
    any is for `no_permit`, one that unloads outside every dump for `illegal_dumping`."""

    name = "off_permit_dump"
    family: Family = "dust"
    zh = "未按核准地点卸土"
    en = "Off-permit dump"
    measure_name = "hauled_min"
    vehicle_kinds: tuple[str, ...] = ("muck_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """YES at the fix that tells that the truck has unloaded; the fence is the dump."""
        unloaded, elsewhere = _unloaded(view, parameters), _elsewhere(view)
        value = all_of(applies(view, rule), unloaded, elsewhere)
        closed = hauls_of(view).closed
        dumps = np.zeros(len(value), np.int64)
        hauled_min = np.full(len(value), np.nan)
        for row in np.flatnonzero(value == YES).tolist():
            dumps[row], hauled_min[row] = closed[row].dump, _hauled_min(closed[row])
        reasons = np.full(len(value), "load_unknown", object)
        reasons[elsewhere == UNKNOWN] = "site_unknown"
        return column_of(value, hauled_min, places_of_fences(view, dumps), reasons)

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Schedule, unloading, permit."""
        zh, en = "准运证未核准该消纳场", "a dump that the truck's permit does not name"
        return [
            schedule(view, rule),
            Clause(
                "unloaded", "此时在消纳场卸土", "unloads in a dump", _unloaded(view, parameters)
            ),
            Clause("off_permit", zh, en, _elsewhere(view)),
        ]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words; unloading is a moment, without a duration."""
        said = {name: m for name, m in measures.items() if name != "duration_s"}
        return _WORDS.sentence(said, self.measure_name, language)


def _hauled_min(closed: Closed) -> float:
    return (closed.unloaded_us - closed.left_us) / _MINUTE_US


def _unloaded(view: View, parameters: dict[str, float]) -> Tri:
    """UNKNOWN where only a stop says so."""
    value = np.full(len(view.rows), NO, np.int8)
    for row, closed in hauls_of(view).closed.items():
        if closed.dump and _hauled_min(closed) >= parameters["min_haul_min"]:
            value[row] = YES if closed.unloaded_by in (LOAD, BODY) else UNKNOWN
    return value


def _elsewhere(view: View) -> Tri:
    value = np.full(len(view.rows), NO, np.int8)
    for row, closed in hauls_of(view).closed.items():
        device_id = int(view.rows["device_id"][row])
        valid = permits_at(view.roster, device_id, closed.left_us)
        if closed.dump and valid and not closed.site:
            dumps = {dump for permit in valid for dump in permit.dump_fence_ids}
            value[row] = NO if closed.dump in dumps else UNKNOWN
        elif closed.dump:
            own = [p.dump_fence_ids for p in valid if p.site_fence_id == closed.site]
            value[row] = YES if own and not any(closed.dump in dumps for dumps in own) else NO
    return value


register(OffPermitDump())
