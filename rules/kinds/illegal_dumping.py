"""Illegal dumping: body raised with a load, or a load that vanished, outside every permitted place.

The device's memory: since when it was surely loaded, and how many fixes in a row have read full,
empty, or raised since: single fixes of a flapping sensor accuse nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import numbers, where
from rules.following import Follower
from rules.nearby import nearest_marked
from rules.readings import accuracy_m, applies, column_of, signal_is_yes, speed_kmh
from rules.registry import register
from rules.stretch import stretch
from rules.trilogic import Tri, all_of, tri
from rules.view import View
from rules.wording import Words

PERMITTED_TAGS = ("dump", "site", "plant")
_SECOND_US = 1_000_000
_PARAMETERS = (
    Parameter(
        "hold_fixes", "fixes", 3, 1, 20,
        "满载、空载须连续满此定位数才可信",
        "full and empty are believed after so many fixes in a row",
        "our default: a load sensor flaps on bad roads",
    ),
    Parameter(
        "raised_fixes", "fixes", 3, 1, 20,
        "场外举升须连续满此定位数才可信",
        "a body raised outside is believed after so many fixes in a row",
        "our default: unloading takes a minute or more, and two outliers in a row do happen",
    ),
    Parameter(
        "recent_s", "s", 600, 0, 7_200,
        "最后一次满载后此时长内举升仍视为带载举升",
        "so long after the last full reading a raised body still had a load",
        "our default: the load sensor reads empty before the body is down",
    ),
    Parameter(
        "margin_m", "m", 50, 0, 1_000,
        "距许可场所在此距离（另加定位精度）以内不判定",
        "nearer than this to a permitted place, plus the fix's accuracy, nobody is judged",
        "our default: queues and ramps at the gate are drawn outside",
    ),
    Parameter(
        "parking_permitted", "0/1", 1, 0, 1,
        "1：停车场内允许举升；0：不允许", "1: a body may be raised at a parking; 0: it may not",
        "Fuzhou: lifting is locked outside dumps, sites and parkings "
        "(https://duobangwang.com/html/11/2017-08-24/083917109710.shtml)",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 100, 5, 2_000,
        "精度差于此值的定位不作判断", "a worse fix neither accuses nor acquits",
        "our default",
    ),
)  # fmt: skip
# What counts in a row is counted here; one believed fix is a violation.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0, "clear_s": 120.0}
_WORDS = Words("在许可场所外倾倒", "dumping outside every permitted place", "", "")


_ACQUITTING = (NO, HOLD, UNKNOWN, YES)


@dataclass(slots=True)
class _Load:
    """The memory. `full_us`: last time believed full, 0 none; `where`: whether it was outside at
    every empty fix so far."""

    full: int = 0
    full_us: int = 0
    empty: int = 0
    where: int = NO
    raised: int = 0

    def step(
        self, time_us: int, load: int, raised: int, outside: int, parameters: dict[str, float]
    ) -> int:
        """One fix -> whether it is dumping."""
        vanished = self._weigh(time_us, load, outside, parameters)
        if raised != YES:
            self.raised = 0
            blind = raised == UNKNOWN and load == UNKNOWN and outside != NO
            return UNKNOWN if blind and vanished == NO else vanished
        if load == UNKNOWN and not self.full_us:
            return UNKNOWN if outside in (YES, UNKNOWN) else NO
        recently = time_us - self.full_us <= parameters["recent_s"] * _SECOND_US
        if vanished == YES or not (self.full_us and recently) or outside != YES:
            self.raised = 0 if outside == NO else self.raised
            doubtful = self.full_us and recently and outside in (UNKNOWN, HOLD)
            return outside if doubtful and vanished == NO else vanished
        self.raised = min(self.raised + 1, int(parameters["raised_fixes"]))
        return YES if self.raised == int(parameters["raised_fixes"]) else HOLD

    def _weigh(self, time_us: int, load: int, outside: int, parameters: dict[str, float]) -> int:
        """Whether a load has just been found to have vanished outside."""
        hold = int(parameters["hold_fixes"])
        if time_us - self.full_us > parameters["recent_s"] * _SECOND_US:
            self.full_us = self.empty = self.where = 0
        if load == YES:
            self.full, self.empty, self.where = min(self.full + 1, hold), 0, NO
            self.full_us = time_us if self.full == hold else self.full_us
        elif load == NO:
            self.full = 0
            if self.full_us:
                return self._one_more_empty(time_us, outside, parameters)
        return NO

    def _one_more_empty(self, time_us: int, outside: int, parameters: dict[str, float]) -> int:
        if not self.empty:
            if time_us - self.full_us > parameters["max_gap_s"] * _SECOND_US:
                self.full_us = 0
                return NO
            self.where = outside
        # One fix in or near a permitted place shows where the load went; one outlier shows nothing.
        self.where = min(self.where, outside, key=_ACQUITTING.index)
        self.empty += 1
        if self.empty < int(parameters["hold_fixes"]):
            return NO
        where, self.where = self.where, NO
        self.empty = self.full_us = 0
        return NO if where == HOLD else where


class IllegalDumping(Follower):
    """With fences, a rule takes those as the permitted places instead of dumps, sites, plants."""

    name = "illegal_dumping"
    family: Family = "dust"
    zh = "违规倾倒"
    en = "Illegal dumping"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = ("muck_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("loaded", "此前满载", "loaded until shortly before"),
        ("emptied", "举升车厢或载荷消失", "the body is raised, or the load has gone"),
        ("outside", "在许可场所之外", "outside every permitted place"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """A load has vanished outside when every empty fix until it is believed is outside."""
        part = stretch(view, places)
        load, raised = signal_is_yes(part, "loaded"), signal_is_yes(part, "body_raised")
        outside = _outside(part, rule, parameters, _in_question(load, raised, memory))
        state = _Load(**memory)
        seen = zip(
            part.rows["time_us"].tolist(), load.tolist(), raised.tolist(), outside.tolist(),
            strict=True,
        )  # fmt: skip
        value = np.array(
            [state.step(time_us, full, up, out, parameters) for time_us, full, up, out in seen],
            np.int8,
        )
        memory.clear()
        memory.update({name: known for name, known in asdict(state).items() if known})
        speed = np.where(value == NO, np.nan, speed_kmh(part))
        reasons = np.full(len(value), "signal_unknown", object)
        reasons[part.usable & (outside == UNKNOWN)] = "poor_gnss"
        reasons[~part.usable] = "no_position"
        return column_of(all_of(applies(part, rule), value), speed, reasons=reasons)

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,  # noqa: ARG002
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Sequence[Note]:
        """Time and load, where the body is down, or may be and the load is known."""
        load, raised = signal_is_yes(view, "loaded"), signal_is_yes(view, "body_raised")
        plain = (raised == NO) | ((raised == UNKNOWN) & (load != UNKNOWN))
        return where(plain, *numbers(view, "time_us"), load.tolist())

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """Full, or nothing is known, or empty with nothing to lose."""
        time_us, load = note
        full, full_us = memory.get("full", 0), memory.get("full_us", 0)
        recent = full_us and time_us - full_us <= parameters["recent_s"] * _SECOND_US
        if load != YES and recent:
            return False
        hold = int(parameters["hold_fixes"])
        if load != UNKNOWN:
            full = min(full + 1, hold) if load == YES else 0
        if load == YES and full == hold:
            full_us, recent = time_us, True
        memory.clear()
        if full:
            memory["full"] = full
        if recent:
            memory["full_us"] = full_us
        return True

    def missing(self, view: View, before: Memory, after: Memory) -> int:
        """A load that was believed is remembered until it is gone."""
        if not (before.get("full_us") or after.get("full_us")):
            return 0
        raised = signal_is_yes(view, "body_raised")[0] == YES
        return 2 if raised or (before.get("empty") and not after.get("empty")) else 1

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words; a load that was found gone has no duration."""
        if measures.get("duration_s", 0) < 1:
            measures = {name: m for name, m in measures.items() if name != "duration_s"}
        return _WORDS.sentence(measures, "", language)


