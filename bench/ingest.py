"""What ingest costs and carries: `xunji serve` under `xunji load`'s senders, closed loop.

Each packet leaves when the last one is acknowledged, so every frame counted is durable. The
baseline of the rates is raw binary COPY of the very rows that a run left, in commits of the same
size, into the same table; the baseline of CPU is a bare uvloop server that only replies. With rules
on, time counts until all is judged.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.alerts import _fill
from bench.city import _end, _ready, _serve
from model.position import PositionBatch, Rows
from simulators.load.order import LoadOrder
from simulators.load.parent import run_load
from simulators.load.tally import Latencies, Tally
from storage.copy_format import COLUMN_VALUES, POSITION_COLUMNS, copy_payload, parse_columns
from storage.database import Connection, Database, open_database
from storage.migrate import migrate
from xunji.demo import free_port

ONES, TWENTIES = (1_000, 1), (400, 20)  # connections, frames a packet
MAX_COPIED_ROWS = 400_000
JUDGED_LIMIT_S = 300.0
REPLAYED_SHARE = 0.5
_COPY = f"COPY positions ({', '.join(POSITION_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
Entry = dict[str, Any]


class Ran(NamedTuple):
    """One run: frames a second until all was judged, CPU of the server's own process a frame."""

    tally: Tally
    per_s: float
    cpu_us: float


def run(quick: bool) -> list[Entry]:
    """4 s of load each when quick, else 20 s."""
    return asyncio.run(_measure(4.0 if quick else 20.0))


async def _measure(seconds: float) -> list[Entry]:
    bare_us = await _bare(seconds)
    async with _database() as (database, folder):
        ones = await _run(database, folder, ONES, seconds)
        ones_copy = await _raw_copy(database)
    async with _database() as (database, folder):
        off = await _run(database, folder, TWENTIES, seconds)
        off_copy = await _raw_copy(database)
    async with _database() as (database, folder):
        async with database.pool.connection() as conn:
            await _fill(conn)
        on = await _run(database, folder, TWENTIES, seconds)
        on_copy = await _raw_copy(database)
    clean, storm = await _reconnect(seconds)
    latency = Latencies(ones.tally.latencies).summary()
    return [
        _entry("ingest_cpu_a_frame", ones.cpu_us / bare_us, "x", "<= 1.5",
               f"bare replier {bare_us:.1f} us, gateway {ones.cpu_us:.1f} us a frame"),
        _entry("ingest_1_a_packet", ones.per_s / ones_copy, "x", ">= 0.2",
               f"raw COPY {ones_copy:,.0f} rows/s, ingest {ones.per_s:,.0f} frames/s"),
        _entry("ingest_20_a_packet", off.per_s / off_copy, "x", ">= 0.3",
               f"raw COPY {off_copy:,.0f} rows/s, ingest {off.per_s:,.0f} frames/s, rules off"),
        _entry("ingest_20_a_packet_rules", on.per_s / on_copy, "x", ">= 0.2",
               f"raw COPY {on_copy:,.0f} rows/s, all judged {on.per_s:,.0f} frames/s"),
        _entry("ingest_reply_p50", latency["p50_ms"], "ms", "", "1,000 connections, closed loop"),
        _entry("ingest_reply_p99", latency["p99_ms"], "ms", "", "1,000 connections, closed loop"),
        _entry("ingest_storm", storm.per_s / clean.per_s, "x", "",
               f"clean {clean.per_s:,.0f}, after a restart {REPLAYED_SHARE:.0%} sent once more: "
               f"{storm.per_s:,.0f} frames/s"),
    ]  # fmt: skip


def _entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
    return {"name": name, "value": value, "unit": unit, "target": target, "baseline": baseline}


@asynccontextmanager
async def _database() -> AsyncIterator[tuple[Database, Path]]:
    """A new embedded database and its folder; it runs on when a server over it ends."""
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as name:
        database = await open_database(None, Path(name))
        try:
            await migrate(database)
            yield database, Path(name)
        finally:
            await database.close()


async def _bare(seconds: float) -> float:
    """CPU of the bare replier, microseconds a frame."""
    sink = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "simulators.load.sink"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment(),
    )  # fmt: skip
    assert sink.stdin
    assert sink.stdout
    port = int(await sink.stdout.readline())
    tally, cpu_s = await _load(sink.pid, port, ONES, seconds)
    sink.stdin.close()
    await sink.wait()
    return cpu_s / tally.frames * 1e6


