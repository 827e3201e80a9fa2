"""Stops as docs/api.md has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from api.times import iso_us
from geofence.index import FenceIndex
from geofence.stops import Stop, stops
from model.fences import Fence
from model.position import FixSource, Rows, empty_rows
from model.signals import YES
from model.signals import field as signal_field

# Of several fences around a stop the one that says most about why.
_TELLING = ("site", "dump", "plant", "wash_bay", "parking")
MAX_STEP_S = 300.0  # between two fixes farther apart nobody knows of the ignition


def stops_json(rows: Rows, least_s: float, index: FenceIndex) -> list[dict[str, Any]]:
    """Stops of one unit, whose rows are in order of time."""
    found = stops(rows, least_s)
    middle = empty_rows(len(found))
    middle["time_us"] = [stop.to_us for stop in found]
    middle["longitude_e6"] = [round(stop.longitude * 1e6) for stop in found]
    middle["latitude_e6"] = [round(stop.latitude * 1e6) for stop in found]
    middle["fix_source"] = FixSource.GNSS
    member = index.locate(middle)
    around: dict[int, list[Fence]] = {}
    for place, fence in zip(member.row.tolist(), member.fence.tolist(), strict=True):
        around.setdefault(place, []).append(index.fences[fence])
    return [_shown(stop, rows, around.get(place, [])) for place, stop in enumerate(found)]


def _shown(stop: Stop, rows: Rows, fences: list[Fence]) -> dict[str, Any]:
    telling = min(fences, key=_rank, default=None)
    return {
        "from": iso_us(stop.from_us),
        "to": iso_us(stop.to_us),
        "duration_s": (stop.to_us - stop.from_us) / 1e6,
        "longitude": stop.longitude,
        "latitude": stop.latitude,
        "fixes": stop.fixes,
        "idle_s": _idle_s(rows[stop.first : stop.last + 1]),
        "fence": telling and {"id": telling.id, "name": telling.name},
    }


def _rank(fence: Fence) -> int:
    ranks = [_TELLING.index(tag) for tag in fence.tags if tag in _TELLING]
    return min(ranks, default=len(_TELLING))


def _idle_s(piece: Rows) -> float | None:
    """Seconds with the ignition on; None where no fix knew of it."""
    ignition = signal_field(piece["signals"], "ignition")
    if not ignition.any():
        return None
    steps_s = np.minimum(np.diff(piece["time_us"]) / 1e6, MAX_STEP_S)
    return round(float(steps_s[ignition[:-1] >= YES].sum()), 1)
