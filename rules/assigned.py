"""Which assigned fences count for a fix, and how far the nearest is: joined in columns.

An assignment names a fence; what counts is the version of the fence and the assignment in force at
the fix time, within the assignment's windows. The join is a binary search over all rows at once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geofence.index import Membership
from model.fences import Assignment, Fence, Purpose, Window
from model.position import rows_at
from model.rulebook import Rule, Schedule
from rules.by_device import entries_of
from rules.calendar import Calendar
from rules.roster import Roster
from rules.view import View
from rules.windows import in_windows

_ALWAYS = Schedule()


@dataclass(frozen=True, slots=True)
class _Table:
    """Assignment times fence version, sorted by device; `windows` by group, None: always."""

    fences: tuple[Fence, ...]
    device: NDArray[np.int32]
    fence: NDArray[np.int32]
    from_us: NDArray[np.int64]
    to_us: NDArray[np.int64]
    group: NDArray[np.intp]
    windows: tuple[tuple[Window, ...] | None, ...]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Pairs (row, fence), sorted by row: fences[fence[i]] is assigned to row[i]'s device then.

    `metres[number[i]]`: how far apart they are, negative until somebody asks; a part's pairs share
    it with the whole's.
    """

    row: NDArray[np.intp]
    fence: NDArray[np.int32]
    number: NDArray[np.intp]
    metres: NDArray[np.float64]

    def any_for(self, count: int) -> NDArray[np.bool_]:
        """For `count` rows: whether the row has an assigned fence."""
        has = np.zeros(count, np.bool_)
        has[self.row] = True
        return has


def assigned_pairs(view: View, rule: Rule, purpose: Purpose) -> Assigned:
    """All pairs of a view. Windows are read in the zone of the rule's schedule."""
    zone = (rule.schedule or _ALWAYS).zone
    return _pairs(view, ("assigned", purpose, zone), purpose, zone)


def _pairs(view: View, name: tuple[str, ...], purpose: Purpose, zone: str) -> Assigned:
    found = view.made.get(name)
    if not isinstance(found, Assigned):
        if view.whole is None:
            found = _find_pairs(view, purpose, zone)
        else:
            all_ = _pairs(view.whole, name, purpose, zone)
            chosen, row = view.own(all_.row)
            found = Assigned(row, all_.fence[chosen], all_.number[chosen], all_.metres)
        view.made[name] = found
    return found


def _find_pairs(view: View, purpose: Purpose, zone: str) -> Assigned:
    table = _table(view.roster, view.fences, purpose)
    device, time_us = view.rows["device_id"], view.rows["time_us"]
    row, entry = entries_of(table.device, device)
    keep = (time_us[row] >= table.from_us[entry]) & (time_us[row] < table.to_us[entry])
    if not keep.all():
        row, entry = row[keep], entry[keep]
    if len(table.windows) > 1:
        calendar = view.roster.calendar
        keep = _in_their_windows(table, table.group[entry], time_us[row], zone, calendar)
        row, entry = row[keep], entry[keep]
    fence = table.fence[entry]
    # Which fixes lie inside is known already: only the others will be measured.
    metres = np.where(_inside(view.membership, row, fence, len(view.fences)), 0.0, -1.0)
    return Assigned(row, fence, np.arange(len(row)), metres)


def nearest(
    view: View, pairs: Assigned, wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Metres from each wanted row to its nearest assigned fence, and which that is.

    Infinite and -1 where there is none; NaN where a fence of the row is broken: it may be there.
    """
    distance_m = np.full(len(view.rows), np.inf)
    fence = np.full(len(view.rows), -1, np.int32)
    chosen = np.flatnonzero(wanted[pairs.row])
    row, of = pairs.row[chosen], pairs.fence[chosen]
    found_m = metres_of(view, pairs, chosen)
    if (row[1:] == row[:-1]).any():
        # Written from the farthest to the nearest, so that the nearest stays.
        order = np.lexsort((of, found_m, row))[::-1]
        row, of, found_m = row[order], of[order], found_m[order]
    distance_m[row] = found_m
    fence[row] = of
    distance_m[row[np.isnan(found_m)]] = np.nan
    return distance_m, fence


def metres_of(view: View, pairs: Assigned, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """How far apart the chosen pairs are; each is measured once, however many rules ask."""
    number = pairs.number[chosen]
    new = np.flatnonzero(pairs.metres[number] < 0)
    if len(new):
        rows = rows_at(view.rows, pairs.row[chosen[new]])
        pairs.metres[number[new]] = view.index.distances_m(pairs.fence[chosen[new]], rows)
    return pairs.metres[number]


def _inside(
    membership: Membership, row: NDArray[np.intp], fence: NDArray[np.int32], fences: int
) -> NDArray[np.bool_]:
    """Whether row i lies in fence i."""
    known = membership.row * fences + membership.fence
    asked = row * fences + fence
    if not len(known):
        return np.zeros(len(asked), np.bool_)
    near = known[np.minimum(np.searchsorted(known, asked), len(known) - 1)]
    return np.asarray(near == asked, np.bool_)


def _in_their_windows(
    table: _Table,
    group: NDArray[np.intp],
    time_us: NDArray[np.int64],
    zone: str,
    calendar: Calendar,
) -> NDArray[np.bool_]:
    inside = np.ones(len(group), np.bool_)
    for number, windows in enumerate(table.windows):
        if windows is None:
            continue
        mine = group == number
        inside[mine] = in_windows(time_us[mine], zone, windows, calendar)
    return inside


def _table(roster: Roster, fences: tuple[Fence, ...], purpose: Purpose) -> _Table:
    table = roster.tables.get(purpose)
    if not isinstance(table, _Table) or table.fences is not fences:
        table = roster.tables[purpose] = _make_table(roster, fences, purpose)
    return table


def _make_table(roster: Roster, fences: tuple[Fence, ...], purpose: Purpose) -> _Table:
    places: dict[int, list[int]] = defaultdict(list)
    for place, fence in enumerate(fences):
        places[fence.id].append(place)
    groups: dict[tuple[Window, ...] | None, int] = {None: 0}
    entries = []
    for assignment in _of_purpose(roster, purpose):
        group = groups.setdefault(assignment.windows, len(groups))
        for place in places[assignment.fence_id]:
            fence = fences[place]
            from_us = max(assignment.valid_from_us, fence.valid_from_us)
            to_us = min(assignment.valid_to_us, fence.valid_to_us)
            if from_us < to_us:
                entries.append((assignment.device_id, place, from_us, to_us, group))
    columns = np.array(sorted(entries), np.int64).reshape(-1, 5).T
    return _Table(
        fences, columns[0].astype(np.int32), columns[1].astype(np.int32), columns[2], columns[3],
        columns[4].astype(np.intp), tuple(groups),
    )  # fmt: skip


def _of_purpose(roster: Roster, purpose: Purpose) -> list[Assignment]:
    return [
        assignment
        for (_, its_purpose), assignments in roster.assignments.items()
        if its_purpose == purpose
        for assignment in assignments
    ]
