"""Rows and registers that the storage tests write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model.position import POSITION_DTYPE, PositionBatch, Rows, empty_rows
from model.rulebook import Device
from storage.database import Connection
from storage.instants import from_datetime
from storage.rulebook import register_device, save_organisation

NOON_US = 1_790_078_400_000_000  # 2026-09-22T12:00:00Z
SECOND_US = 1_000_000


def fixes(
    times_s: Sequence[float],
    *,
    device_id: int = 1,
    attributes: list[str | None] | None = None,
    **columns: Any,
) -> PositionBatch:
    """Positions of a device, seconds after NOON; longitude tells them apart unless given."""
    rows = empty_rows(len(times_s))
    rows["device_id"] = device_id
    rows["organisation_id"] = 1
    rows["time_us"] = [NOON_US + round(time_s * SECOND_US) for time_s in times_s]
    rows["longitude_e6"] = 118_000_000 + np.arange(len(times_s))
    rows["latitude_e6"] = 32_000_000
    rows["fix_source"] = 1
    for name, value in columns.items():
        rows[name] = value
    return PositionBatch(rows, attributes or [])


async def stored_rows(conn: Connection) -> Rows:
    """The whole table positions, by device, time and variant."""
    names = [name.replace("time_us", "time") for name in POSITION_DTYPE.names or ()]
    query = f"SELECT {', '.join(names)} FROM positions ORDER BY 1, 3, 4"
    found = await (await conn.execute(query.encode())).fetchall()
    rows = empty_rows(len(found))
    for index, values in enumerate(found):
        rows[index] = (*values[:2], from_datetime(values[2]), *values[3:])
    return rows


async def scalar(conn: Connection, query: str) -> Any:
    """The one value of a query."""
    row = await (await conn.execute(query.encode())).fetchone()
    return row[0] if row else None


async def unit(conn: Connection, identity: str = "13800000001", **changes: Any) -> Device:
    """A registered unit in the organisation given, or in a new one."""
    organisation = changes.pop("organisation_id", None) or await save_organisation(
        conn, "环卫一公司"
    )
    given = {"id": 0, "protocol": "jt808", "kind": "sweeper", "name": "一号车", **changes}
    return await register_device(
        conn, Device(identity=identity, organisation_id=organisation, **given)
    )


def any_rows(most: int = 20) -> st.SearchStrategy[Rows]:
    """Rows with any value in any column, time within what timestamptz can say."""

    def bounded(rows: Rows) -> Rows:
        rows = rows.copy()
        rows["time_us"] = rows["time_us"] % 4_102_444_800_000_000
        return rows

    return arrays.arrays(POSITION_DTYPE, st.integers(0, most)).map(bounded)
