"""The stage of a torture run: `xunji serve` in a process of its own beside a database that dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

from model.fences import Fence
from model.rulebook import FAR_FUTURE_US, Device, Rule
from rules.registry import kinds_by_name
from simulators.torture.ledger import Raised, Stored, Summed
from simulators.torture.plan import CLOSED_M, E6_A_METRE, SOUTH_E6, WEST_E6, TorturePlan
from storage.database import Connection, connect, open_database
from storage.instants import from_datetime
from storage.migrate import migrate
from storage.rulebook_changes import register_device, save_fence, save_organisation, save_rule
from xunji.clock import SystemClock
from xunji.demo import free_port
from xunji.settings import Settings
from xunji.torture_database import TortureDatabase
from xunji.torture_days import days_of_vehicles

RESTART_S = 0.3
STOP_S = 30.0
START_S = 180.0
RULES: dict[str, dict[str, float]] = {
    "speeding": {"limit_kmh": 60},
    "stop_too_long": {"min_duration_s": 180},
    "forbidden_area": {},
    "mocked_position": {"only_on_duty": 0},
}
CLOSED_TAG = "no_go"
_ROWS = """
SELECT d.identity, p.time, p.longitude_e6, p.latitude_e6, p.speed_kmh_e1
FROM positions p LEFT JOIN devices d ON d.id = p.device_id
"""
_VIOLATIONS = """
SELECT d.identity, v.kind, v.started_at, v.ended_at, v.longitude_e6, v.latitude_e6
FROM violations v JOIN devices d ON d.id = v.device_id WHERE v.finding = 'standing'
"""
_STATE = """
SELECT (SELECT count(*) FROM positions),
       (SELECT min(journal_id) FROM judged) >= (SELECT coalesce(max(id), 0) FROM ingest_journal)
