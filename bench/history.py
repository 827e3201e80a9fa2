"""A fleet's history written straight into partitions: as rows would lie that came in by time.

Every unit drives round the clock at 10 s, so that a unit's day is 8,640 fixes which lie as far from
each other on disk as the fleet is large. A day is copied into a table without an index, which is
made when the day is whole: three times as fast, the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from psycopg import sql

from model import signals
from model.position import FixSource, PositionBatch, Rows, empty_rows
from model.rulebook import Device
from storage.copy_format import POSITION_COLUMNS, copy_payload
from storage.database import Connection
from storage.instants import DAY_US, to_datetime
from storage.partitions import partition_name
from storage.rulebook_changes import register_device

STEP_US = 10_000_000
DAY_FIXES = DAY_US // STEP_US
SLICE_FIXES = 360  # an hour a COPY
METRES_PER_DEGREE = 111_195.0


async def register_fleet(conn: Connection, organisation_id: int, units: int) -> list[int]:
    """Ids of so many new trucks."""
    devices = [
        Device(
            id=0, organisation_id=organisation_id, identity=f"139{number:08d}", protocol="jt808",
            kind="muck_truck", name=f"B{number}",
        )
        for number in range(units)
    ]  # fmt: skip
    return [(await register_device(conn, device)).id for device in devices]


async def fill_day(conn: Connection, organisation_id: int, devices: list[int], day: int) -> int:
    """Write a day of plain PostgreSQL (days since 1970); how many fixes it has."""
    name = sql.Identifier(partition_name("positions", day))
    columns = sql.SQL(", ").join(map(sql.Identifier, POSITION_COLUMNS))
    bounds = [sql.Literal(to_datetime((day + more) * DAY_US)) for more in (0, 1)]
    async with conn.transaction():
        make = sql.SQL("CREATE TABLE {} (LIKE positions INCLUDING DEFAULTS)")
        await conn.execute(make.format(name))
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY, FREEZE)")
        for rows in day_slices(organisation_id, devices, day):
            async with conn.cursor().copy(statement.format(name, columns)) as copy:
                await copy.write(copy_payload(PositionBatch(rows)))
        attach = sql.SQL("ALTER TABLE positions ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})")
        await conn.execute(attach.format(name, *bounds))
    await conn.execute(sql.SQL("ANALYZE {}").format(name))
    return len(devices) * DAY_FIXES


def day_slices(organisation_id: int, devices: list[int], day: int) -> Iterator[Rows]:
    """The fixes of a day by time, an hour a slice."""
    random = np.random.default_rng(day)
    units = len(devices)
    place = random.uniform((121.2, 31.0), (121.8, 31.5), (units, 2))
    course = random.uniform(0, 360, units)
    for start in range(0, DAY_FIXES, SLICE_FIXES):
        course = course + np.cumsum(random.normal(0, 8, (SLICE_FIXES, units)), 0)
        speed_kmh = np.clip(random.normal(25, 15, (SLICE_FIXES, units)), 0, 80)
        step = speed_kmh / 3.6 * 10 / METRES_PER_DEGREE
        way = np.stack((step * np.sin(np.radians(course)), step * np.cos(np.radians(course))), -1)
        path = place + np.cumsum(way, 0)
        yield _rows(organisation_id, devices, day * DAY_US + start * STEP_US, path, speed_kmh)
        place, course = path[-1], course[-1]


def _rows(
    organisation_id: int,
    devices: list[int],
    from_us: int,
    path: np.ndarray[tuple[int, int, int], np.dtype[np.float64]],
    speed_kmh: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> Rows:
    rows = empty_rows(SLICE_FIXES * len(devices))
    rows["device_id"] = np.tile(devices, SLICE_FIXES)
    rows["organisation_id"] = organisation_id
    rows["time_us"] = np.repeat(from_us + np.arange(SLICE_FIXES) * STEP_US, len(devices))
    places = (path.reshape(-1, 2) * 1e6).astype(np.int64)
    rows["longitude_e6"], rows["latitude_e6"] = places.T
    rows["speed_kmh_e1"] = (speed_kmh * 10).astype(np.int64).ravel()
    rows["accuracy_m"], rows["satellites"], rows["fix_source"] = 8, 12, FixSource.GNSS
    rows["delay_ms"] = 800
    rows["signals"] = signals.pack(ignition=signals.YES, loaded=signals.YES)
    return rows
