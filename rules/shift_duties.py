"""Duties that a shift makes: to come, to stay, to walk the round."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from model.fences import Shift
from rules.contract import Family
from rules.owed import DUTY_DEFAULTS, Dutiful, Duty, Ground
from rules.plan import Version
from rules.windows import in_schedule

MINUTE_US = 60_000_000
_SECOND_US = 1_000_000


class ShiftDuty(Dutiful):
    """The base of kinds that judge an inspector's shift."""

    family: Family = "patrol"
    vehicle_kinds: tuple[str, ...] = ("inspector",)
    episode_defaults: dict[str, float] = DUTY_DEFAULTS


def at_end(shift: Shift) -> int:
    """Due when the shift ends."""
    return shift.ends_us


def shift_duties(
    ground: Ground,
    version: Version,
    period_us: tuple[int, int],
    due_us: Callable[[Shift], int] = at_end,
) -> Iterator[Duty]:
    """One a shift of the version's inspectors, if it overlaps [from, to) until it is due.

    A rule with a schedule judges the shifts that begin inside it.
    """
    for device_id in version.device_ids.tolist():
        for shift in ground.roster.shifts.get(device_id, ()):
            due = due_us(shift)
            if shift.starts_us >= period_us[1] or due < period_us[0]:
                continue
            if _applies(ground, version, shift.starts_us):
                key = f"{shift.starts_us // _SECOND_US}.{due // _SECOND_US}"
                yield Duty(device_id, key, shift.starts_us, due, about=shift)


def _applies(ground: Ground, version: Version, at_us: int) -> bool:
    schedule = version.rule.schedule
    if schedule is None:
        return True
    return bool(in_schedule(np.array([at_us], np.int64), schedule, ground.roster.calendar)[0])