def _in_question(load: Tri, raised: Tri, memory: Memory) -> NDArray[np.bool_]:
    """Fixes whose place may matter: not those of a truck that just drives full or empty."""
    told = (raised == YES) | ((raised == UNKNOWN) & (load == UNKNOWN))
    may_have_been_full = bool(memory.get("full_us")) or bool((load == YES).any())
    return np.asarray(told | (load == NO) if may_have_been_full else told, np.bool_)


def _outside(
    part: View,
    rule: Rule,
    parameters: dict[str, float],
    wanted: NDArray[np.bool_],
) -> Tri:
    """HOLD near a permitted place; where it is not wanted, NO."""
    tags = PERMITTED_TAGS + (("parking",) if parameters["parking_permitted"] else ())
    if rule.fence_tags or rule.fence_ids:
        tags = rule.fence_tags
    accuracy = accuracy_m(part, parameters["assumed_accuracy_m"])
    precise = part.usable & (accuracy <= parameters["max_accuracy_m"])
    margin_m, reach_m = parameters["margin_m"], parameters["max_accuracy_m"]
    permitted = part.index.marked(rule.fence_ids, tags)
    distance_m, _ = nearest_marked(part, wanted & precise, permitted, margin_m + reach_m)
    outside = tri(wanted & (distance_m > 0))
    outside[wanted & (distance_m > 0) & (distance_m <= margin_m + accuracy)] = HOLD
    outside[wanted & ~precise] = UNKNOWN
    return outside


register(IllegalDumping())
