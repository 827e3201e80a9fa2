"""Handsets by MQTT: fixes a second from a handset through Mosquitto into the database and back as
`ack`, against Mosquitto alone with a subscriber that discards.

Both runs have the same handsets, each on a connection of its own, the same broker settings (the
limits of deploy/mosquitto) and QoS 1 on every hop. Closed loop: a handset sends its next message
when one is answered, by our `ack` after the commit, or in the baseline by the broker's PUBACK; the
baseline counts what has reached the subscriber.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.city import _end, _ready, _serve
from bench.ingest import _database, _environment, _own_cpu_s
from bench.mqtt_wire import Order, Sums
from simulators.load.order import handset
from storage.database import Database
from xunji.demo import free_port

HANDSETS, WINDOW = 200, 4
LIMITS = Path(__file__).parent.parent / "deploy" / "mosquitto" / "mosquitto.conf"
Entry = dict[str, Any]


class Ran(NamedTuple):
    """One run: fixes a second, CPU of the server's own process and of the broker a message."""

    sums: Sums
    per_s: float
    server_us: float
    broker_us: float


def run(quick: bool) -> list[Entry]:
    """4 s of load each when quick, else 20 s; nothing without Mosquitto."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        print("mqtt: Mosquitto is not installed, nothing measured", file=sys.stderr)
        return []
    return asyncio.run(_measure(program, 4.0 if quick else 20.0))


async def _measure(program: str, seconds: float) -> list[Entry]:
    entries: list[Entry] = []
    for fixes, name in ((1, "mqtt_1_a_message"), (20, "mqtt_20_a_message")):
        order = Order(
            role="handsets", port=free_port(0), handsets=HANDSETS, fixes=fixes, window=WINDOW,
            seconds=seconds,
        )  # fmt: skip
        bare, ours = await _bare(program, order), await _ours(program, order)
        entries += [
            {"name": name, "value": ours.per_s / bare.per_s, "unit": "x", "target": "",
             "baseline": f"Mosquitto alone {bare.per_s:,.0f}, durable and acknowledged "
             f"{ours.per_s:,.0f} fixes/s"},
            {"name": f"{name}_ack_p99", "value": ours.sums.p99_ms, "unit": "ms", "target": "",
             "baseline": f"p50 {ours.sums.p50_ms:.0f} ms; {HANDSETS} handsets, {WINDOW} messages "
             f"each under way; Mosquitto's PUBACK alone p99 {bare.sums.p99_ms:.0f} ms"},
            {"name": f"{name}_cpu", "value": ours.server_us, "unit": "us a message", "target": "",
             "baseline": f"the server's own process; Mosquitto {ours.broker_us:.0f}"},
        ]  # fmt: skip
    return entries


async def _bare(program: str, order: Order) -> Ran:
    """Mosquitto and the subscriber."""
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
        async with _broker(program, Path(folder), order.port) as broker:
            discard = await _child(Order(role="discard", port=order.port))
            assert discard.stdout
            assert await discard.stdout.readline() == b"ready\n"
            ran = await _run(msgspec.structs.replace(order, answer="puback"), None, broker)
            reached = await _told(discard)
    came = min(reached.messages, ran.sums.messages)
    return ran._replace(per_s=came * order.fixes / ran.sums.seconds)


async def _ours(program: str, order: Order) -> Ran:
    """The server behind the same broker."""
    async with _database() as (database, folder), _broker(program, folder, order.port) as broker:
        await _enrol(database)
        ports = {"http": free_port(0), "gateway": free_port(0), "mqtt": order.port}
        server = await _serve(folder, ports, embedded_broker=False)
        try:
            await _ready(ports["http"])
            ran = await _run(order, server.pid, broker)
        finally:
            await _end(server)
        await _all_stored(database, ran.sums.messages * order.fixes)
    return ran


async def _run(order: Order, server: int | None, broker: int) -> Ran:
    before = (_own_cpu_s(server) if server else 0.0, _own_cpu_s(broker))
    child = await _child(order)
    sums = await _told(child)
    assert sums.refused == sums.missing == 0, sums
    spent = (_own_cpu_s(server) if server else 0.0, _own_cpu_s(broker))
    server_us, broker_us = (
        (after - first) / sums.messages * 1e6 for first, after in zip(before, spent, strict=True)
    )
    return Ran(sums, sums.messages * order.fixes / sums.seconds, server_us, broker_us)


async def _child(order: Order) -> asyncio.subprocess.Process:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bench.mqtt_wire"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment(),
    )  # fmt: skip
    assert child.stdin
    child.stdin.write(msgspec.json.encode(order) + b"\n")
    return child


async def _told(child: asyncio.subprocess.Process) -> Sums:
    """The child's sums; a subscriber ends here."""
    assert child.stdin
    assert child.stdout
    if child.returncode is None:
        child.stdin.write_eof()
    line = await child.stdout.readline()
    await child.wait()
    return msgspec.json.decode(line, type=Sums)


@asynccontextmanager
async def _broker(program: str, folder: Path, port: int) -> AsyncIterator[int]:
    """Mosquitto with the limits that we deploy it with; its process id."""
    limits = [
        line
        for line in LIMITS.read_text().splitlines()
        if line.startswith(("max_", "message_size_limit", "autosave_interval"))
    ]
    lines = [
        f"listener {port} 127.0.0.1", "allow_anonymous true", "user root", "persistence true",
        f"persistence_location {folder}/", "log_type none", *limits,
    ]  # fmt: skip
    config = folder / "mosquitto.conf"
    config.write_text("\n".join(lines) + "\n")
    quiet = asyncio.subprocess.DEVNULL
    broker = await asyncio.create_subprocess_exec(
        program, "-c", str(config), stdout=quiet, stderr=quiet
    )
    try:
        await _listens(port)
        yield broker.pid
    finally:
        await _end(broker)


async def _listens(port: int) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise RuntimeError("Mosquitto did not start within 5 s")


async def _enrol(database: Database) -> None:
    """The handsets into the register."""
    async with database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'bench')")
        await conn.execute(
            "INSERT INTO devices (organisation_id, identity, protocol, kind, name)"
            " SELECT 1, name, 'handset', 'inspector', name FROM unnest(%s::text[]) name",
            ([handset(number) for number in range(HANDSETS)],),
        )


async def _all_stored(database: Database, least: int) -> None:
    """What was acknowledged is there."""
    async with database.pool.connection() as conn:
        row = await (await conn.execute("SELECT count(*) FROM positions")).fetchone()
    assert row is not None
    assert row[0] >= least, f"{row[0]} fixes stored, at least {least} were acknowledged"
