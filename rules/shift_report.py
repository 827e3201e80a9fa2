"""What an inspector did in a shift: at work, elsewhere, unknown; the way, the cells visited.

By the code and the default thresholds of absent_in_shift, late_arrival, left_early and
patrol_short, so that the attendance table and the violations tell the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geofence.index import FenceIndex
from model.fences import Shift
from model.position import Rows
from model.rulebook import Outage, Rule, Rulebook
from rules.believed import believe
from rules.build_view import build_view, sort_rows
from rules.owed import Watched
from rules.plan import effective_parameters
from rules.readings import accuracy_m
from rules.registry import kinds_by_name
from rules.roster import Roster
from rules.silence import deaf_us
from rules.view import View
from rules.walked import step_m
from rules.whereabouts import AWAY, PRESENT, SIGNED_OFF, look_whereabouts

State = Literal["running", "present", "absent", "unknown"]
NEW_VISIT_US = 600_000_000  # away for longer: the next fix inside is a new visit
_SECOND_US, _MINUTE_US = 1_000_000, 60_000_000
_NOWHERE = -1  # a fix that says nothing about the place
_RULE = Rule(
    id=0, version=0, organisation_id=0, kind="absent_in_shift", name_zh="", name_en="",
    valid_from_us=0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """To one cell in one shift: how often, how long, from when to when."""

    fence_id: int
    visits: int
    seconds: int
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """One shift. `late` and `left_early` are None where nobody knows; the seconds add up to what
    has passed of the shift. `first_us`, `last_us`: at work, 0 never. `fixes`: that tell the place,
    `doubted`: there were others. `cells`: assigned, and how many of these were visited; `visits`
    are to any cell."""

    shift: Shift
    state: State
    late: bool | None
    left_early: bool | None
    first_us: int
    last_us: int
    present_s: int
    away_s: int
    unknown_s: int
    walked_m: int
    fixes: int
    doubted: bool
    cells: int
    cells_visited: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class _Track:
    """The fixes of one shift: what each says, and how long it stands for."""

    time_us: NDArray[np.int64]
    fact: NDArray[np.int64]
    held_us: NDArray[np.int64]  # known time before each fix, if near enough to the one before
    rest_us: int  # known time after the last one
    doubted: bool  # it was heard of without saying where

    @property
    def known_us(self) -> int:
        """How much of the shift is known."""
        return int(self.held_us.sum()) + self.rest_us


@dataclass(frozen=True, slots=True)
class _Round:
    """The way of one shift, the cells that it owed and those that it saw."""

    walked_m: float
    owed: set[int]
    visits: tuple[Visit, ...]


@cache
def thresholds() -> Mapping[str, float]:
    """The defaults of all kinds that judge attendance."""
    kinds = kinds_by_name()
    names = ("patrol_short", "left_early", "late_arrival", "absent_in_shift")
    found: dict[str, float] = {}
    for name in names:
        found |= effective_parameters(_RULE, kinds[name])
    return found


def shift_reports(
    rulebook: Rulebook, index: FenceIndex, shifts: Sequence[Shift], rows: Rows, now_us: int
) -> list[ShiftReport]:
    """A report a shift, in their order. `rulebook`: cells, their assignments, outages; `index` of
    its fences; `rows`: all positions of the shifts' units in them, in any order."""
    limits, rows = dict(thresholds()), sort_rows(rows)
    roster = Roster.of(rulebook)
    view = build_view(rows, rulebook, {}, roster, index)
    believe(view, {shift.device_id for shift in shifts}, {})
    view = view.walked
    whole = Watched(np.arange(len(rows)), np.zeros(len(rows), np.intp), ())
    seen = look_whereabouts(view, whole, _RULE, limits)
    fact = np.where(seen.known, np.array(seen.facts, np.int64), _NOWHERE)
    slices = [_slice(rows, shift, now_us) for shift in shifts]
    visits = _visits(view, fact, slices)
    accuracy = accuracy_m(view, limits["assumed_accuracy_m"])
    reports = []
    for number, (shift, part) in enumerate(zip(shifts, slices, strict=True)):
        track = _track(rows["time_us"][part], fact[part], shift, now_us)
        walked_m = _walked_m(view.rows[part], fact[part], accuracy[part], limits)
        found = _Round(walked_m, _assigned(roster, shift), visits.get(number, ()))
        reports.append(_report(shift, track, now_us, rulebook.outages, found))
    return reports


