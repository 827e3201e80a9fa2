"""Whether a vehicle works: its tool is on and its speed is that of the work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.position import rows_at
from model.rulebook import Rule
from rules.contract import NO, UNKNOWN, YES, Family, Memory, Parameter
from rules.owed import DUTY_DEFAULTS, Dutiful, Duty, Ground, Seen, Watched
from rules.readings import accuracy_m, at_least, at_most, signal_is_yes, speed_kmh, why_unknown
from rules.trilogic import Tri, all_of
from rules.view import View

WORKERS = ("sweeper", "water_truck")
_SECOND_US = 1_000_000
_TOOL = {"sweeper": "brush_down", "water_truck": "spraying"}
WORK_PARAMETERS = (
    Parameter(
        "min_kmh", "km/h", 2, 0, 60,
        "作业速度下限", "slower than this it does not work",
        "our default: the band of working sweepers is 3-15 km/h, less 1 for the receiver",
    ),
    Parameter(
        "max_kmh", "km/h", 20, 5, 80,
        "作业速度上限", "faster than this it does not work",
        "our default: sprinklers work at 5-20 km/h, sweepers at about 8 "
        "(http://735195.com/news/201108/19_2019.html)",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 30, 5, 2_000,
        "精度差于此值的定位不采用", "a worse fix is passed over",
        "our default: about the distance between two carriageways",
    ),
)  # fmt: skip


def works(view: View, parameters: dict[str, float]) -> Tri:
    """For each row: tool on and speed in the band."""
    tool = np.full(len(view.rows), UNKNOWN, np.int8)
    for kind, signal in _TOOL.items():
        own = view.kind == kind
        tool[own] = signal_is_yes(view, signal)[own]
    speed = speed_kmh(view)
    return all_of(
        tool, at_least(speed, parameters["min_kmh"]), at_most(speed, parameters["max_kmh"])
    )


def precise(
    view: View, parameters: dict[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Each row's accuracy in metres, and whether the fix tells the carriageway."""
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    return accuracy, view.usable & (accuracy <= parameters["max_accuracy_m"])


class WorkingDuty(Dutiful):
    """The base of duties that ask whether, and how long, a vehicle works at the duty's fence."""

    family: Family = "hours"
    vehicle_kinds: tuple[str, ...] = WORKERS
    episode_defaults: dict[str, float] = DUTY_DEFAULTS

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:  # noqa: ARG002
        """For each pair whether the vehicle works at the duty's fence."""
        accuracy, usable = precise(view, parameters)
        at_work, row = works(view, parameters), watched.row
        wanted = np.flatnonzero(usable[row] & (at_work[row] == YES))
        far_m = view.index.distances_m(watched.fence()[wanted], rows_at(view.rows, row[wanted]))
        there = np.zeros(len(row), np.bool_)
        there[wanted] = far_m <= accuracy[row[wanted]]
        # Who certainly does not work does so wherever it is.
        known = (at_work[row] == NO) | ((at_work[row] == YES) & usable[row])
        reasons = why_unknown(view, speed_kmh(view), usable)[row]
        return Seen(known, there.tolist(), reasons)

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, bool]],
        parameters: dict[str, float],
    ) -> None:
        """`worked_us`: the time between fixes at work, near enough; `works`: whether the last
        was."""
        seen_us, worked_us = progress["seen_us"], progress.get("worked_us", 0)
        before = progress.get("works", False)
        for time_us, at_work in steps:
            gap_us = time_us - seen_us
            if before and at_work and gap_us <= parameters["max_gap_s"] * _SECOND_US:
                worked_us += gap_us
            seen_us, before = time_us, at_work
        progress["worked_us"], progress["works"] = worked_us, before
