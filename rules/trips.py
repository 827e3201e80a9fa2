"""Trips of a batch: every truck followed by its memory, and beside each row what it hauls.

The memory stands among those of the rules under `HAULS`, a key that no rule has, so that
snapshots, restarts and late data treat it as theirs. Kinds read `hauls_of(view)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.rulebook import Device
from model.trips import Trip
from rules.batch import part_of
from rules.contract import NO, UNKNOWN, YES, Memory
from rules.driving_on import EMPTY, FULL, Note, drives_on, is_hauling
from rules.hauled import SIGNS, Closed, Fix, Hauls
from rules.hauls import Haul
from rules.nearby import nearest_of_marked
from rules.permits import permit_for, waybill_for
from rules.readings import accuracy_m, at_most, in_places, signal_is_yes, speed_kmh
from rules.state import DeviceState
from rules.trilogic import Tri
from rules.trip_parameters import DEFAULTS
from rules.view import Places, View

HAULS = -1
# Kinds that ask hauls_of.
READERS = frozenset({"no_permit", "no_waybill", "off_permit_dump", "waybill_unmatched"})
TRIP_KIND = "muck_truck"
_NOTHING: Memory = {}
_ASSUMED_ACCURACY_M = 10.0  # of satellite fixes that state none: urban GNSS, 95 %


def hauls_of(view: View) -> Hauls:
    """What the view's trucks haul; all unknown where nobody has followed them."""
    if view.hauls is None and view.whole is not None and view.whole.hauls is not None:
        view.hauls = view.whole.hauls.part(view.place)
    if view.hauls is not None:
        return view.hauls
    zeros = np.zeros(len(view.rows), np.int64)
    return Hauls(np.full(len(zeros), UNKNOWN, np.int8), zeros, zeros.copy(), {})


def follow_trips(
    view: View,
    states: Mapping[int, DeviceState],
    devices: Mapping[int, Device],
    *,
    asked: bool = True,
) -> list[Trip]:
    """Step the trucks' memories, and fill in `view.hauls` if it is asked for; the trips that are
    over.

    `view`: whole, sorted by device and time.
    """
    view.hauls = hauls_of(view)
    places = _of_trucks(view)
    if not len(places):
        return []
    part = part_of(view, places)
    ids: list[int] = part.rows["device_id"].tolist()
    memories = [states[id_].memories for id_ in ids]
    said: list[tuple[int, int, int]] = []
    left: list[int] = []
    notes = list(_notes(part))
    for i, (id_, its, note) in enumerate(zip(ids, memories, notes, strict=True)):
        memory = its.get(HAULS, _NOTHING)
        if (left and ids[left[-1]] == id_) or not drives_on(memory, note):
            left.append(i)
        if asked:
            said.append(_hauling(memory))
    rest = part_of(part, np.array(left, np.intp))
    for i, ended in zip(left, _stepped(rest, [(memories[i], notes[i]) for i in left]), strict=True):
        if asked:
            said[i] = _hauling(memories[i][HAULS])
        if ended is not None:
            view.hauls.closed[int(places[i])] = ended
    if asked:
        view.hauls.put(places, said)
    return [
        _trip(view, devices[int(view.rows["device_id"][place])], place, ended)
        for place, ended in view.hauls.closed.items()
    ]


def _stepped(
    part: View, known: Sequence[tuple[dict[int, Memory], Note]]
) -> Iterator[Closed | None]:
    """The trip that is over at each of the part's fixes; `known`: beside each its truck's
    memories, which are stepped, and its note."""
    if not len(part.rows):
        return
    fixes = _fixes(part, [memories for memories, _ in known])
    for (memories, note), fix in zip(known, zip(*fixes, strict=True), strict=True):
        if drives_on(memories.get(HAULS, _NOTHING), note):
            yield None
            continue
        haul = Haul(**memories.get(HAULS, _NOTHING))
        ended = haul.step(Fix(*fix), DEFAULTS)
        memories[HAULS] = msgspec.to_builtins(haul)
        yield ended


