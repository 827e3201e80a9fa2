"""Where people on foot are to be believed to be: each fix beside the last place and a walk's reach.

A satellite fix that is good enough stands as it is. A coarser one, of a network cell or an access
point or between high walls, stands only if it is at least as accurate as the last place and what a
person can have walked since; else it moves that place by its weight, and one that lies farther off
than both explain moves it not at all. Two errors of one network are not independent, so fixes that
agree make the place no surer than the best of them. The same constants as `rules.foot_path`, which
also looks into the future: a rule judges by what was known at the fix. What was stored stays.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.position import FixSource, Rows
from rules.foot_path import RESTART_S, STRAY, WALK_M_S
from rules.readings import accuracy_of
from rules.state import Believed, DeviceState
from rules.view import View
from rules.walked import metres_apart

GOOD_M = 30.0  # a satellite fix of this accuracy stands as it is
ASSUMED_M = 20.0  # of satellite fixes that state none, as the rules' `assumed_accuracy_m`
_MOST_M = 32_767
_COLUMNS = ("time_us", "longitude_e6", "latitude_e6", "speed_kmh_e1", "fix_source")


class _Fix(NamedTuple):
    time_us: int
    longitude_e6: int
    latitude_e6: int
    speed_kmh_e1: int
    source: int
    accuracy_m: float
    coarse: bool


def believe(
    view: View, on_foot: Container[int], states: Mapping[int, DeviceState]
) -> dict[int, Believed]:
    """Give a whole view the places of `View.walked`; by device what to believe after its rows,
    where that is not its last located fix. The view's rows are sorted by device and time."""
    moved, found = believed_rows(view.rows, on_foot, states)
    if moved is not None:
        elsewhere = np.logical_or.reduce([moved[n] != view.rows[n] for n in _COLUMNS[1:3]])
        view.walk = View(
            rows=moved, usable=view.usable, index=view.index, fences=view.fences,
            rulebook=view.rulebook, roster=view.roster, kinds=view.kinds,
            stood=(view, np.flatnonzero(elsewhere)),
        )  # fmt: skip
    return found


def believed_rows(
    rows: Rows, on_foot: Container[int], states: Mapping[int, DeviceState]
) -> tuple[Rows | None, dict[int, Believed]]:
    """As `believe`, of rows outside a view; None: all stand as they are."""
    accuracy = accuracy_of(rows, ASSUMED_M)
    usable = rows["fix_source"] != FixSource.NONE
    satellite = rows["fix_source"] == FixSource.GNSS
    coarse = usable & ~(satellite & (accuracy <= GOOD_M))
    found: dict[int, Believed] = {}
    devices = [id_ for id_ in np.unique(rows["device_id"][coarse]).tolist() if id_ in on_foot]
    if not devices:
        return None, found
    moved = rows.copy()
    for id_ in devices:
        begin, end = np.searchsorted(rows["device_id"], [id_, id_ + 1]).tolist()
        last = _last(states.get(id_))
        places = begin + np.flatnonzero(usable[begin:end])
        for place, fix in zip(places.tolist(), _fixes(rows, places, accuracy, coarse), strict=True):
            last = _step(last, fix)
            if fix.coarse:
                moved["longitude_e6"][place], moved["latitude_e6"][place] = last[1:3]
                moved["accuracy_m"][place] = last[3] + _walked_m(fix, last)
        if last is not None and coarse[places[-1]]:
            found[id_] = last
    return moved, found


def _fixes(
    rows: Rows, places: NDArray[np.intp], accuracy: NDArray[np.float64], coarse: NDArray[np.bool_]
) -> list[_Fix]:
    columns = [rows[name][places].tolist() for name in _COLUMNS]
    columns += [accuracy[places].tolist(), coarse[places].tolist()]
    return [_Fix(*values) for values in zip(*columns, strict=True)]


def _last(state: DeviceState | None) -> Believed | None:
    """What was believed before the rows."""
    if state is None or not state.located_us:
        return None
    if state.believed is not None:
        return state.believed
    row = np.zeros(1, [("accuracy_m", np.int16), ("fix_source", np.int8)])
    row["accuracy_m"], row["fix_source"] = state.accuracy_m, state.fix_source
    accuracy_m = math.ceil(accuracy_of(row, ASSUMED_M)[0])
    return state.located_us, state.longitude_e6, state.latitude_e6, accuracy_m


def _walked_m(fix: _Fix, last: Believed) -> int:
    """How far a person can have come since."""
    metres_a_s = max(WALK_M_S, fix.speed_kmh_e1 / 36)
    return min(math.ceil(metres_a_s * (fix.time_us - last[0]) / 1e6), _MOST_M - last[3])


def _step(last: Believed | None, fix: _Fix) -> Believed:
    """What to believe after a fix; the last place stays, with its time, where it tells nothing."""
    here = fix.longitude_e6, fix.latitude_e6
    itself = fix.time_us, *here, min(math.ceil(fix.accuracy_m), _MOST_M)
    if last is None or not fix.coarse or fix.time_us - last[0] > RESTART_S * 1_000_000:
        return itself
    reach_m = last[3] + _walked_m(fix, last)
    if metres_apart(last[1:3], here) > STRAY * (reach_m + fix.accuracy_m):
        return last
    if fix.accuracy_m <= reach_m:
        return itself
    weight = reach_m**2 / (reach_m**2 + fix.accuracy_m**2)
    east, north = (
        round(old + weight * (new - old)) for old, new in zip(last[1:3], here, strict=True)
    )
    return fix.time_us, east, north, reach_m
