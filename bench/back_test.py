"""A back-test of one day over stored positions: reading, judging and the database on all cores.

A day of units at 10 s is put into an embedded PostgreSQL (that is not measured), then one rule over
1,000 fences is tested on it by the process that a server starts for it. `back_test_day` is for a
province of 3,000 units, in proportion from the units of the run.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from bench.fences import _fence
from model import signals
from model.position import FixSource, PositionBatch, Rows, empty_rows
from model.rulebook import Device, Rule
from pipeline.back_test import Job, Result
from pipeline.back_tests import BackTests
from storage.copy_format import POSITION_COLUMNS, copy_payload
from storage.database import Connection, Database, open_database
from storage.instants import DAY_US
from storage.migrate import migrate
from storage.partitions import Partitions, day_of
from storage.rulebook_changes import register_device, save_fence, save_organisation

UNITS, QUICK_UNITS, CITY_UNITS = 300, 30, 3_000
STEP_US = 10_000_000
START_US = 1_790_000_000_000_000 // DAY_US * DAY_US
FENCES = 1_000
_COPY = f"COPY positions ({', '.join(POSITION_COLUMNS)}) FROM STDIN (FORMAT binary)"
Entry = dict[str, Any]


def run(quick: bool) -> list[Entry]:
    """Seconds for a day of 3,000 units, and positions a second."""
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
        return asyncio.run(_measure(Path(folder), QUICK_UNITS if quick else UNITS))


async def _measure(folder: Path, units: int) -> list[Entry]:
    database = await open_database(None, folder, timescale=False)
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            organisation_id = await _fill(conn, units)
        result, child_s = await _test(database, organisation_id)
    finally:
        await database.close()
    assert result.found, "a back-test that finds nothing proves nothing"
    rate = result.positions / result.seconds
    day_s = result.seconds * CITY_UNITS / units
    basis = f"{result.positions:,} positions of {units} units in {result.seconds:.1f} s"
    return [
        _entry("back_test_day", day_s, "s", "<= 90", f"26 M fixes in proportion to {basis}"),
        _entry("back_test_rate", rate, "positions/s", "", f"{os.cpu_count()} cores, with database"),
        _entry(
            "back_test_cpu", child_s / result.positions * 1e6, "us a position", "", "no database"
        ),
    ]


def _entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
    return {"name": name, "value": value, "unit": unit, "target": target, "baseline": baseline}


async def _fill(conn: Connection, units: int) -> int:
    """An organisation with fences and units, and a day of their positions."""
    random = np.random.default_rng(42)
    organisation_id = await save_organisation(conn, "bench")
    tags = (("site",), ("district",), ("no_go",), ("dump",))
    for number in range(FENCES):
        fence = replace(
            _fence(number, random), tags=tags[number % len(tags)],
            organisation_id=organisation_id, responsible_organisation_id=organisation_id,
        )  # fmt: skip
        await save_fence(conn, fence)
    await Partitions().ensure(conn, [day_of(START_US)])
    for number in range(units):
        device = Device(
            id=0, organisation_id=organisation_id, identity=f"139{number:08d}", protocol="jt808",
            kind="muck_truck", name=f"B{number}",
        )  # fmt: skip
        id_ = (await register_device(conn, device)).id
        payload = copy_payload(PositionBatch(_day(id_, organisation_id, random)))
        async with conn.cursor().copy(_COPY) as copy:
            await copy.write(payload)
    await conn.execute("ANALYZE positions")
    return organisation_id


def _day(device_id: int, organisation_id: int, random: np.random.Generator) -> Rows:
    """Through the city at up to 40 km/h, covered but for three quarters of an hour."""
    rows = empty_rows(DAY_US // STEP_US)
    rows["device_id"], rows["organisation_id"] = device_id, organisation_id
    rows["time_us"] = START_US + np.arange(len(rows)) * STEP_US
    way = np.cumsum(random.normal(0, 0.0005, (len(rows), 2)), 0)
    place = random.uniform((121.2, 31.2), (121.8, 31.8)) + way
    rows["longitude_e6"], rows["latitude_e6"] = (place * 1e6).astype(np.int64).T
    rows["speed_kmh_e1"] = random.integers(50, 400, len(rows))
    rows["accuracy_m"], rows["fix_source"] = 8, FixSource.GNSS
    rows["signals"] = signals.pack(loaded=signals.YES, cover_closed=signals.YES)
    begin = int(random.integers(0, len(rows) - 270))
    rows["signals"][begin : begin + 270] = signals.pack(loaded=signals.YES, cover_closed=signals.NO)
    return rows


async def _test(database: Database, organisation_id: int) -> tuple[Result, float]:
    """The result, and the CPU seconds of the processes started for it."""
    rule = Rule(
        id=0, version=0, organisation_id=organisation_id, kind="uncovered_load", name_zh="",
        name_en="", valid_from_us=0,
    )  # fmt: skip
    job = Job(
        rule=rule, from_us=START_US, to_us=START_US + DAY_US, organisations=(organisation_id,)
    )
    tests, before_s = BackTests(database.url), _children_s()
    trial = tests.start(1, job)
    while not trial.over:
        await asyncio.sleep(0.05)
    await tests.stop()
    if trial.result is None:
        raise RuntimeError(trial.error)
    return trial.result, _children_s() - before_s


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
