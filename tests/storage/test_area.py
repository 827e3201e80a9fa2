"""Fixes within a box and a period, whoever's, whenever, cut to what the caller sees."""

from __future__ import annotations

import pytest

from model.position import FixSource
from storage import area
from storage.area import fixes_in_box
from storage.database import Database
from storage.writer import Writer
from tests.storage.rows import NOON_US, SECOND_US, fixes, scalar

BOX = (118_000_002, 31_000_000, 118_000_005, 33_000_000)
HOUR_US = 3_600 * SECOND_US
PERIOD_US = (NOON_US - HOUR_US, NOON_US + HOUR_US)


async def test_what_is_in_the_box_and_nothing_else(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(database)
    for number, device_id in enumerate((1, 2, 3)):
        batch = fixes(range(0, 80, 10), device_id=device_id)  # a millionth of a degree each
        batch.rows["organisation_id"] = 9 if device_id == 3 else 1
        batch.rows["fix_source"][4] = FixSource.NONE
        await writer.write(batch, [], [], NOON_US, number + 1)
    await writer.close()
    async with database.pool.connection() as conn:
        rows, cut = await fixes_in_box(conn, [1], [1, 2, 3], BOX, PERIOD_US)
        assert not cut
        found = list(zip(rows["device_id"], rows["longitude_e6"] - 118_000_000, strict=True))
        assert found == [(unit, place) for unit in (1, 2) for place in (2, 3, 5)]
        rows, _ = await fixes_in_box(conn, [1], [2], BOX, (NOON_US, NOON_US + 30 * SECOND_US))
        assert rows["time_us"].tolist() == [NOON_US + 20 * SECOND_US], "half-open"
        monkeypatch.setattr(area, "MAX_AREA_FIXES", 4)
        rows, cut = await fixes_in_box(conn, [1], [1, 2], BOX, PERIOD_US)
        assert (len(rows), cut) == (4, True)
        # How it is planned holds for this query alone, though the transaction goes on.
        assert await scalar(conn, "SHOW enable_indexscan") == "on"
