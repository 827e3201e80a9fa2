"""How late an alert is: from a frame's last byte leaving a terminal to the WebSocket's message.

`xunji load` sends 5,000 frames a second, an export of all fences runs beside it again and again,
and probes break a rule that forgives nothing, each for one fix. Load generator, database, server
and this listener share the machine's cores.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from msgspec.structs import replace
from websockets.asyncio.client import connect

from bench.city import _end, _ready, _serve
from bench.fences import _fence
from model.rulebook import Device, Rule, Scope
from protocols.jt808.fix import Fix, encode_fix
from simulators.load.order import phone
from simulators.terminal import Jt808Terminal
from storage.database import Connection, open_database
from storage.migrate import migrate
from storage.rulebook_changes import register_device, save_fence, save_organisation, save_rule
from storage.users import create_user
from xunji.demo import free_port

RATE, CONNECTIONS, PROBES, FENCES = 5_000, 1_000, 40, 500
PROBE_EVERY_S = 2.0
PASSWORD = "bench of alerts"
_KINDS = ("uncovered_load", "route_deviation", "operating_hours", "illegal_dumping")
Entry = dict[str, Any]
Told = dict[tuple[str, int], float]  # (identity, fix time in seconds) -> when, by the loop's clock


def run(quick: bool) -> list[Entry]:
    """p50 and p99 of 20 s when quick, else of 60 s."""
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
        return asyncio.run(_measure(Path(folder), 20 if quick else 60))


async def _measure(folder: Path, seconds: int) -> list[Entry]:
    await _prepare(folder)
    ports = {name: free_port(0) for name in ("http", "gateway", "mqtt")}
    server = await _serve(folder, ports, embedded_broker=True)
    try:
        await _ready(ports["http"])
        token = await _token(ports["http"])
        async with (
            _load(ports["gateway"], seconds, folder) as load,
            _listener(ports, token) as told,
        ):
            export = asyncio.create_task(_export(ports["http"], token))
            sent = await _probe(ports["gateway"], seconds)
            exports = await _stopped(export)
            await load.wait()
    finally:
        await _end(server)
    report = json.loads((folder / "load.json").read_bytes())
    return _entries(sent, told, exports, report)


def _entries(sent: Told, told: Told, exports: int, report: dict[str, Any]) -> list[Entry]:
    late_ms = np.array([(told[key] - at_s) * 1e3 for key, at_s in sent.items() if key in told])
    missing = len(sent) - len(late_ms)
    seen = f"{len(late_ms)} alerts, {missing} not told; {exports} exports beside"
    p50, p99 = np.percentile(late_ms, (50, 99)) if len(late_ms) else (np.inf, np.inf)
    ack = report["latency"]
    return [
        _entry("alerts_p50", float(p50), "ms", "", seen),
        _entry("alerts_p99", float(p99), "ms", "<= 250", seen),
        _entry(
            "alerts_rate",
            report["acknowledged_per_s"],
            "frames/s",
            "",
            f"acknowledged, of {RATE:,} wanted",
        ),
        _entry("alerts_ack_p99", ack["p99_ms"], "ms", "", "of the load's acknowledgements"),
    ]


def _entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
    return {"name": name, "value": value, "unit": unit, "target": target, "baseline": baseline}


async def _prepare(folder: Path) -> None:
    database = await open_database(None, folder)
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            await _fill(conn)
    finally:
        await database.close()


async def _fill(conn: Connection) -> None:
    """Fences, the load's trucks, probes of another kind, and rules about both."""
    organisation_id = await save_organisation(conn, "bench")
    await create_user(
        conn, organisation_id=organisation_id, username="chief", display_name="chief",
        role="chief", password=PASSWORD,
    )  # fmt: skip
    random = np.random.default_rng(42)
    for number in range(FENCES):
        fence = _fence(number, random)
        await save_fence(
            conn, replace(fence, id=0, organisation_id=organisation_id,
                          responsible_organisation_id=organisation_id, tags=("district",)),
        )  # fmt: skip
    strict = {"limit_kmh": 40.0, "min_duration_s": 0.0, "clear_s": 0.0}
    await save_rule(
        conn, _rule("speeding", organisation_id, parameters=strict, scope=Scope(kinds=("mixer",)))
    )
    for kind in _KINDS:
        await save_rule(conn, _rule(kind, organisation_id))
    for number in range(CONNECTIONS + PROBES):
        device = Device(
            id=0, organisation_id=organisation_id, identity=phone(number), protocol="jt808",
            kind="muck_truck" if number < CONNECTIONS else "mixer", name=phone(number),
        )  # fmt: skip
        await register_device(conn, device)


