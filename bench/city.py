"""A real city: 1,350 units at 10 s against `xunji serve`, open loop, real time, default rules.

Counted: CPU of the server's process and of PostgreSQL's, in percent of one core, and the bytes that
a fix leaves on disk (its row, its index entries and its raw frame), extrapolated to a day. The
MQTT broker is a product of its own and is shown beside.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from model.vehicles import VEHICLES, UnitKind
from simulators.city import build_city
from simulators.convoy import Convoy
from simulators.fleet import Fleet, build_fleet
from storage.database import Connection, open_database
from storage.migrate import migrate
from xunji.demo import free_port
from xunji.demo_seed import new_passwords, seed_demo, top_up_shifts

VEHICLE_UNITS, INSPECTOR_UNITS, INTERVAL_S = 580, 770, 10
PLAN_AHEAD_S = 3_600
WARM_UP_S = 12
PASSWORD = "bench of a city"
Entry = dict[str, Any]


def run(quick: bool) -> list[Entry]:
    """Entries of the city; 15 s when quick, else 60 s."""
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
        return asyncio.run(_measure(Path(folder), 15 if quick else 60))


def _city_fleet() -> Fleet:
    city = build_city(7)
    origin_us = (int(time.time()) - PLAN_AHEAD_S) * 1_000_000
    fleet = build_fleet(
        city, 7, origin_us, units=VEHICLE_UNITS, interval_s=INTERVAL_S, kinds=VEHICLES
    )
    people = build_fleet(
        city, 7, origin_us, units=INSPECTOR_UNITS, interval_s=INTERVAL_S,
        kinds=(UnitKind.INSPECTOR,),
    )  # fmt: skip
    fleet.units += people.units
    return fleet


async def _measure(folder: Path, seconds: int) -> list[Entry]:
    fleet = _city_fleet()
    mode = await _prepare(folder, fleet)
    ports = {name: free_port(0) for name in ("http", "gateway", "mqtt")}
    broker = await _broker(folder, ports["mqtt"])
    server = await _serve(folder, ports, embedded_broker=broker is None)
    try:
        await _ready(ports["http"])
        doors = ("127.0.0.1", ports["gateway"]), ("127.0.0.1", ports["mqtt"])
        convoy = Convoy(fleet, *doors, from_s=_plan_s(fleet))
        convoy.skip(_plan_s(fleet))
        await convoy.start()
        try:
            convoy.skip(_plan_s(fleet))
            await _drive(convoy, WARM_UP_S)
            groups = _groups(folder, server.pid, broker.pid if broker else None)
            before, began = {g: _cpu_s(p) for g, p in groups.items()}, time.monotonic()
            fixes = await _drive(convoy, seconds)
            lasted_s = time.monotonic() - began
            used = {g: (_cpu_s(p) - before[g]) / lasted_s * 100 for g, p in groups.items()}
            await convoy.drained()
        finally:
            await convoy.stop()
    finally:
        await _end(server)
        if broker:
            await _end(broker)
    row_bytes, frame_bytes = await _bytes_a_fix(folder)
    return _entries(used, fixes / lasted_s, row_bytes, frame_bytes, mode)


def _entries(
    used: dict[str, float], rate: float, row_bytes: float, frame_bytes: float, mode: str
) -> list[Entry]:
    def entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
        shown = round(value, 2)
        return {"name": name, "value": shown, "unit": unit, "target": target, "baseline": baseline}

    per_day = (VEHICLE_UNITS + INSPECTOR_UNITS) / INTERVAL_S * 86_400
    whole = f"1,350 units at 10 s: {rate:.0f} fixes/s, rules on"
    disk = f"{mode} edition, not compressed"
    return [
        entry("city_cpu", used["server"] + used["database"], "% of a core", "<= 5", whole),
        entry("city_cpu_server", used["server"], "% of a core", "", whole),
        entry("city_cpu_database", used["database"], "% of a core", "", whole),
        entry("city_cpu_broker", used.get("broker", 0.0), "% of a core", "", whole),
        entry("city_disk", (row_bytes + frame_bytes) * per_day / 1e6, "MB/day", "<= 250", disk),
        entry("city_bytes_a_fix", row_bytes, "bytes", "", f"{disk}, with indexes"),
        entry("city_bytes_a_frame", frame_bytes, "bytes", "", f"{disk}, with indexes"),
    ]


async def _prepare(folder: Path, fleet: Fleet) -> str:
    database = await open_database(None, folder)
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            await seed_demo(conn, fleet, new_passwords(PASSWORD))
            await top_up_shifts(conn, fleet, fleet.origin_us, int(time.time() * 1e6))
        return database.mode
    finally:
        await database.close()


async def _broker(folder: Path, port: int) -> asyncio.subprocess.Process | None:
    """Mosquitto, as a city would run; None without it (then the server's embedded broker)."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        return None
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        program, "-c", str(config), stdout=quiet, stderr=quiet
    )


