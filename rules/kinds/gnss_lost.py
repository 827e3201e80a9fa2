"""A vehicle at work, or an inspector in a shift, without a position for too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from model import signals
from model.position import FixSource
from model.rulebook import Rule
from model.vehicles import VEHICLES, UnitKind
from rules.contract import NO, UNKNOWN, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import Fix, acquit_outside_schedule, fixes, where
from rules.following import Follower
from rules.on_duty import on_duty
from rules.readings import column_of
from rules.registry import register
from rules.view import View
from rules.whereabouts import signed_off
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "moved_m", "m", 10, 1, 1_000,
        "无点火信号时，两次上报间里程增加满此值视为行驶",
        "without an ignition signal: the odometer's growth between two reports that shows driving",
        "our default: above what the odometer of a standing vehicle creeps",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 600.0, "clear_s": 60.0}
_WORDS = Words("作业中卫星定位丢失", "at work without a position", "驶过{}米", "over {} m")


class GnssLost(Follower):
    """Not positioned while the ignition is on or, where no terminal says so, the odometer runs; of
    an inspector, in a shift and not signed off."""

    name = "gnss_lost"
    family: Family = "conduct"
    zh = "卫星定位丢失"
    en = "GNSS lost"
    measure_name = "driven_m"
    vehicle_kinds: tuple[str, ...] = (*VEHICLES, UnitKind.INSPECTOR)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    storm = "gnss"  # of many units at once the weather is to blame (rules.storms)
    parts = (
        ("no_position", "终端未定位", "no position"),
        ("at_work", "点火，或里程仍在增加；巡查员在班",
         "ignition on, or the odometer runs; of an inspector, on duty"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """Memory: the odometer of the first and of the latest fix without a position."""
        moved_m = parameters["moved_m"]
        if view.kinds.get(int(view.rows["device_id"][places.start])) == UnitKind.INSPECTOR:
            working = (on_duty(view) & ~signed_off(view))[places].tolist()
        else:
            working = [None] * (places.stop - places.start)
        pairs = zip(fixes(view, places), working, strict=True)
        steps = [_step(fix, memory, moved_m, at_work) for fix, at_work in pairs]
        value = np.array([value for value, _ in steps], np.int8)
        acquit_outside_schedule(value, view, places, rule)
        return column_of(value, np.array([driven_m for _, driven_m in steps], np.float64))

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,  # noqa: ARG002
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Sequence[Note]:
        """Nothing but that the fix has a position."""
        return where(view.usable, [True] * len(view.rows))

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:  # noqa: ARG002
        """A position ends what is remembered."""
        memory.clear()
        return True

    def missing(self, view: View, before: Memory, after: Memory) -> int:  # noqa: ARG002
        """A fix that is positioned ends the memory."""
        return 0 if view.usable[0] else 1

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _step(fix: Fix, memory: Memory, moved_m: float, at_work: bool | None) -> tuple[int, float]:
    """The condition, and the metres driven without a position (NaN: the odometer is unknown).
    `at_work`: None, as the fix says."""
    if fix.fix_source != FixSource.NONE:
        memory.clear()
        return NO, np.nan
    if at_work is not None:
        return (YES if at_work else NO), np.nan
    before_m = memory.get("latest_m", -1)
    if fix.odometer_m >= 0:
        memory.setdefault("first_m", fix.odometer_m)
        memory["latest_m"] = fix.odometer_m
    driven_m = float(fix.odometer_m - memory["first_m"]) if fix.odometer_m >= 0 else np.nan
    ignition = fix.signal("ignition")
    if ignition != signals.UNKNOWN:
        return (YES if ignition >= signals.YES else NO), driven_m
    if before_m < 0 or fix.odometer_m < 0:
        return UNKNOWN, driven_m
    return (YES if fix.odometer_m - before_m >= moved_m else NO), driven_m


register(GnssLost())
