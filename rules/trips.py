"""Trips of a batch: every truck followed by its memory, and beside each row what it hauls.

The memory stands among those of the rules under `HAULS`, a key that no rule has, so that
snapshots, restarts and late data treat it as theirs. Kinds read `hauls_of(view)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import starmap
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.rulebook import Device
from model.trips import Trip
from rules.batch import part_of
from rules.contract import UNKNOWN, YES
from rules.hauled import SIGNS, Closed, Fix, Hauls
from rules.hauls import Haul
from rules.nearby import nearest_marked
from rules.permits import permit_for, waybill_for
from rules.readings import accuracy_m, at_most, in_places, signal_is_yes, speed_kmh
from rules.state import DeviceState
from rules.trip_parameters import DEFAULTS
from rules.view import View

HAULS = -1
# Kinds that ask hauls_of.
READERS = frozenset({"no_permit", "no_waybill", "off_permit_dump", "waybill_unmatched"})
TRIP_KIND = "muck_truck"
_ASSUMED_ACCURACY_M = 10.0  # of satellite fixes that state none: urban GNSS, 95 %


def hauls_of(view: View) -> Hauls:
    """What the view's trucks haul; all unknown where nobody has followed them."""
    if view.hauls is not None:
        return view.hauls
    zeros = np.zeros(len(view.rows), np.int64)
    return Hauls(np.full(len(zeros), UNKNOWN, np.int8), zeros, zeros.copy(), {})


def follow_trips(
    view: View, states: Mapping[int, DeviceState], devices: Mapping[int, Device]
) -> list[Trip]:
    """Fill in `view.hauls` from the trucks' memories, and step those; the trips that are over.

    `view`: whole, sorted by device and time.
    """
    view.hauls = hauls_of(view)
    places = np.flatnonzero(view.kind == TRIP_KIND)
    if not len(places):
        return []
    part = part_of(view, places)
    fixes, ids = list(_fixes(part)), part.rows["device_id"].tolist()
    said: list[tuple[int, int, int]] = []
    haul = Haul()
    for i, fix in enumerate(fixes):
        memory = states[ids[i]].memories
        if not i or ids[i] != ids[i - 1]:
            haul = Haul(**memory.get(HAULS, {}))
        closed = haul.step(fix, DEFAULTS)
        if closed is not None:
            view.hauls.closed[int(places[i])] = closed
        run = (closed.site, closed.left_us) if closed else (haul.leg_site, haul.left_us)
        said.append((haul.hauling(), *run))
        if i + 1 == len(fixes) or ids[i + 1] != ids[i]:
            memory[HAULS] = msgspec.to_builtins(haul)
    hauling, site, left_us = zip(*said, strict=True)
    view.hauls.hauling[places] = hauling
    view.hauls.site[places], view.hauls.left_us[places] = site, left_us
    return [
        _trip(view, devices[int(view.rows["device_id"][place])], place, closed)
        for place, closed in view.hauls.closed.items()
    ]


def _fixes(part: View) -> Any:
    """The trucks' fixes as plain numbers."""
    usable = part.usable & (accuracy_m(part, _ASSUMED_ACCURACY_M) <= DEFAULTS["max_accuracy_m"])
    standing = at_most(speed_kmh(part), DEFAULTS["standing_kmh"])
    begins = _begins(part, usable & (standing == YES))
    columns: list[list[Any]] = [
        part.rows["time_us"].tolist(), part.rows["longitude_e6"].tolist(),
        part.rows["latitude_e6"].tolist(), usable.tolist(), standing.tolist(),
        signal_is_yes(part, "loaded").tolist(), signal_is_yes(part, "body_raised").tolist(),
    ]  # fmt: skip
    ids = _fence_ids(part)
    for tags, named in ((("site",), ()), (("dump",), part.roster.permitted_dumps)):
        columns.append(ids[in_places(part, tags, named)].tolist())
    for tags, named in ((("site",), ()), (("dump",), part.roster.permitted_dumps)):
        marked = part.index.marked(named, tags)
        _, nearest = nearest_marked(part, begins, marked, DEFAULTS["near_m"])
        columns.append(ids[nearest].tolist())
    return starmap(Fix, zip(*columns, strict=True))


def _begins(part: View, stands: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a stand may begin, as the memory sees it or more often."""
    times, device = part.rows["time_us"], part.rows["device_id"]
    goes_on = stands[1:] & stands[:-1] & (device[1:] == device[:-1])
    goes_on &= np.diff(times) <= DEFAULTS["max_gap_s"] * 1_000_000
    return np.asarray(stands & ~np.concatenate([[False], goes_on]), np.bool_)


def _fence_ids(view: View) -> NDArray[np.int64]:
    """Ids of the fences by place, and 0 for place -1."""
    kept = view.roster.tables.get("fence_ids")
    if kept is None or len(kept) != len(view.fences) + 1:
        kept = np.array([*(fence.id for fence in view.fences), 0], np.int64)
        view.roster.tables["fence_ids"] = kept
    return np.asarray(kept, np.int64)


def _trip(view: View, device: Device, place: int, closed: Closed) -> Trip:
    waybill = waybill_for(view.roster, device.id, closed.site, closed.left_us, 0)
    permit = permit_for(view.roster, device.id, closed.site, closed.left_us)
    named = [known.volume_m3 for known in (waybill, permit) if known and known.volume_m3]
    return Trip(
        device_id=device.id,
        organisation_id=device.organisation_id,
        site_fence_id=closed.site or None,
        dump_fence_id=closed.dump or None,
        loaded_us=closed.loaded_us,
        left_us=closed.left_us,
        arrived_us=closed.arrived_us or None,
        unloaded_us=closed.unloaded_us or None,
        closed_us=int(view.rows["time_us"][place]),
        distance_m=closed.distance_m,
        loaded_by=SIGNS[closed.loaded_by],
        unloaded_by=SIGNS[closed.unloaded_by],
        unmatched=closed.unmatched,
        volume_m3=named[0] if named else None,
        permit_id=permit.id if permit else None,
        waybill_id=waybill.id if waybill else None,
    )


def places_of_fences(view: View, ids: NDArray[np.int64]) -> NDArray[np.int32]:
    """Beside each row's fence id (0 none): where the version in force at its time stands among the
    fences; -1: none is."""
    places = np.full(len(ids), -1, np.int32)
    rows = np.flatnonzero(ids)
    known = _fence_ids(view)[:-1]
    for row in rows.tolist():
        found = np.flatnonzero(known == ids[row])
        valid = found[view.index.in_force(found, np.repeat(view.rows["time_us"][row], len(found)))]
        places[row] = valid[0] if len(valid) else -1
    return places