"""


class StageProblem(Exception):
    """The server of the run does not start; the text is what it said."""


class TortureStage:
    """Implements simulators.torture.run.Stage. Several share one database server by `name`."""

    def __init__(self, folder: Path, database: TortureDatabase, name: str) -> None:
        self._folder = folder
        self._database = database
        self._name = name
        self._url = ""
        self.gateway = ("127.0.0.1", free_port(0))
        self.broker = ("127.0.0.1", free_port(0))
        self._fixed_port, self._http_port = free_port(0), free_port(0)
        self.restarts = 0
        self._process: Process | None = None
        self._wanted = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def disk(self) -> str:
        """How the disk is filled, or why it is not."""
        return self._database.disk

    async def start(self, plan: TorturePlan) -> None:
        """Make the database, put the plan's units and rules in, and start the server."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._url = await asyncio.to_thread(self._database.url, self._name)
        opened = await open_database(self._url, self._folder)
        try:
            await migrate(opened)
            async with opened.pool.connection() as conn:
                await _seed(conn, plan)
        finally:
            await opened.close()
        self._wanted.set()
        self._supervisor = asyncio.create_task(self._supervise())
        try:
            async with asyncio.timeout(START_S):
                while not await self._listens():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            said = (self._folder / "server.log").read_text(errors="replace")[-1_000:]
            raise StageProblem(f"the server did not start in {START_S:.0f} s: {said}") from None

    async def kill_server(self) -> None:
        """Kill -9, and let it lie."""
        self._wanted.clear()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def start_server(self) -> None:
        """Start it again; nobody waits until it is ready."""
        self._wanted.set()

    async def stop_database(self) -> None:
        """Clean."""
        await asyncio.to_thread(self._database.stop)

    async def kill_database(self) -> None:
        """Kill -9."""
        await asyncio.to_thread(self._database.kill)

    async def start_database(self) -> None:
        """Start it again."""
        await asyncio.to_thread(self._database.start)

    async def fill_disk(self) -> bool:
        """Whether it could be done."""
        return await asyncio.to_thread(self._database.fill_disk)

    async def free_disk(self) -> None:
        """Give the room back."""
        await asyncio.to_thread(self._database.free_disk)

    async def settled(self, rows: int, limit_s: float) -> None:
        """Wait until so many rows are stored and all is judged, or the limit has passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while True:
                    stored, judged = (await self._ask(_STATE))[0]
                    if stored >= rows and judged:
                        return
                    await asyncio.sleep(0.2)

    async def rows(self) -> list[Stored]:
        """All positions."""
        return [
            Stored(identity or "?", from_datetime(time), *columns)
            for identity, time, *columns in await self._ask(_ROWS)
        ]

    async def violations(self) -> list[Raised]:
        """All that stand."""
        return [
            Raised(identity, kind, from_datetime(began), ended and from_datetime(ended), *place)
            for identity, kind, began, ended, *place in await self._ask(_VIOLATIONS)
        ]

    async def stop(self) -> None:
        """Stop the server."""
        self._wanted.clear()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)

    async def summaries(self) -> tuple[list[Summed], list[Summed]]:
        """Vehicles' days: as they were kept, and from the stored points."""
        opened = await open_database(self._url, self._folder)
        try:
            return await days_of_vehicles(opened, SystemClock(), Settings())
        finally:
            await opened.close()

    async def _ask(self, query: str) -> list[tuple[Any, ...]]:
        conn = await connect(self._url)
        try:
            return await (await conn.execute(query.encode())).fetchall()
        finally:
            await conn.close()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(*self.gateway)
        except OSError:
            return False
        writer.close()
        return True

    async def _supervise(self) -> None:
        """As a service manager would: a server that has ended is started again."""
        with (self._folder / "server.log").open("ab") as log:
            while True:
                await self._wanted.wait()
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "xunji", "serve"),
                    env={**os.environ, **self._settings()},
                    stdout=log,
                    stderr=log,
                )
                await self._process.wait()
                self.restarts += 1
                await asyncio.sleep(RESTART_S)

    def _settings(self) -> dict[str, str]:
        return {
            "XUNJI_DATA_DIR": str(self._folder),
            "XUNJI_DATABASE__URL": self._url,
            "XUNJI_GATEWAY__HOST": self.gateway[0],
            "XUNJI_GATEWAY__PORT": str(self.gateway[1]),
            "XUNJI_GATEWAY__JT808_PORT": str(self._fixed_port),
            "XUNJI_MQTT__EMBEDDED_PORT": str(self.broker[1]),
            "XUNJI_HTTP__PORT": str(self._http_port),
            "XUNJI_GATEWAY__REPORTS_PER_S": "1000000",  # undisturbed, all comes at once
        }


async def _seed(conn: Connection, plan: TorturePlan) -> None:
    """Units, the closed area and the rules, in force from the beginning of event time."""
    from_us = (plan.base_s - 86_400) * 1_000_000
    async with conn.transaction():
        organisation = await save_organisation(conn, "试验", "Torture")
        for unit in plan.units:
            device = Device(
                id=0, organisation_id=organisation, identity=unit.identity,
                protocol=unit.protocol, kind=unit.kind, name=unit.identity,
            )  # fmt: skip
            await register_device(conn, device)
        await save_fence(conn, _closed_area(organisation, from_us))
        for kind, parameters in RULES.items():
            known = kinds_by_name()[kind]
            rule = Rule(
                id=0, version=0, organisation_id=organisation, kind=kind,
                name_zh=known.zh, name_en=known.en, parameters=parameters,
                fence_tags=(CLOSED_TAG,) if kind == "forbidden_area" else (),
                valid_from_us=from_us,
            )  # fmt: skip
            await save_rule(conn, rule)


def _closed_area(organisation: int, from_us: int) -> Fence:
    """Across all streets."""
    west, east = ((WEST_E6 + metres * E6_A_METRE) / 1e6 for metres in CLOSED_M)
    south, north = SOUTH_E6 / 1e6 - 0.01, SOUTH_E6 / 1e6 + 1
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return Fence(
        id=0, version=0, organisation_id=organisation, responsible_organisation_id=organisation,
        name="禁行区", shape="polygon", geometry={"type": "Polygon", "coordinates": [ring]},
        tags=(CLOSED_TAG,), valid_from_us=from_us, valid_to_us=FAR_FUTURE_US,
    )  # fmt: skip
