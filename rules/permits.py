"""Which permit or waybill covers a truck's run, by what was in force at its time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.permits import Permit, Waybill
from rules.roster import Roster
from rules.windows import in_windows


def in_force(permit: Permit, time_us: NDArray[np.int64], roster: Roster) -> NDArray[np.bool_]:
    """For each time whether a permit is valid and one of its windows is open."""
    valid = (time_us >= permit.valid_from_us) & (time_us < permit.valid_to_us)
    if permit.windows is not None and valid.any():
        valid &= in_windows(time_us, permit.zone, permit.windows, roster.calendar)
    return np.asarray(valid, np.bool_)


def permits_at(roster: Roster, device_id: int, time_us: int) -> list[Permit]:
    """The truck's permits that are valid and open at a time."""
    times = np.array([time_us], np.int64)
    return [p for p in roster.permits.get(device_id, ()) if in_force(p, times, roster)[0]]


def permit_for(roster: Roster, device_id: int, site: int, time_us: int) -> Permit | None:
    """The permit to leave a site (a fence's id) at a time; the newest where there are several."""
    found = [p for p in permits_at(roster, device_id, time_us) if p.site_fence_id == site]
    return found[-1] if found else None


def waybill_for(
    roster: Roster, device_id: int, site: int, left_us: int, grace_us: int
) -> Waybill | None:
    """The waybill of a run that left a site (0: unknown) at a time; issued at most `grace_us`
    later. The one issued last where there are several."""
    found = [
        waybill
        for waybill in roster.waybills.get(device_id, ())
        if waybill.issued_us <= left_us + grace_us
        and waybill.covers(max(left_us, waybill.issued_us))
        and site in (0, waybill.site_fence_id)
    ]
    return found[-1] if found else None
