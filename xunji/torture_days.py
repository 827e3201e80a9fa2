"""Daily summaries of a torture run: as a server kept them that was killed, and from its points."""

from __future__ import annotations

import asyncio
from datetime import date
from zoneinfo import ZoneInfo

from pipeline.contract import Clock
from pipeline.daily_summaries import days_from_points
from simulators.torture.ledger import SUMMED, Summed
from storage.daily_summaries import Days, days_of
from storage.database import Database
from xunji.settings import Settings
from xunji.summaries import daily_summaries

FIRST, LAST = date(1970, 1, 1), date(9999, 12, 31)
_VEHICLES = "SELECT id, identity FROM devices WHERE kind <> 'inspector' ORDER BY id"


async def days_of_vehicles(
    database: Database, clock: Clock, settings: Settings
) -> tuple[list[Summed], list[Summed]]:
    """(kept, of the stored points). What still waits is summed up first, by the server's own code;
    no server may run any more."""
    summaries = daily_summaries(database, clock, settings)
    while not await summaries.once(late_wait_us=0):
        await asyncio.sleep(0.1)
    zone = ZoneInfo(settings.rules.zone)
    kept: list[Summed] = []
    made: list[Summed] = []
    conn = await database.connect()
    try:
        for device_id, identity in await (await conn.execute(_VEHICLES)).fetchall():
            kept += _summed(identity, await days_of(conn, device_id, FIRST, LAST))
            made += _summed(identity, await days_from_points(conn, device_id, zone, FIRST, None))
    finally:
        await conn.close()
    return kept, made


def _summed(identity: str, days: Days) -> list[Summed]:
    return [
        Summed(identity, date.fromordinal(day["day"]).isoformat(), day[list(SUMMED)].item())
        for day in days
    ]