def _slice(rows: Rows, shift: Shift, now_us: int) -> slice:
    begin, end = np.searchsorted(rows["device_id"], [shift.device_id, shift.device_id + 1])
    until_us = min(shift.ends_us, now_us + 1)
    edges = [shift.starts_us, max(until_us, shift.starts_us)]
    start, stop = np.searchsorted(rows["time_us"][begin:end], edges)
    return slice(int(begin + start), int(begin + stop))


def _track(
    time_us: NDArray[np.int64], fact: NDArray[np.int64], shift: Shift, now_us: int
) -> _Track:
    """Known fixes only: what lies between two of them that are far apart is unknown."""
    known = fact != _NOWHERE
    time_us, fact = time_us[known], fact[known]
    max_gap_us = int(thresholds()["max_gap_s"] * _SECOND_US)
    gap_us = np.diff(time_us, prepend=shift.starts_us)
    held_us = np.where(gap_us <= max_gap_us, gap_us, 0)
    rest_us = min(shift.ends_us, now_us) - int(time_us[-1]) if len(time_us) else 0
    signed_off = len(fact) > 0 and fact[-1] == SIGNED_OFF
    known_rest_us = rest_us if rest_us <= max_gap_us or signed_off else 0
    return _Track(time_us, fact, held_us, known_rest_us, not known.all())


def _report(
    shift: Shift,
    track: _Track,
    now_us: int,
    outages: Sequence[Outage],
    found: _Round,
) -> ShiftReport:
    passed_us = max(min(shift.ends_us, now_us) - shift.starts_us, 0)
    at_work = track.fact == PRESENT
    present_us = int(track.held_us[at_work].sum())
    known_us = track.known_us
    if len(track.fact) and at_work[-1]:
        present_us += track.rest_us
    there = track.time_us[at_work].tolist()
    return ShiftReport(
        shift=shift,
        state=_state(shift, now_us, present_us, track, outages),
        late=_late(shift, track, there),
        left_early=_left_early(shift, track, there) if now_us >= shift.ends_us else None,
        first_us=there[0] if there else 0,
        last_us=there[-1] if there else 0,
        present_s=present_us // _SECOND_US,
        away_s=(known_us - present_us) // _SECOND_US,
        unknown_s=(passed_us - known_us) // _SECOND_US,
        walked_m=round(found.walked_m),
        fixes=len(track.fact),
        doubted=track.doubted,
        cells=len(found.owed),
        cells_visited=sum(visit.fence_id in found.owed for visit in found.visits),
        visits=found.visits,
    )


def _state(
    shift: Shift, now_us: int, present_us: int, track: _Track, outages: Sequence[Outage]
) -> State:
    if now_us < shift.ends_us:
        return "running"
    limits, shift_us = thresholds(), shift.ends_us - shift.starts_us
    if present_us >= min(limits["least_minutes"] * _MINUTE_US, shift_us / 2):
        return "present"
    if len(track.fact):
        return "absent" if track.known_us >= limits["min_known_share"] * shift_us else "unknown"
    if track.doubted:
        return "unknown"
    deaf = deaf_us(outages, shift.starts_us, shift.ends_us)
    return "unknown" if deaf > (1 - limits["min_known_share"]) * shift_us else "absent"