def _rule(kind: str, organisation_id: int, **more: Any) -> Rule:
    return Rule(
        id=0, version=0, organisation_id=organisation_id, kind=kind, name_zh=kind, name_en=kind,
        valid_from_us=0, **more,
    )  # fmt: skip


async def _token(port: int) -> str:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1") as http:
        answer = await http.post("/login", json={"username": "chief", "password": PASSWORD})
        return str(answer.raise_for_status().json()["token"])


@asynccontextmanager
async def _load(port: int, seconds: int, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`xunji load` as a process of its own."""
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from xunji.command_line import main; main()", "load",
        "--target", f"127.0.0.1:{port}", "--connections", str(CONNECTIONS), "--rate", str(RATE),
        "--seconds", str(seconds), "--auto", "--json", str(folder / "load.json"),
        stdout=quiet, env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    try:
        yield process
    finally:
        await _end(process)


@asynccontextmanager
async def _listener(ports: dict[str, int], token: str) -> AsyncIterator[Told]:
    """When each violation was first told."""
    told: Told = {}
    url = f"ws://127.0.0.1:{ports['http']}/api/v1/live?token={token}"
    async with connect(url, max_size=None) as socket:
        listening = asyncio.create_task(_listen(socket, told))
        try:
            yield told
        finally:
            await asyncio.sleep(1)
            await _stopped(listening)


async def _listen(socket: Any, told: Told) -> None:
    loop = asyncio.get_running_loop()
    async for text in socket:
        if '"violation"' in text[:40]:
            now_s, found = loop.time(), json.loads(text)["violation"]
            started_s = round(datetime.fromisoformat(found["started_at"]).timestamp())
            told.setdefault((found["device"]["name"], started_s), now_s)


async def _export(port: int, token: str) -> int:
    """All fences as GeoJSON, one after the other; how many times until cancelled."""
    done = 0
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as http:
        with suppress(asyncio.CancelledError):
            while True:
                (
                    await http.get("/fences/export?format=geojson", headers=headers)
                ).raise_for_status()
                done += 1
    return done


async def _stopped(task: asyncio.Task[Any]) -> Any:
    task.cancel()
    return (await asyncio.gather(task, return_exceptions=True))[0]


async def _probe(port: int, seconds: int) -> Told:
    """Each probe speeds for one fix in two; when each of those left."""
    probes = [
        Jt808Terminal(("127.0.0.1", port), phone(CONNECTIONS + number)) for number in range(PROBES)
    ]
    await asyncio.gather(*(probe.start() for probe in probes))
    sent: Told = {}
    try:
        turns = [_drive(probe, n, seconds, sent) for n, probe in enumerate(probes)]
        await asyncio.gather(*turns)
        await asyncio.sleep(1)
    finally:
        await asyncio.gather(*(probe.stop() for probe in probes))
    return sent


async def _drive(probe: Jt808Terminal, number: int, seconds: int, sent: Told) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(3 + number * PROBE_EVERY_S / PROBES)  # the load is under way by then
    for turn in range(int((seconds - 5) / PROBE_EVERY_S)):
        now_s = int(time.time())
        fast = turn % 2 == 1
        fix = Fix(
            now_s * 1_000_000, 121_500_000, 31_500_000, speed_kmh_e1=900 if fast else 200,
            satellites=12,
        )  # fmt: skip
        if fast:
            sent[probe.identity, now_s] = loop.time()
        probe.report([encode_fix(fix)])
        await asyncio.sleep(PROBE_EVERY_S)
