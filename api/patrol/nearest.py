"""Which inspectors on duty are near a place, and how old that knowledge is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api.access import Caller, Connection
from api.patrol.present import present_inspectors
from api.patrol.rollcall import SILENT_US, state_of
from api.state import AppState
from api.times import microseconds
from geofence.geodesy import ground_distance_m

Row = dict[str, Any]


async def nearest_inspectors(
    state: AppState, conn: Connection, caller: Caller, place: tuple[float, float], limit: int
) -> list[Row]:
    """`NearInspector` rows, the nearest first; whoever is off shift is not looked for."""
    now_us = state.services.clock.now_us()
    found = []
    for present in await present_inspectors(state, conn, caller.organisations, now_us):
        status, last = state_of(present, now_us)[0], present.last
        if last is None or last["fix_source"] == "none" or status in ("off_shift", "not_started"):
            continue
        age_us = now_us - microseconds(datetime.fromisoformat(last["time"]))
        metres = ground_distance_m(*place, last["longitude"], last["latitude"])
        found.append(
            {
                **{name: present.row[name] for name in ("device_id", "name", "organisation")},
                **{name: last[name] for name in ("longitude", "latitude", "accuracy_m")},
                "distance_m": round(float(metres)),
                "age_s": age_us // 1_000_000,
                "fresh": age_us <= SILENT_US,
                "state": status,
            }
        )
    found.sort(key=lambda row: (row["distance_m"], row["device_id"]))
    return found[:limit]
