"""Driving too long without a rest.

A rest is a time without driving: from one fix at driving speed to the next. So a stop, a silence,
and a time without known speed all count for the driver when they are long enough; only what was
seen to be driven counts against him or her.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import numbers, where
from rules.following import Follower, blank_column
from rules.readings import applies, at_least, column_of, speed_kmh, why_unknown
from rules.registry import register
from rules.stretch import stretch
from rules.trilogic import all_of
from rules.view import View
from rules.wording import duration

_MINUTE_US = 60_000_000
_PARAMETERS = (
    Parameter(
        "drive_hours", "h", 4, 0.5, 24,
        "连续驾驶不得超过此时长", "the longest time at the wheel without a rest",
        "our default: 4 h, as article 62 (7) of the regulation on the road traffic safety law",
    ),
    Parameter(
        "rest_minutes", "min", 20, 1, 240,
        "停车休息满此时长才算休息", "a stop of this length is a rest",
        "our default: 20 min, as article 62 (7) of the regulation on the road traffic safety law",
    ),
    Parameter(
        "moving_kmh", "km/h", 5, 1, 60,
        "达到此速度视为行驶", "from this speed on the vehicle is driven",
        "our default: above what a parked receiver's drift shows",
    ),
)  # fmt: skip
# A silence shorter than a rest does not end the drive.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0, "max_gap_s": 1_200.0}
_SENTENCES = {"zh": "连续驾驶{}未休息", "en": "driving for {} without a rest"}


class DrivingTooLong(Follower):
    """The terminal knows the vehicle, not the driver: two drivers who change look like one."""

    name = "driving_too_long"
    family: Family = "hours"
    zh = "连续驾驶超时"
    en = "Driving too long"
    measure_name = "driving_min"
    vehicle_kinds: tuple[str, ...] = (
        "sweeper", "water_truck", "muck_truck", "mixer", "garbage_truck",
    )  # fmt: skip
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("driving", "正在行驶", "driving"),
        ("long", "连续驾驶达到时限", "for the whole time without a rest"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """Memory: `since_us` the drive began, `last_us` it was last seen to go on."""
        part = stretch(view, places)
        speed = speed_kmh(part)
        driving = at_least(speed, parameters["moving_kmh"])
        rest_us = parameters["rest_minutes"] * _MINUTE_US
        longest_us = parameters["drive_hours"] * 60 * _MINUTE_US
        value = np.full(len(speed), NO, np.int8)
        driven_us = np.zeros(len(speed), np.int64)
        since_us, last_us = memory.get("since_us", 0), memory.get("last_us", 0)
        for place, (time_us, drives) in enumerate(
            zip(part.rows["time_us"].tolist(), driving.tolist(), strict=True)
        ):
            if since_us and time_us - last_us >= rest_us:
                since_us = last_us = 0
            if drives == YES:
                since_us, last_us = since_us or time_us, time_us
            driven_us[place] = last_us - since_us
            if drives == UNKNOWN:
                value[place] = UNKNOWN
            elif driven_us[place] >= longest_us:
                value[place] = YES if drives == YES else HOLD
        memory.clear()
        if since_us:
            memory.update(since_us=since_us, last_us=last_us)
        if not value.any():  # all NO, like most stretches
            return blank_column(len(value))
        measure = np.where(value == YES, driven_us / _MINUTE_US, np.nan)
        return column_of(
            all_of(applies(part, rule), value), measure, reasons=why_unknown(part, speed)
        )

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Sequence[Note]:
        """Time, and whether it is driven, where that is known."""
        driving = at_least(speed_kmh(view), parameters["moving_kmh"])
        known = driving != UNKNOWN
        return where(known, *numbers(view, "time_us"), (driving == YES).tolist())

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """A drive goes on and is not too long, or begins, or nothing is driven."""
        time_us, drives = note
        since_us, last_us = memory.get("since_us", 0), memory.get("last_us", 0)
        if since_us and time_us - last_us >= parameters["rest_minutes"] * _MINUTE_US:
            since_us = last_us = 0
        if drives:
            since_us, last_us = since_us or time_us, time_us
        if last_us - since_us >= parameters["drive_hours"] * 60 * _MINUTE_US:
            return False
        if since_us:
            memory["since_us"], memory["last_us"] = since_us, last_us
        else:
            memory.clear()
        return True

    def missing(self, view: View, before: Memory, after: Memory) -> int:  # noqa: ARG002
        """A drive is under way while it is remembered."""
        return int(after.get("last_us") == int(view.rows["time_us"][0]))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How long the drive was, not how long it was too long."""
        seconds = measures.get(self.measure_name, 0) * 60
        return _SENTENCES[language].format(duration(seconds, language))


register(DrivingTooLong())
