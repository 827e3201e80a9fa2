"""Coverage of 2,690 cells by 770 inspectors over a month, and what keeps it ready.

The month's question reads stored visits (a row a shift and cell), in an embedded PostgreSQL. These
are worked out from the fixes of each shift once, when it ends: the second figure is one day of it,
770 shifts of eight hours at 30 s, by the clock and without the database.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from geofence.index import FenceIndex
from model.fences import Assignment, Fence, Shift
from model.position import Rows, empty_rows
from model.rulebook import FAR_FUTURE_US, Device, Rulebook
from rules.shift_report import shift_reports
from storage.database import Connection, open_database
from storage.instants import DAY_US, to_datetime
from storage.migrate import migrate
from storage.patrol_tables import CoverageBy, Per, cell_coverage
from storage.rulebook_changes import register_device, save_fence, save_organisation

CELLS, PEOPLE, DAYS, CELLS_A_SHIFT = 2_690, 770, 30, 10
QUICK_PEOPLE = 77
COLUMNS = 52  # of cells, each 0.004 degrees
SIDE_E6 = 4_000
SHIFT_US, STEP_US = 8 * 3_600_000_000, 30_000_000
START_US = 1_788_220_800_000_000  # 2026-09-01 08:00 in Beijing
Entry = dict[str, Any]


def run(quick: bool) -> list[Entry]:
    """Seconds of the month's tables, and of a day's summing up."""
    people = QUICK_PEOPLE if quick else PEOPLE
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
        entries = asyncio.run(_month(Path(folder), people))
    return [*entries, _day(people)]


async def _month(folder: Path, people: int) -> list[Entry]:
    database = await open_database(None, folder, timescale=False)
    entries = []
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            organisation_id, visits = await _fill(conn, people)
            await conn.commit()
            asked: tuple[tuple[CoverageBy, Per], ...] = (
                ("cell", "period"), ("cell", "day"), ("team", "month"), ("person", "week"),
            )  # fmt: skip
            for by, per in asked:
                began = time.perf_counter()
                found = await cell_coverage(
                    conn, [organisation_id], (START_US - DAY_US, START_US + 40 * DAY_US),
                    "Asia/Shanghai", by=by, per=per,
                )  # fmt: skip
                seconds = time.perf_counter() - began
                basis = f"{CELLS} cells, {people} inspectors, {visits:,} visits, {len(found)} rows"
                target = "<= 5" if (by, per) == ("cell", "period") else ""
                entries.append(_entry(f"coverage_month_{by}_{per}", seconds, target, basis))
    finally:
        await database.close()
    return entries


async def _fill(conn: Connection, people: int) -> tuple[int, int]:
    await conn.execute("SET statement_timeout = 0")  # a month at once is no question of a user
    organisation_id = await save_organisation(conn, "bench")
    ids = [(await save_fence(conn, _cell(n, organisation_id))).id for n in range(CELLS)]
    units = [
        (await register_device(conn, _device(0, number, organisation_id))).id
        for number in range(people)
    ]
    shifts = [(unit, START_US + day * DAY_US) for day in range(DAYS) for unit in units]
    random = np.random.default_rng(1)
    copy_shifts = "COPY patrol_shifts (device_id, starts_at, ends_at, dirty, state, cells,"
    async with conn.cursor().copy(f"{copy_shifts} cells_visited) FROM STDIN".encode()) as copy:
        for unit, at_us in shifts:
            times = (to_datetime(at_us), to_datetime(at_us + SHIFT_US))
            await copy.write_row((unit, *times, False, "present", 12, CELLS_A_SHIFT))
    visits = "COPY patrol_visits (device_id, starts_at, fence_id, visits, seconds, first_at,"
    async with conn.cursor().copy(f"{visits} last_at) FROM STDIN".encode()) as copy:
        for unit, at_us in shifts:
            first = int(random.integers(0, CELLS - CELLS_A_SHIFT))
            at = to_datetime(at_us)
            for cell in ids[first : first + CELLS_A_SHIFT]:
                await copy.write_row((unit, at, cell, 2, 900, at, to_datetime(at_us + SHIFT_US)))
    await conn.execute("ANALYZE patrol_shifts, patrol_visits")
    return organisation_id, len(shifts) * CELLS_A_SHIFT


def _day(people: int) -> Entry:
    """A day's shifts from their fixes."""
    fences = tuple(_cell(number, 1, number + 1) for number in range(CELLS))
    assigned = tuple(
        Assignment(
            device_id=1 + number, fence_id=1 + (3 * number + near) % CELLS, purpose="grid",
            valid_from_us=0, valid_to_us=FAR_FUTURE_US,
        )
        for number in range(people) for near in range(CELLS_A_SHIFT)
    )  # fmt: skip
    devices = tuple(_device(1 + number, number, 1) for number in range(people))
    book = Rulebook(revision=1, devices=devices, fences=fences, assignments=assigned)
    shifts = [
        Shift(device_id=1 + number, starts_us=START_US, ends_us=START_US + SHIFT_US)
        for number in range(people)
    ]
    rows, index = _walks(people), FenceIndex(fences)
    began, cpu = time.perf_counter(), time.process_time()
    reports = shift_reports(book, index, shifts, rows, START_US + DAY_US)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    visits = sum(len(report.visits) for report in reports)
    basis = f"{len(rows):,} fixes, {people} shifts, {visits:,} visits, {cpu:.1f} s of CPU"
    return _entry("shifts_of_a_day_summed_up", seconds, "", basis)


def _walks(people: int) -> Rows:
    """Walks of 0.5 m/s to and fro through the assigned cells."""
    steps = SHIFT_US // STEP_US
    rows = empty_rows(people * steps)
    number, step = np.divmod(np.arange(len(rows)), steps)
    rows["device_id"], rows["organisation_id"], rows["fix_source"] = 1 + number, 1, 1
    rows["time_us"] = START_US + step * STEP_US
    cell = (3 * number) % CELLS
    rows["longitude_e6"] = 118_000_000 + (cell % COLUMNS) * SIDE_E6 + (step * 160) % 30_000
    rows["latitude_e6"] = 32_000_000 + (cell // COLUMNS) * SIDE_E6 + 2_000
    rows["accuracy_m"] = 8
    return rows


def _cell(number: int, organisation_id: int, id_: int = 0) -> Fence:
    west = 118 + (number % COLUMNS) * SIDE_E6 / 1e6
    south = 32 + (number // COLUMNS) * SIDE_E6 / 1e6
    east, north = west + SIDE_E6 / 1e6, south + SIDE_E6 / 1e6
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return Fence(
        id=id_, version=1, organisation_id=organisation_id,
        responsible_organisation_id=organisation_id, name=f"cell {number}", shape="grid_cell",
        code=f"C{number:05d}", geometry={"type": "Polygon", "coordinates": [ring]}, tags=("grid",),
        valid_from_us=0, valid_to_us=FAR_FUTURE_US,
    )  # fmt: skip


def _device(id_: int, number: int, organisation_id: int) -> Device:
    return Device(
        id=id_, organisation_id=organisation_id, identity=f"p{number}", protocol="handset",
        kind="inspector", name=f"inspector {number}",
    )  # fmt: skip


def _entry(name: str, seconds: float, target: str, basis: str) -> Entry:
    basis = f"{basis}, plain, load {os.getloadavg()[0]:.1f} of other work included"
    return {
        "name": name, "value": round(seconds, 2), "unit": "s", "target": target, "baseline": basis,
    }  # fmt: skip
