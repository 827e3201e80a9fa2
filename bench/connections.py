"""Memory of an idle connection: a logged-in terminal in the server, and a bare uvloop Protocol.

Counted is what the process's resident memory grows by, from before the first connection until all
are there; the kernel's own buffers are the same for both and not counted.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bench.ingest import _database, _environment, _server
from simulators.load.order import LoadOrder, source_address
from simulators.load.parent import run_load

CONNECTIONS, QUICK_CONNECTIONS = 20_000, 4_000
SPARE_FILES = 2_000
SETTLE_S = 6.0
_BARE = """
import asyncio, sys, uvloop
async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
uvloop.run(serve())
"""


def run(quick: bool) -> list[dict[str, Any]]:
    """Bytes a connection, server and bare; 4,000 connections when quick, else 20,000."""
    wanted = QUICK_CONNECTIONS if quick else CONNECTIONS
    with suppress(ValueError, OSError):  # what is allowed decides how many there can be
        files = wanted + SPARE_FILES
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    count = min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES)
    return asyncio.run(_measure(count))


async def _measure(count: int) -> list[dict[str, Any]]:
    async with _bare() as (pid, port):
        bare = await _growth_of_bare(pid, port, count)
    async with _database() as (_, folder):
        async with _server(folder) as (_, port):  # registers the terminals
            await _logged_in(port, count, seconds=0.1)
        async with _server(folder) as (pid, port):
            ours = await _growth(pid, port, count)
    return [
        {
            "name": "connection_memory",
            "value": ours / bare,
            "unit": "x",
            "target": "<= 2",
            "baseline": f"{count:,} each: bare Protocol {bare:,.0f} bytes, ours {ours:,.0f}",
        }
    ]


@asynccontextmanager
async def _bare() -> AsyncIterator[tuple[int, int]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _BARE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process.pid, int(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()


async def _growth_of_bare(pid: int, port: int, count: int) -> float:
    loop = asyncio.get_running_loop()
    before = _resident(pid)
    connections = [
        await loop.create_connection(
            asyncio.Protocol, "127.0.0.1", port, local_addr=(source_address(number), 0)
        )
        for number in range(count)
    ]
    await asyncio.sleep(SETTLE_S)
    grown = _resident(pid) - before
    for transport, _ in connections:
        transport.abort()
    return grown / count


async def _growth(pid: int, port: int, count: int) -> float:
    """The most it grew by while all were there."""
    before = peak = _resident(pid)
    there = asyncio.create_task(_logged_in(port, count, seconds=SETTLE_S))
    while not there.done():
        await asyncio.sleep(0.2)
        peak = max(peak, _resident(pid))
    await there
    return (peak - before) / count


async def _logged_in(port: int, count: int, seconds: float) -> None:
    """Terminals that log in and say next to nothing."""
    order = LoadOrder(
        host="127.0.0.1", port=port, connections=count, rate=0.01, seconds=seconds,
        log_in_s=240.0, spread=True,
    )  # fmt: skip
    tally = await run_load(order, 1, asyncio.Event())
    assert tally.logged_in == count, tally.faults or tally.error


def _resident(pid: int) -> int:
    """Bytes (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()
