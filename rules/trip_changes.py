"""Found trips against stored ones: which is which, what is new, what late data has undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from model.trips import StoredTrip, Trip, TripChanges
from model.violations import Window


def trip_changes(
    stored: Sequence[StoredTrip], found: Iterable[Trip], windows: Sequence[Window]
) -> TripChanges:
    """A found trip is the stored one of its truck that it overlaps most. What was closed in a
    window that was judged anew, and was not found again, is gone."""
    by_device: dict[int, list[StoredTrip]] = defaultdict(list)
    for rival in stored:
        by_device[rival.device_id].append(rival)
    new: list[Trip] = []
    known: list[tuple[int, Trip]] = []
    for trip in sorted(found, key=lambda t: (t.device_id, t.loaded_us)):
        rivals = by_device[trip.device_id]
        best = max(rivals, key=lambda rival: (_overlap_us(trip, rival), -rival.id), default=None)
        if best is None or _overlap_us(trip, best) <= 0:
            new.append(trip)
            continue
        rivals.remove(best)
        known.append((best.id, trip))
    gone = [
        left.id
        for rest in by_device.values()
        for left in rest
        if any(_covers(window, left) for window in windows)
    ]
    return TripChanges(new=tuple(new), known=tuple(known), gone=tuple(gone))


def _overlap_us(trip: Trip, rival: StoredTrip) -> int:
    return min(trip.closed_us, rival.closed_us) - max(trip.loaded_us, rival.loaded_us)


def _covers(window: Window, trip: StoredTrip) -> bool:
    return (
        trip.device_id == window.device_id and window.after_us < trip.closed_us <= window.until_us
    )
