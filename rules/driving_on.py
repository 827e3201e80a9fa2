"""The short way through `rules.hauls`: most fixes of most trucks only note time and place.

A truck that is full or empty as before, with its body down, and drives on away from every stop, or
stands on in the site of its visit or outside every site and dump, changes nothing else in its
memory: that is seen from the stored memory as it is.
"""

from __future__ import annotations

import math

from rules.contract import NO, UNKNOWN, YES, Memory
from rules.trip_parameters import DEFAULTS

# Beliefs about the load; 0, which a memory leaves out, is unknown.
EMPTY, FULL = 1, 2
BELIEF = {NO: EMPTY, YES: FULL}
# What a memory holds while a reading is weighed, or a visit is not over; and where it stood.
_STOOD = ("stand_us", "stand_site", "stand_dump")
_BUSY = frozenset(
    ("reading", "turn", "turn_us", "before_us", "raised", "tip_us", "site", "gone_site", "out_us")
)
_OF_STANDING = _BUSY | {"stand_site", "stand_dump"}
_OF_VISITING = (_BUSY - {"site"}) | {"stand_dump"}
_METRES_A_DEGREE = 111_195.0
_DEAD_US = DEFAULTS["dead_s"] * 1_000_000
_MAX_GAP_US = DEFAULTS["max_gap_s"] * 1_000_000
_STOP_US = DEFAULTS["stop_s"] * 1_000_000
# Belief by its load (0: this way is not for it), time, longitude and latitude (1e-6 degree, neither
# is 0), whether its body is known to be down (else unknown), whether it is in a site, whether it
# stands.
Note = tuple[int, int, int, int, bool, bool, bool]


def drives_on(memory: Memory, note: Note) -> bool:
    """Take a fix if it changes nothing but time and place; False: `Haul.step` is to take it.

    The fix is usable, and lies in no dump if it stands.
    """
    belief, time_us, longitude_e6, latitude_e6, down, in_site, stands = note
    if not belief or memory.get("load") != belief or time_us - memory["known_us"] > _DEAD_US:
        return False
    if stands:
        if "stand_us" not in memory or time_us - memory["last_us"] > _MAX_GAP_US:
            return False
        if "stand_site" not in memory:
            if in_site or not _OF_STANDING.isdisjoint(memory):
                return False
        elif _visits_on(memory, time_us):
            memory["site_until_us"] = time_us
            memory["site_longitude_e6"], memory["site_latitude_e6"] = longitude_e6, latitude_e6
        else:
            return False
    elif not _BUSY.isdisjoint(memory):
        return False
    else:
        _drive_on(memory, longitude_e6, latitude_e6)
    memory["known_us"] = memory["last_us"] = time_us
    if down:
        memory["body_us"] = time_us
    memory["longitude_e6"], memory["latitude_e6"] = longitude_e6, latitude_e6
    return True


def _drive_on(memory: Memory, longitude_e6: int, latitude_e6: int) -> None:
    if "stand_us" in memory:
        for name in _STOOD:
            memory.pop(name, None)
    if "leg" not in memory:
        return
    before = memory.get("longitude_e6", 0), memory.get("latitude_e6", 0)
    driven_dm = decimetres(*before, longitude_e6, latitude_e6) if before != (0, 0) else 0
    if driven_dm:
        memory["distance_dm"] = memory.get("distance_dm", 0) + driven_dm


def _visits_on(memory: Memory, time_us: int) -> bool:
    """It has stopped in, or near, the site of its visit, and goes on to."""
    if memory["stand_site"] != memory.get("site") or time_us - memory["stand_us"] < _STOP_US:
        return False
    return _OF_VISITING.isdisjoint(memory)


def is_hauling(load: int, leg: int, left_us: int) -> int:
    """Whether a truck is loaded and away from where it was loaded, as far as known (tri-state)."""
    if load == EMPTY or (leg and not left_us):
        return NO
    return YES if load == FULL and leg else UNKNOWN


def metres(longitude_e6: int, latitude_e6: int, to_longitude_e6: int, to_latitude_e6: int) -> float:
    """Metres on the sphere between two near places."""
    middle = math.radians((latitude_e6 + to_latitude_e6) / 2e6)
    east = (to_longitude_e6 - longitude_e6) / 1e6 * math.cos(middle)
    return _METRES_A_DEGREE * math.hypot(east, (to_latitude_e6 - latitude_e6) / 1e6)


def decimetres(
    longitude_e6: int, latitude_e6: int, to_longitude_e6: int, to_latitude_e6: int
) -> int:
    """`metres`, rounded, so that sums are the same however they are cut."""
    return round(10 * metres(longitude_e6, latitude_e6, to_longitude_e6, to_latitude_e6))
