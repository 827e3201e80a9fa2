"""Duties that an assignment makes: in each of its windows, at its fence.

Windows are read in the zone of the rule's schedule; an assignment without windows owes each whole
day. A window that the assignment does not cover whole is owed by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from model.fences import Assignment, Purpose, Window
from model.rulebook import Rule, Schedule
from rules.owed import Duty, Ground
from rules.plan import Version
from rules.windows import in_schedule, intervals

EACH_DAY = Window((1, 2, 3, 4, 5, 6, 7), 0, 1440)
_SECOND_US = 1_000_000
Opening = tuple[int, int]


def at_end(_start_us: int, end_us: int) -> int:
    """Due when the window closes."""
    return end_us


def assigned_duties(
    ground: Ground,
    version: Version,
    purpose: Purpose,
    period_us: Opening,
    due_us: Callable[[int, int], int] = at_end,
) -> Iterator[Duty]:
    """Duties of the version's devices that overlap [from, to).

    `due_us`: when a window's duty is, by its start and end. A rule with a schedule judges windows
    that begin inside it, one with fences only these.
    """
    rule, devices = version.rule, set(version.device_ids.tolist())
    opened: dict[tuple[Window, ...], list[Opening]] = {}
    for assignment in _of_purpose(ground, purpose, devices):
        windows = assignment.windows or (EACH_DAY,)
        if windows not in opened:
            opened[windows] = _openings(ground, rule, windows, period_us)
        for start_us, end_us in opened[windows]:
            place = _place(ground, rule, assignment, start_us)
            covered = assignment.valid_from_us <= start_us and end_us <= assignment.valid_to_us
            if covered and place >= 0:
                due = due_us(start_us, end_us)
                key = f"{assignment.fence_id}.{start_us // _SECOND_US}.{due // _SECOND_US}"
                yield Duty(assignment.device_id, key, start_us, due, place)


def _of_purpose(ground: Ground, purpose: Purpose, devices: set[int]) -> list[Assignment]:
    by_device = ground.roster.assignments
    return [a for id_ in sorted(devices) for a in by_device.get((id_, purpose), ())]


def _openings(
    ground: Ground, rule: Rule, windows: Sequence[Window], period_us: Opening
) -> list[Opening]:
    """When the windows are open in the period, those alone that begin in the rule's schedule."""
    zone, calendar = (rule.schedule or Schedule()).zone, ground.roster.calendar
    found = sorted({o for w in windows for o in intervals(zone, w, calendar, *period_us)})
    if rule.schedule is None or not found:
        return found
    starts = np.array([start_us for start_us, _ in found], np.int64)
    begins_inside = in_schedule(starts, rule.schedule, calendar).tolist()
    return [opening for opening, inside in zip(found, begins_inside, strict=True) if inside]


def _place(ground: Ground, rule: Rule, assignment: Assignment, at_us: int) -> int:
    """The place of the fence's version in force, if the rule is about it and it is sound; or -1."""
    wanted = ground.index.marked(rule.fence_ids, rule.fence_tags)
    for place in _places(ground).get(assignment.fence_id, ()):
        fence = ground.index.fences[place]
        if fence.valid_from_us <= at_us < fence.valid_to_us and place not in ground.index.broken:
            everywhere = not (rule.fence_ids or rule.fence_tags)
            return place if everywhere or wanted[place] else -1
    return -1


def _places(ground: Ground) -> dict[int, list[int]]:
    """Fence id -> the places of its versions."""
    places: dict[int, list[int]] | None = ground.roster.tables.get("fence_places")
    if places is None:
        places = {}
        for place, fence in enumerate(ground.index.fences):
            places.setdefault(fence.id, []).append(place)
        ground.roster.tables["fence_places"] = places
    return places