async def _serve(
    folder: Path,
    ports: dict[str, int],
    *,
    embedded_broker: bool,
    more: Mapping[str, str] | None = None,
) -> asyncio.subprocess.Process:
    """`xunji serve` over a folder; `more`: further settings."""
    environment = {
        **os.environ,
        **(more or {}),
        "XUNJI_DATA_DIR": str(folder),
        "XUNJI_GATEWAY__HOST": "127.0.0.1",
        "XUNJI_GATEWAY__PORT": str(ports["gateway"]),
        "XUNJI_GATEWAY__JT808_PORT": str(free_port(0)),
        "XUNJI_HTTP__PORT": str(ports["http"]),
        "XUNJI_MQTT__EMBEDDED_PORT": str(ports["mqtt"]),
    }
    if not embedded_broker:
        environment["XUNJI_MQTT__URL"] = f"mqtt://127.0.0.1:{ports['mqtt']}"
    start = "from xunji.command_line import main; main()"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", start, "serve", "--log-level", "error",
        env=environment, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _ready(port: int) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(300):
            try:
                await client.get(f"http://127.0.0.1:{port}/api/v1/openapi.json")
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
    raise RuntimeError("the server did not start within a minute")


def _plan_s(fleet: Fleet) -> int:
    return int(time.time()) - fleet.origin_us // 1_000_000


async def _drive(convoy: Convoy, seconds: float) -> int:
    """Send what is due, second by second, whatever the server acknowledges."""
    until, sent = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        sent += convoy.send(_plan_s(convoy.fleet))
        await asyncio.sleep(1 - time.time() % 1)
    return sent


def _groups(folder: Path, server: int, broker: int | None) -> dict[str, list[int]]:
    """Process ids by what they are."""
    postmaster = int((folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
    groups = {"server": [server], "database": [postmaster]}
    if broker is not None:
        groups["broker"] = [broker]
    return groups


def _cpu_s(roots: list[int]) -> float:
    """CPU seconds of processes and of their living and ended children (Linux)."""
    stats: dict[int, list[str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
    ticks, waiting, seen = 0, list(roots), set(roots)
    while waiting:
        pid = waiting.pop()
        fields = stats.get(pid)
        if fields is None:
            continue
        ticks += sum(int(fields[place]) for place in (11, 12, 13, 14))
        # The server's children are the broker; PostgreSQL's are its backends.
        children = [child for child, other in stats.items() if int(other[1]) == pid]
        waiting += [child for child in children if child not in seen]
        seen.update(children)
    return ticks / os.sysconf("SC_CLK_TCK")


async def _bytes_a_fix(folder: Path) -> tuple[float, float]:
    database = await open_database(None, folder)
    try:
        async with database.pool.connection() as conn:
            fixes = await _count(conn, "SELECT count(*) FROM positions")
            size = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relname ~ %s"
            rows = await _count(conn, size + " AND relkind = 'r'", "^positions_")
            frames = await _count(conn, size + " AND relkind = 'r'", "^raw_frames_")
        return rows / fixes, frames / fixes
    finally:
        await database.close()


async def _count(conn: Connection, query: str, *values: str) -> float:
    row = await (await conn.execute(query.encode(), values or None)).fetchone()
    assert row is not None
    return float(row[0])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()