async def _run(
    database: Database, folder: Path, load: tuple[int, int], seconds: float, **more: int
) -> Ran:
    async with _server(folder) as (pid, port):
        tally, cpu_s = await _load(pid, port, load, seconds, **more)
        ended_s = time.monotonic()
        await _judged(database)
        judged_s = time.monotonic() - ended_s
    return Ran(tally, tally.frames / (tally.seconds + judged_s), cpu_s / tally.frames * 1e6)


async def _load(
    pid: int, port: int, load: tuple[int, int], seconds: float, **more: int
) -> tuple[Tally, float]:
    """The run's tally, and what CPU the process spent meanwhile."""
    connections, frames = load
    order = LoadOrder(
        host="127.0.0.1", port=port, connections=connections, frames_per_packet=frames,
        seconds=seconds, spread=True, **more,
    )  # fmt: skip
    before_s = _own_cpu_s(pid)
    tally = await run_load(order, 1, asyncio.Event())
    spent_s = _own_cpu_s(pid) - before_s
    assert tally.passed, tally.faults or tally.error
    return tally, spent_s


def _own_cpu_s(pid: int) -> float:
    """CPU seconds of one process without its children (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """Process id and gateway port of a server that lets every terminal in."""
    ports = {name: free_port(0) for name in ("http", "gateway", "mqtt")}
    server = await _serve(folder, ports, embedded_broker=True, more=OPEN)
    try:
        await _ready(ports["http"])
        yield server.pid, ports["gateway"]
    finally:
        await _end(server)


OPEN: Mapping[str, str] = {"XUNJI_GATEWAY__AUTO_REGISTER": "true"}


async def _judged(database: Database) -> None:
    """Until the rules have seen all that was committed."""
    conn = await database.connect()
    async with asyncio.timeout(JUDGED_LIMIT_S):
        last = await _one(conn, "SELECT max(id) FROM ingest_journal")
        while await _one(conn, "SELECT journal_id FROM judged") < last:
            await asyncio.sleep(0.1)
    await conn.close()


async def _raw_copy(database: Database) -> float:
    """Rows a second of a bare COPY of what the run stored, a commit of the run's mean size each."""
    conn = await database.connect()
    size = int(await _one(conn, "SELECT avg(rows) FROM ingest_journal WHERE rows > 0"))
    rows = await _stored(conn)
    batches = [
        copy_payload(PositionBatch(rows[begin : begin + size]))
        for begin in range(0, len(rows), size)
    ]
    await conn.execute("TRUNCATE positions")
    began_s = time.monotonic()
    for payload in batches:
        async with conn.cursor() as cursor, cursor.copy(_COPY.encode()) as copy:
            await copy.write(payload)
    took_s = time.monotonic() - began_s
    await conn.close()
    return len(rows) / took_s


async def _stored(conn: Connection) -> Rows:
    """What is stored, in the order in which it came."""
    columns = ", ".join(COLUMN_VALUES.values())
    limited = f"SELECT * FROM positions LIMIT {MAX_COPIED_ROWS}"
    async with conn.cursor(binary=True) as cursor:
        await cursor.execute(f"SELECT {columns} FROM ({limited}) p".encode())
        result = cursor.pgresult
        assert result is not None
        return parse_columns([result.get_value(0, index) for index in range(result.nfields)])


async def _reconnect(seconds: float) -> tuple[Ran, Ran]:
    """A clean run, and one after a restart in which every terminal sends again half of what it
    sent: the server remembers none of it."""
    begins_s = int(time.time()) - 6 * 3_600
    async with _database() as (database, folder):
        clean = await _run(database, folder, TWENTIES, seconds, begins_s=begins_s)
        each = clean.tally.frames // clean.tally.connections
        skipped = int(each * (1 - REPLAYED_SHARE))
        again = {"begins_s": begins_s, "skip": skipped}
        storm = await _run(database, folder, TWENTIES, seconds, **again)
    return clean, storm


async def _one(conn: Connection, query: str) -> Any:
    row = await (await conn.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]
