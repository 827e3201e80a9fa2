"""An inspector on duty who stays in one place for too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import Fix, acquit_outside_schedule, fixes, where
from rules.following import Follower
from rules.on_duty import on_duty
from rules.readings import accuracy_m, column_of, in_places
from rules.registry import register
from rules.view import View
from rules.walked import metres_apart
from rules.whereabouts import PRECISION, precise, signed_off
from rules.wording import Words

REST_TAGS = ("rest",)
_SECOND_US = 1_000_000
_PARAMETERS = (
    Parameter(
        "radius_m", "m", 50, 5, 1_000,
        "在此范围内（另加定位精度）视为原地停留",
        "within this distance, beyond the fix's accuracy, it is the same place",
        "our default: no public source sets it",
    ),
    Parameter(
        "away_s", "s", 60, 0, 1_800,
        "离开满此时长才算走开", "away for this long is gone on",
        "our default: two fixes at 30 s, so that one outlier ends nothing",
    ),
    *PRECISION,
)  # fmt: skip
# 30 min as stop_too_long; the condition itself does not flap, so nothing has to clear.
_EPISODE_DEFAULTS = {"min_duration_s": 1_800.0, "clear_s": 0.0}
_WORDS = Words("在岗时滞留一处", "on duty in one place", "", "")


class StaysTooLong(Follower):
    """How long is too long is the episode's `min_duration_s`: the stay is told from its start."""

    name = "stays_too_long"
    family: Family = "patrol"
    zh = "滞留"
    en = "Stays too long"
    measure_name = "stayed_min"
    vehicle_kinds: tuple[str, ...] = ("inspector",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("on_duty", "在岗且不在休息场所", "on duty, and not where one may rest"),
        ("same_place", "停留原处", "in the same place"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """Memory: `place` (1e-6 degrees) and `since_us` of the stay, `last_us` of its last fix,
        `away_us` since when the fixes have been away."""
        view = view.walked
        bound = _bound(view)[places]
        sure = precise(view, parameters)[places]
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])[places]
        value = np.full(len(bound), NO, np.int8)
        stayed_min = np.full(len(bound), np.nan)
        for number, fix in enumerate(fixes(view, places)):
            if not bound[number]:
                memory.clear()
            elif not sure[number]:
                value[number] = UNKNOWN
            else:
                value[number] = _step(fix, float(accuracy[number]), memory, parameters)
            if value[number] == YES:
                stayed_min[number] = (fix.time_us - memory["since_us"]) / (60 * _SECOND_US)
        acquit_outside_schedule(value, view, places, rule)
        reasons = np.where(view.usable[places], "poor_gnss", "no_position").astype(object)
        return column_of(value, stayed_min, reasons=reasons)

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,  # noqa: ARG002
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Sequence[Note]:
        """Nothing but that a fix is off duty, or at rest."""
        return where(~_bound(view.walked), [True] * len(view.rows))

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:  # noqa: ARG002
        """Off duty no place is remembered."""
        memory.clear()
        return True

    def missing(self, view: View, before: Memory, after: Memory) -> int:  # noqa: ARG002
        """On duty a place is remembered."""
        return int(bool(after))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How long: the measure says it where the episode does not."""
        stayed_s = 60 * measures.get(self.measure_name, 0)
        known = {"duration_s": max(stayed_s, measures.get("duration_s") or 0)}
        return _WORDS.sentence(measures | known, "", language)


def _bound(view: View) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Fixes on duty, not signed off, and in no place of rest."""
    resting = in_places(view, REST_TAGS) >= 0
    return on_duty(view) & ~signed_off(view) & ~(resting & view.usable)


def _step(fix: Fix, accuracy: float, memory: Memory, parameters: dict[str, float]) -> int:
    """The condition at one fix that is precise enough."""
    place = fix.longitude_e6, fix.latitude_e6
    gap_us = fix.time_us - memory.get("last_us", 0)
    if not memory or gap_us > parameters["max_gap_s"] * _SECOND_US:
        return _start(fix, memory)
    memory["last_us"] = fix.time_us
    if metres_apart(tuple(memory["place"]), place) - accuracy <= parameters["radius_m"]:
        memory["away_us"] = 0
        return YES if fix.time_us > memory["since_us"] else NO
    memory["away_us"] = memory["away_us"] or fix.time_us
    if fix.time_us - memory["away_us"] < parameters["away_s"] * _SECOND_US:
        return HOLD
    return _start(fix, memory)


def _start(fix: Fix, memory: Memory) -> int:
    """A stay may begin here."""
    place = [fix.longitude_e6, fix.latitude_e6]
    memory.update(place=place, since_us=fix.time_us, last_us=fix.time_us, away_us=0)
    return NO


register(StaysTooLong())
