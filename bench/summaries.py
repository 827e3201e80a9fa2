"""Daily summaries: a city's minute behind the journal, days made anew, the table of a year.

Vehicles of a city at 10 s, their fixes stored by the writer minute by minute on an embedded
PostgreSQL; then a pass of the summaries as the server makes one a minute. The table of mileage is
asked of the storage for a year of days.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bench.history import DAY_FIXES, STEP_US, day_slices, register_fleet
from model.position import PositionBatch
from pipeline.daily_summaries import DailySummaries
from storage.daily_summaries import mark
from storage.database import Connection, Database, open_database
from storage.instants import DAY_US, from_datetime
from storage.migrate import migrate
from storage.mileage import Per, Wanted, mileage
from storage.rulebook_changes import save_organisation
from storage.writer import Writer
from xunji.clock import SimulatedClock

UNITS, QUICK_UNITS, MINUTES, QUICK_MINUTES = 572, 100, 60, 10
STEPS = 6  # a minute
DAY = from_datetime(datetime(2026, 9, 22, tzinfo=UTC)) // DAY_US
_YEAR = """
INSERT INTO daily_summaries
SELECT d.id, day::date, d.organisation_id, 8640, 100000000, 30000000000, 5000000000, 0, 0, 600,
       day, day, 0, 100000, 8640, false
FROM devices d, generate_series('2025-01-01'::timestamptz, '2025-12-31', '1 day') day
"""
Entry = dict[str, Any]


def run(quick: bool) -> list[Entry]:
    """Seconds of a pass, microseconds a fix, milliseconds of a table."""
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
        return asyncio.run(_measure(Path(folder), quick))


async def _measure(folder: Path, quick: bool) -> list[Entry]:
    database = await open_database(None, folder, timescale=False)
    conn = await database.connect()
    try:
        await migrate(database)
        organisation = await save_organisation(conn, "bench")
        units = await register_fleet(conn, organisation, QUICK_UNITS if quick else UNITS)
        minutes = QUICK_MINUTES if quick else MINUTES
        entries = await _passes(database, organisation, units, minutes)
        return entries + await _table(conn, organisation, units)
    finally:
        await conn.close()
        await database.close()


async def _passes(
    database: Database, organisation: int, units: list[int], minutes: int
) -> list[Entry]:
    clock = SimulatedClock(DAY * DAY_US)
    days = DailySummaries(database, clock, "Asia/Shanghai", 90)
    await days.once()
    writer = Writer(database)
    hour = next(iter(day_slices(organisation, units, DAY)))
    passes, cpu = [], []
    for minute in range(minutes):
        rows = hour[minute * STEPS * len(units) : (minute + 1) * STEPS * len(units)]
        clock.advance_to(DAY * DAY_US + (minute + 1) * STEPS * STEP_US)
        await writer.write(PositionBatch(rows), [], [], clock.now_us(), minute + 1)
        began, used = time.perf_counter(), time.process_time()
        assert await days.once()
        passes.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    await writer.close()
    async with database.pool.connection() as conn:
        await mark(conn, dict.fromkeys(units[:20], DAY * DAY_US))
    began = time.perf_counter()
    assert await days.once()
    anew_s = (time.perf_counter() - began) / 20
    basis = f"{len(units)} vehicles at 10 s, plain"
    fixes = STEPS * len(units)
    return [
        _entry("summaries_pass", statistics.median(passes) * 1e3, "ms a minute", "", basis),
        _entry("summaries_cpu", statistics.median(cpu) / fixes * 1e6, "us a fix", "", basis),
        _entry("summaries_anew", anew_s * 1e3, f"ms of {minutes * STEPS} fixes", "", basis),
    ]


async def _table(conn: Connection, organisation: int, units: list[int]) -> list[Entry]:
    await conn.execute(_YEAR)
    await conn.execute("ANALYZE daily_summaries")
    entries = []
    asked: tuple[tuple[str, date, Per], ...] = (
        ("month", date(2025, 1, 31), "day"), ("year", date(2025, 12, 31), "month")
    )  # fmt: skip
    for name, last, per in asked:
        wanted = Wanted(date(2025, 1, 1), last)
        times = []
        for _ in range(5):
            began = time.perf_counter()
            rows = await mileage(conn, [organisation], wanted, by="device", per=per)
            times.append(time.perf_counter() - began)
        basis = f"{len(units)} vehicles, by unit and {per}: {len(rows):,} rows"
        basis += f" instead of {len(units) * DAY_FIXES * (last - wanted.first).days:,} fixes"
        entries.append(_entry(f"mileage_{name}", statistics.median(times) * 1e3, "ms", "", basis))
    return entries


def _entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
    shown = round(value, 2)
    print(f"  {name}: {shown} {unit} ({baseline})", flush=True)
    return {
        "name": name, "value": shown, "unit": unit, "target": target, "baseline": baseline,
    }  # fmt: skip
