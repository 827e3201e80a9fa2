"""Trips: written with the violations of their step, read by people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from model.trips import StoredTrip, Trip, TripChanges
from storage.instants import from_datetime, to_datetime

Connection = AsyncConnection[Any]

_COLUMNS = (
    "organisation_id", "device_id", "site_fence_id", "dump_fence_id", "loaded_at", "left_at",
    "arrived_at", "unloaded_at", "closed_at", "distance_m", "volume_m3", "permit_id", "waybill_id",
    "unmatched", "evidence",
)  # fmt: skip
_PLACES = ", ".join(f"%({name})s" for name in _COLUMNS)
_NAMES = ", ".join(_COLUMNS)
_INSERT = f"INSERT INTO trips ({_NAMES}) VALUES ({_PLACES})"  # noqa: S608 the names are ours
_UPDATE = f"UPDATE trips SET ({_NAMES}) = ({_PLACES}) WHERE id = %(id)s"  # noqa: S608


async def stored_trips(
    conn: Connection, device_ids: Sequence[int], since_us: int
) -> list[StoredTrip]:
    """Trips of these trucks that were over after a time."""
    cursor = await conn.execute(
        "SELECT id, device_id, loaded_at, closed_at FROM trips"
        " WHERE device_id = ANY(%s) AND closed_at > %s ORDER BY id",
        (list(device_ids), to_datetime(since_us)),
    )
    return [
        StoredTrip(
            id=row[0],
            device_id=row[1],
            loaded_us=from_datetime(row[2]),
            closed_us=from_datetime(row[3]),
        )
        for row in await cursor.fetchall()
    ]


async def save_trips(conn: Connection, changes: TripChanges) -> None:
    """Carry out the changes, inside the step's transaction."""
    async with conn.cursor() as cursor:
        if changes.gone:
            await cursor.execute("DELETE FROM trips WHERE id = ANY(%s)", (list(changes.gone),))
        if changes.known:
            values = [{**_values(trip), "id": id_} for id_, trip in changes.known]
            await cursor.executemany(_UPDATE.encode(), values)
        if changes.new:
            await cursor.executemany(_INSERT.encode(), map(_values, changes.new))


def _values(trip: Trip) -> dict[str, Any]:
    return {
        "organisation_id": trip.organisation_id,
        "device_id": trip.device_id,
        "site_fence_id": trip.site_fence_id,
        "dump_fence_id": trip.dump_fence_id,
        "loaded_at": to_datetime(trip.loaded_us),
        "left_at": to_datetime(trip.left_us),
        "arrived_at": None if trip.arrived_us is None else to_datetime(trip.arrived_us),
        "unloaded_at": None if trip.unloaded_us is None else to_datetime(trip.unloaded_us),
        "closed_at": to_datetime(trip.closed_us),
        "distance_m": trip.distance_m,
        "volume_m3": trip.volume_m3,
        "permit_id": trip.permit_id,
        "waybill_id": trip.waybill_id,
        "unmatched": list(trip.unmatched),
        "evidence": Jsonb({"loaded_by": trip.loaded_by, "unloaded_by": trip.unloaded_by}),
    }