def _late(shift: Shift, track: _Track, there: Sequence[int]) -> bool | None:
    if not there:
        return None
    waited_us = there[0] - shift.starts_us
    if waited_us <= thresholds()["late_minutes"] * _MINUTE_US:
        return False
    known_us = int(track.held_us[track.time_us <= there[0]].sum())
    return True if known_us >= thresholds()["min_known_share"] * waited_us else None


def _left_early(shift: Shift, track: _Track, there: Sequence[int]) -> bool | None:
    if not there:
        return None
    gone_us = shift.ends_us - there[-1]
    if gone_us <= thresholds()["early_minutes"] * _MINUTE_US:
        return False
    known_us = int(track.held_us[track.time_us > there[-1]].sum()) + track.rest_us
    return True if known_us >= thresholds()["min_known_share"] * gone_us else None


def _walked_m(
    rows: Rows, fact: NDArray[np.int64], accuracy: NDArray[np.float64], limits: dict[str, float]
) -> float:
    """As patrol_short walks: at work or elsewhere, not after signing off."""
    walks = (fact == PRESENT) | (fact == AWAY)
    anchor: tuple[int, int] | None = None
    since_us, walked_m, fastest_m_us = 0, 0.0, limits["max_kmh"] / 3.6e6
    columns = ("longitude_e6", "latitude_e6", "time_us")
    places = zip(*(rows[name][walks].tolist() for name in columns), strict=True)
    for (x, y, time_us), near_m in zip(places, accuracy[walks].tolist(), strict=True):
        step = step_m(anchor, (x, y), near_m, limits["drift_m"])
        if step is None:
            continue
        if step <= (time_us - since_us) * fastest_m_us:
            walked_m += step
        anchor, since_us = (x, y), time_us
    return walked_m


def _assigned(roster: Roster, shift: Shift) -> set[int]:
    """Fence ids of the unit's cells when the shift began."""
    found = roster.assigned(shift.device_id, "grid")
    at_us = shift.starts_us
    return {a.fence_id for a in found if a.valid_from_us <= at_us < a.valid_to_us}


def _visits(
    view: View, fact: NDArray[np.int64], slices: Sequence[slice]
) -> dict[int, tuple[Visit, ...]]:
    """By the shift's number; of all shifts at once, for most have a thousand fixes."""
    shift_of = np.full(len(fact), -1, np.int64)
    for number, part in enumerate(slices):
        shift_of[part] = number
    shift_of[(fact != PRESENT) & (fact != AWAY)] = -1
    ids = np.array([fence.id for fence in view.fences], np.int64)
    row = view.membership.row
    own = shift_of[row] >= 0
    row, cell = row[own], ids[view.membership.fence[own]]
    order = np.lexsort((row, cell, shift_of[row]))
    found: dict[int, list[Visit]] = defaultdict(list)
    row = row[order]
    for number, visit in _grouped(shift_of[row], cell[order], view.rows["time_us"][row]):
        found[number].append(visit)
    return {number: tuple(visits) for number, visits in found.items()}


def _grouped(
    number: NDArray[np.int64], cell: NDArray[np.int64], time_us: NDArray[np.int64]
) -> Iterator[tuple[int, Visit]]:
    """Runs of equal shift and cell; the times rise in each."""
    if not len(number):
        return
    first = np.append(True, (np.diff(number) != 0) | (np.diff(cell) != 0))
    gap_us = np.diff(time_us, prepend=time_us[0])
    near = ~first & (gap_us <= thresholds()["max_gap_s"] * _SECOND_US)
    begins = np.flatnonzero(first)
    ends = np.append(begins[1:], len(number)) - 1
    again = np.add.reduceat((first | (gap_us > NEW_VISIT_US)).astype(np.int64), begins)
    lasted_us = np.add.reduceat(np.where(near, gap_us, 0), begins)
    columns = (number[begins], cell[begins], again, lasted_us // _SECOND_US, time_us[begins],
               time_us[ends])  # fmt: skip
    for shift, *values in zip(*(column.tolist() for column in columns), strict=True):
        yield shift, Visit(*values)