def _hauling(memory: Memory) -> tuple[int, int, int]:
    """Whether it hauls, from which site, and since when."""
    leg, left_us = memory.get("leg", 0), memory.get("left_us", 0)
    return is_hauling(memory.get("load", 0), leg, left_us), memory.get("leg_site", 0), left_us


def _of_trucks(view: View) -> Places:
    """The rows of trucks whose trips are followed."""
    trucks = view.roster.tables.get("trucks")
    if not isinstance(trucks, np.ndarray):
        ids = sorted(device.id for device in view.rulebook.devices if device.kind == TRIP_KIND)
        trucks = view.roster.tables["trucks"] = np.array(ids, np.int32)
    if not len(trucks):
        return np.empty(0, np.intp)
    device = view.rows["device_id"]
    return np.flatnonzero(trucks[np.searchsorted(trucks[:-1], device)] == device)


def _notes(part: View) -> Iterator[Note]:
    """What `rules.driving_on` is told of each fix."""
    rows, load, standing = part.rows, signal_is_yes(part, "loaded"), _standing(part)
    raised = signal_is_yes(part, "body_raised")
    calm = _usable(part) & (raised != YES) & (load != UNKNOWN) & (standing != UNKNOWN)
    calm &= (rows["longitude_e6"] != 0) & (rows["latitude_e6"] != 0)
    stands = standing == YES
    in_site, in_dump = (in_places(part, tags, named) >= 0 for tags, named in _places(part))
    calm &= ~(stands & in_dump)
    columns = (
        np.where(calm, np.where(load == YES, FULL, EMPTY), 0),
        rows["time_us"], rows["longitude_e6"], rows["latitude_e6"], raised == NO, in_site, stands,
    )  # fmt: skip
    return zip(*(column.tolist() for column in columns), strict=True)


def _places(part: View) -> tuple[tuple[tuple[str, ...], tuple[int, ...]], ...]:
    """Tags and ids of sites, and of dumps."""
    return (("site",), ()), (("dump",), part.roster.permitted_dumps)


def _fixes(part: View, memories: Sequence[dict[int, Memory]]) -> list[list[Any]]:
    """The columns of `Fix`, as plain numbers."""
    begins = _begins(part, memories)
    columns: list[list[Any]] = [
        part.rows["time_us"].tolist(), part.rows["longitude_e6"].tolist(),
        part.rows["latitude_e6"].tolist(), _usable(part).tolist(), _standing(part).tolist(),
        signal_is_yes(part, "loaded").tolist(), signal_is_yes(part, "body_raised").tolist(),
    ]  # fmt: skip
    ids = _fence_ids(part)
    columns += [ids[in_places(part, tags, named)].tolist() for tags, named in _places(part)]
    wanted = [part.index.marked(named, tags) for tags, named in _places(part)]
    for _, nearest in nearest_of_marked(part, begins, wanted, DEFAULTS["near_m"]):
        columns.append(ids[nearest].tolist())
    return columns


def _usable(part: View) -> NDArray[np.bool_]:
    accuracy = accuracy_m(part, _ASSUMED_ACCURACY_M)
    return np.asarray(part.usable & (accuracy <= DEFAULTS["max_accuracy_m"]), np.bool_)


def _standing(part: View) -> Tri:
    return at_most(speed_kmh(part), DEFAULTS["standing_kmh"])


def _begins(part: View, memories: Sequence[dict[int, Memory]]) -> NDArray[np.bool_]:
    """Where a stand may begin, as the memory sees it or more often."""
    times, device = part.rows["time_us"], part.rows["device_id"]
    max_gap_us = DEFAULTS["max_gap_s"] * 1_000_000
    begins: NDArray[np.bool_] = _usable(part) & (_standing(part) == YES)
    goes_on = begins[1:] & begins[:-1] & (device[1:] == device[:-1])
    goes_on &= np.diff(times) <= max_gap_us
    begins[1:] &= ~goes_on
    first = np.diff(device, prepend=device[0] - 1) != 0
    for place in np.flatnonzero(begins & first).tolist():
        memory = memories[place].get(HAULS, {})
        if "stand_us" in memory and times[place] - memory["last_us"] <= max_gap_us:
            begins[place] = False
    return begins


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
