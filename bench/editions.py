"""Another edition of the database: the server that BENCH_SERVER_URL names (PostgreSQL with
TimescaleDB, Apache or Community; databases are made on it and dropped).

Durable acknowledged frames/s against raw COPY into the same hypertable, and a unit's day at the API
out of closed days as this edition keeps them: clustered, or in the columnstore.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.history import day_slices, register_fleet
from bench.ingest import ONES, TWENTIES, _raw_copy, _run
from bench.queries import PASSWORD, Asker
from model.position import PositionBatch
from storage.columnstore import cluster_one_day, ensure_columnstore, has_columnstore
from storage.database import Connection, Database, connect, open_database
from storage.instants import DAY_US
from storage.migrate import migrate
from storage.rulebook_changes import save_organisation
from storage.users import create_user
from storage.variants import copy_positions

SERVER, DATABASE = "BENCH_SERVER_URL", "XUNJI_DATABASE__URL"
UNITS, DAYS, QUICK_UNITS, QUICK_DAYS = 386, 3, 100, 2
ASKED = 60
Entry = dict[str, Any]


def run(quick: bool) -> list[Entry]:
    """Nothing without a server."""
    url = os.environ.get(SERVER)
    if not url:
        print(f"  {SERVER} names no server: nothing to measure", flush=True)
        return []
    return asyncio.run(_measure(url, quick))


async def _measure(url: str, quick: bool) -> list[Entry]:
    seconds = 4.0 if quick else 20.0
    entries = []
    for name, load, target in (("20", TWENTIES, ">= 0.3"), ("1", ONES, ">= 0.2")):
        async with _fresh(url) as (database, folder):
            ran = await _run(database, folder, load, seconds)
            copied = await _raw_copy(database)
            basis = f"raw COPY {copied:,.0f} rows/s, ingest {ran.per_s:,.0f} frames/s"
            entries.append(
                _entry(f"ingest_{name}_a_packet", ran.per_s / copied, "x", target, basis)
            )
    async with _fresh(url) as (database, folder):
        units, days = (QUICK_UNITS, QUICK_DAYS) if quick else (UNITS, DAYS)
        how, rows = await _fill(database, units, days)
        taken_ms = await _days_asked(folder, days)
    basis = f"{rows:,} rows, {how}"
    for share in (50, 95):
        value = float(np.percentile(taken_ms, share))
        target = "<= 30" if share == 95 else ""
        entries.append(_entry(f"vehicle_day_warm_p{share}", value, "ms", target, basis))
    return entries


@asynccontextmanager
async def _fresh(url: str) -> AsyncIterator[tuple[Database, Path]]:
    """A new database, which servers that are started meanwhile find by their setting."""
    name = f"bench_{os.getpid()}_{time.monotonic_ns()}"
    server = await connect(url)
    await server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    os.environ[DATABASE] = make_conninfo(url, dbname=name)
    try:
        with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
            database = await open_database(os.environ[DATABASE], Path(folder))
            await migrate(database)
            yield database, Path(folder)
            await database.close()
    finally:
        del os.environ[DATABASE]
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        await server.execute(drop)
        await server.close()


async def _fill(database: Database, units: int, days: int) -> tuple[str, int]:
    """Closed days of a fleet; how they are kept, and how many rows they have."""
    conn = await database.connect()
    organisation_id = await save_organisation(conn, "bench")
    devices = await register_fleet(conn, organisation_id, units)
    await create_user(
        conn, organisation_id=organisation_id, username="bench", display_name="bench",
        role="chief", password=PASSWORD,
    )  # fmt: skip
    last, rows = int(time.time() * 1e6) // DAY_US - 2, 0
    for day in range(last - days + 1, last + 1):
        for slice_ in day_slices(organisation_id, devices, day):
            await copy_positions(conn, PositionBatch(slice_))
            rows += len(slice_)
    how = await _settle(conn, database)
    await conn.execute("VACUUM ANALYZE positions")
    await conn.close()
    return how, rows


async def _settle(conn: Connection, database: Database) -> str:
    """What housekeeping and the policy do within hours."""
    if await has_columnstore(conn, database.mode):
        await ensure_columnstore(conn)
        await conn.execute("SELECT compress_chunk(c) FROM show_chunks('positions') c")
        return "columnstore"
    while await cluster_one_day(conn, database.mode, datetime.now(UTC)):
        pass
    return "clustered"


async def _days_asked(folder: Path, days: int) -> list[float]:
    async with Asker(folder, days) as asker:
        picked = [asker.pick(number) for number in range(ASKED)]
        for day in picked:
            await asker.day_ms(*day)
        return [await asker.day_ms(*day) for day in picked]


def _entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
    return {
        "name": f"edition_{name}", "value": value, "unit": unit, "target": target,
        "baseline": baseline,
    }  # fmt: skip
