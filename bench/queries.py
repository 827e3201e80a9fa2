"""Questions about history at the API of a running server: one unit's day out of 100 million rows.

A fleet's month (`bench.history`) lies in an embedded PostgreSQL, first as it came in, then with
each day clustered by unit and time. A day is asked for over TCP from `xunji serve` with all its
points, warm (asked before) and cold (files let go from the kernel's cache, the database restarted);
then a month simplified to 2,000 points, and the export of a tenth of the fleet. BENCH_HISTORY names
a folder that keeps the data for the next run.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from psycopg import sql

from bench.city import _end, _ready, _serve
from bench.history import DAY_FIXES, fill_day, register_fleet
from storage.database import Connection, open_database
from storage.instants import DAY_US, to_datetime
from storage.migrate import migrate
from storage.partitions import partitions
from storage.rulebook_changes import save_organisation
from storage.users import create_user
from xunji.demo import free_port

UNITS, DAYS = 386, 30
QUICK_UNITS, QUICK_DAYS = 100, 2
ASKED, COLD_ASKED = 60, 15
EXPORT_UNITS, QUICK_EXPORT_UNITS = 39, 20
PASSWORD = "bench of history"
Entry = dict[str, Any]


def run(quick: bool) -> list[Entry]:
    """Milliseconds of a day and a month, rows a second of an export."""
    kept = os.environ.get("BENCH_HISTORY")
    if kept:
        return asyncio.run(_measure(Path(kept), quick))
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
        return asyncio.run(_measure(Path(folder), quick))


async def _measure(folder: Path, quick: bool) -> list[Entry]:
    units, days = (QUICK_UNITS, QUICK_DAYS) if quick else (UNITS, DAYS)
    rows = await _prepare(folder, units, days)
    entries: list[Entry] = []
    if not await _is_clustered(folder):
        entries += await _days(folder, "as_it_came", rows, days)
        await _cluster(folder)
    entries += await _days(folder, "clustered", rows, days)
    async with Asker(folder, days) as asker:
        basis = _basis(rows, "clustered")
        months = [await asker.month_ms(asker.devices[i]) for i in range(5)]
        entries.append(_entry("month_2000_points", statistics.median(months), "ms", "", basis))
        units = asker.devices[: QUICK_EXPORT_UNITS if quick else EXPORT_UNITS]
        for format_ in ("csv", "parquet"):
            rate, peak_mb = await asker.export_rate(format_, units)
            entries.append(_entry(f"export_{format_}", rate, "rows/s", "", basis))
            entries.append(_entry(f"export_{format_}_memory", peak_mb, "MB", "<= 300", basis))
    return entries


async def _days(folder: Path, how: str, rows: int, days: int) -> list[Entry]:
    """A unit's day, cold and warm."""
    _let_go(folder)
    async with Asker(folder, days) as asker:
        cold = [await asker.day_ms(*asker.pick(i)) for i in range(COLD_ASKED)]
        picked = [asker.pick(1_000 + i) for i in range(ASKED)]
        for day in picked:
            await asker.day_ms(*day)
        warm = [await asker.day_ms(*day) for day in picked]
    entries = []
    for name, values in (("warm", warm), ("cold", cold)):
        for share, quantile in (("p50", 0.5), ("p95", 0.95)):
            target = "<= 30" if (name, share) == ("warm", "p95") else ""
            value = float(np.quantile(values, quantile))
            figure = f"vehicle_day_{how}_{name}_{share}"
            entries.append(_entry(figure, value, "ms", target, _basis(rows, how)))
    return entries


def _basis(rows: int, how: str) -> str:
    return f"{rows:,} rows, plain, {how}; load of the machine {os.getloadavg()[0]:.1f}"


async def _is_clustered(folder: Path) -> bool:
    database = await open_database(None, folder)
    try:
        async with database.pool.connection() as conn:
            cursor = await conn.execute("SELECT 1 FROM pg_index WHERE indisclustered LIMIT 1")
            return await cursor.fetchone() is not None
    finally:
        await database.close()


async def _cluster(folder: Path) -> None:
    """Closed days by unit and time, as the storage keeps them where nothing compresses."""
    database = await open_database(None, folder)
    conn = await database.connect()
    try:
        for name in await partitions(conn, "positions"):
            table, index = sql.Identifier(name), sql.Identifier(f"{name}_pkey")
            await conn.execute(sql.SQL("CLUSTER {} USING {}").format(table, index))
            await conn.execute(sql.SQL("VACUUM ANALYZE {}").format(table))
    finally:
        await conn.close()
        await database.close()


def _entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
    shown = round(value, 1)
    print(f"  {name}: {shown} {unit} ({baseline})", flush=True)
    return {"name": name, "value": shown, "unit": unit, "target": target, "baseline": baseline}


async def _prepare(folder: Path, units: int, days: int) -> int:
    """The data, if they are not there; how many rows."""
    database = await open_database(None, folder, timescale=False)
    try:
        await migrate(database)
        conn = await database.connect()
        try:
            return await _fill(conn, units, days)
        finally:
            await conn.close()
    finally:
        await database.close()


