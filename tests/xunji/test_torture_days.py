"""The torture run's own judgement of daily summaries: it must see a day that was kept wrong."""

from __future__ import annotations

from simulators.torture.ledger import differences
from storage.database import Database
from tests.api.town import build_town
from xunji.torture_days import days_of_vehicles


async def test_a_day_that_was_kept_wrong_is_seen(plain_database: Database) -> None:
    town = await build_town(plain_database)
    asked = plain_database, town.clock, town.services.settings
    kept, computed = await days_of_vehicles(*asked)
    assert {day.identity for day in kept} == {
        town.devices[n].identity for n in ("truck_a", "truck_b")
    }
    assert differences(kept=kept, computed=computed) == []
    async with plain_database.pool.connection() as conn:
        await conn.execute(
            "UPDATE daily_summaries SET distance_mm = distance_mm + 1 WHERE device_id = %s",
            (town.devices["truck_a"].id,),
        )
    kept, computed = await days_of_vehicles(*asked)
    assert len(differences(kept=kept, computed=computed)) == 2