async def _fill(conn: Connection, units: int, days: int) -> int:
    cursor = await conn.execute("SELECT count(*) FROM devices")
    known = await cursor.fetchone()
    if not known or not known[0]:
        organisation_id = await save_organisation(conn, "bench")
        devices = await register_fleet(conn, organisation_id, units)
        today = int(time.time() * 1e6) // DAY_US
        for day in range(today - days, today):
            await fill_day(conn, organisation_id, devices, day)
        await conn.execute("VACUUM")  # as autovacuum does within minutes
    if not await (await conn.execute("SELECT 1 FROM users")).fetchone():
        row = await (await conn.execute("SELECT min(id) FROM organisations")).fetchone()
        assert row is not None
        await create_user(
            conn, organisation_id=row[0], username="bench", display_name="bench", role="chief",
            password=PASSWORD,
        )  # fmt: skip
    row = await (
        await conn.execute("SELECT sum(reltuples)::bigint FROM pg_class WHERE relispartition"
                           " AND relkind = 'r' AND relname LIKE 'positions%'")
    ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def _let_go(folder: Path) -> None:
    """Ask the kernel to forget the database's files; those of others stay as they are."""
    for path in (folder / "postgres" / "base").rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)


class Asker:
    """A server over the data of so many days, and a person who asks."""

    def __init__(self, folder: Path, days: int) -> None:
        self._folder = folder
        self._count = days
        self.devices: list[int] = []
        self._days: list[int] = []

    async def __aenter__(self) -> Asker:
        ports = {name: free_port(0) for name in ("http", "gateway", "mqtt")}
        self._server = await _serve(self._folder, ports, embedded_broker=True)
        await _ready(ports["http"])
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{ports['http']}/api/v1", timeout=600
        )
        login = {"username": "bench", "password": PASSWORD}
        token = (await self._client.post("/login", json=login)).json()["token"]
        self._client.headers["Authorization"] = f"Bearer {token}"
        self.devices = [row["id"] for row in (await self._client.get("/devices")).json()]
        path = f"/devices/{self.devices[0]}/stops"
        assert (await self._client.get(path, params=_period(0, DAY_US))).status_code == 200
        self._days = await self._stored_days()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await _end(self._server)

    async def _stored_days(self) -> list[int]:
        last = (await self._client.get("/positions/latest", params={"limit": 1})).json()[0]
        end_us = int(datetime.fromisoformat(last["time"]).timestamp() * 1e6) // DAY_US
        return list(range(end_us - (self._count - 1), end_us + 1))

    def pick(self, number: int) -> tuple[int, int]:
        """A unit and one of its days, another for each number."""
        random = np.random.default_rng(number)
        return int(random.choice(self.devices)), int(random.choice(self._days))

    async def day_ms(self, device_id: int, day: int) -> float:
        period = _period(day * DAY_US, (day + 1) * DAY_US - 1)
        taken_ms, answer = await self._track(device_id, {**period, "max_points": 20_000})
        assert answer.content.count(b"Z") >= DAY_FIXES, "the whole day"
        return taken_ms

    async def month_ms(self, device_id: int) -> float:
        period = _period(self._days[0] * DAY_US, (self._days[-1] + 1) * DAY_US - 1)
        return (await self._track(device_id, {**period, "max_points": 2_000}))[0]

    async def _track(self, device_id: int, query: dict[str, Any]) -> tuple[float, httpx.Response]:
        began = time.perf_counter()
        answer = await self._client.get(f"/devices/{device_id}/track", params=query)
        answer.raise_for_status()
        return (time.perf_counter() - began) * 1e3, answer

    async def export_rate(self, format_: str, units: list[int]) -> tuple[float, float]:
        """Rows a second, and the peak of the process's memory in MB."""
        period = _period(self._days[0] * DAY_US, (self._days[-1] + 1) * DAY_US)
        body = {"format": format_, "device_ids": units, **period}
        began = time.perf_counter()
        made = (await self._client.post("/exports", json=body)).raise_for_status().json()
        peak_mb = 0.0
        while made["state"] in ("waiting", "running"):
            await asyncio.sleep(0.25)
            peak_mb = max(peak_mb, _peak_mb())
            made = (await self._client.get(f"/exports/{made['id']}")).json()
        assert made["state"] == "done", made["error"]
        seconds = time.perf_counter() - began
        await self._client.delete(f"/exports/{made['id']}")
        print(f"  {format_}: {made['rows']:,} rows, {made['bytes'] / 1e6:.0f} MB, {seconds:.0f} s")
        return made["rows"] / seconds, peak_mb


def _peak_mb() -> float:
    """Of the exporting process, by its own account."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"pipeline.export\0" in path.read_bytes():
                status = (path.parent / "status").read_text()
                return int(status.partition("VmHWM:")[2].split()[0]) / 1024
        except (OSError, IndexError, ValueError):
            continue
    return 0.0


def _period(from_us: int, to_us: int) -> dict[str, str]:
    return {"from": to_datetime(from_us).isoformat(), "to": to_datetime(to_us).isoformat()}
