"""A gateway on real sockets over a real database, with a writer that a test can hold or break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from gateway.commands import CommandDelivery
from gateway.counters import Counters
from gateway.desk import Desk
from gateway.directory import Directory
from gateway.online import OnlineTable
from gateway.report_rate import NoRate, ReportRate
from gateway.tcp import TcpDoor, TcpLimits
from model.position import PositionBatch
from pipeline.duplicates import RecentReports
from pipeline.ingest import IngestLoop
from pipeline.live import LiveHub
from pipeline.newcomers import Newcomers
from pipeline.prepare import Preparation
from protocols.contract import TerminalProtocol
from storage.command_queue import CommandQueue
from storage.database import Database
from storage.problems import StorageAway
from storage.registration import Registration
from storage.writer import Writer, Written
from tests.gateway.tiny import OtherProtocol, TinyProtocol
from xunji.clock import SystemClock

RETENTION_US = 90 * 86_400_000_000


@dataclass
class GuardedWriter:
    """The real writer behind a gate; `broken` makes it say that the database is away."""

    writer: Writer
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    broken: bool = False
    tries: int = 0

    async def write(self, *arguments: Any) -> Written:
        self.tries += 1
        await self.gate.wait()
        if self.broken:
            raise StorageAway("the test says so")
        return await self.writer.write(*arguments)


@dataclass
class Rig:
    database: Database
    writer: GuardedWriter
    ingest: IngestLoop
    directory: Directory
    counters: Counters
    online: OnlineTable
    door: TcpDoor
    delivery: CommandDelivery
    hub: LiveHub
    clock: SystemClock
    committed: list[tuple[int, PositionBatch, int]]
    port: int = 0
    clients: list[Client] = field(default_factory=list)

    async def hang_up(self) -> None:
        """Close every client that a test has opened."""
        for client in self.clients:
            client.writer.close()
            with suppress(ConnectionError):
                await client.writer.wait_closed()

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.database.pool.connection() as conn:
            return await (await conn.execute(query.encode())).fetchall()

    async def positions(self) -> list[tuple[Any, ...]]:
        return await self.rows(
            "SELECT device_id, (extract(epoch FROM time) * 1000000)::bigint, longitude_e6,"
            " latitude_e6, variant, fix_source FROM positions ORDER BY device_id, time, variant"
        )

    async def refused(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT reason, frame, identity FROM quarantine ORDER BY id")

    async def register(self, identity: str, protocol: str = "tiny") -> int:
        """A registered unit; returns its id."""
        async with self.database.pool.connection() as conn:
            await conn.execute(
                "INSERT INTO organisations (id, name) VALUES (1, 'City') ON CONFLICT DO NOTHING"
            )
            cursor = await conn.execute(
                "INSERT INTO devices (organisation_id, identity, protocol, kind, name)"
                " VALUES (1, %s, %s, 'muck_truck', %s) RETURNING id",
                (identity, protocol, identity),
            )
            row = await cursor.fetchone()
        assert row is not None
        self.directory.refresh(await Registration(self.database.pool).load_devices())
        return int(row[0])

    async def connect(self, port: int | None = None) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", port or self.port)
        client = Client(self, reader, writer)
        self.clients.append(client)
        return client

    async def login(self, identity: str) -> Client:
        client = await self.connect()
        client.send(client.login_line(identity))
        assert await client.line() == f"IN {identity}"
        return client


@dataclass
class Client:
    rig: Rig
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def login_line(self, identity: str) -> str:
        return f"$LOGIN {identity} {self.rig.directory.code('tiny', identity)}"

    def send(self, *lines: str | bytes) -> None:
        raw = [line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines]
        self.writer.write(b"".join(raw))

    async def line(self, timeout_s: float = 10) -> str:
        async with asyncio.timeout(timeout_s):
            return (await self.reader.readline()).decode().rstrip("\n")

    async def lines(self, number: int) -> list[str]:
        return [await self.line() for _ in range(number)]

    async def silent(self, for_s: float = 0.2) -> bool:
        """Whether nothing comes for a while."""
        try:
            async with asyncio.timeout(for_s):
                return not await self.reader.read(1)
        except TimeoutError:
            return True

    async def closed(self, timeout_s: float = 10) -> bool:
        """Whether the server ends the connection; what it still says is read."""
        async with asyncio.timeout(timeout_s):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionError:
                pass
        self.writer.close()
        return True


def position(identity: str, time_us: int, serial: int | str, longitude: int = 118_800_000) -> str:
    return f"$POS {identity} {time_us} {longitude} 32050000 {serial}"


async def until(condition: Any, timeout_s: float = 10) -> None:
    """Wait for a condition that others bring about."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running_rig(
    database: Database,
    *,
    limits: TcpLimits | None = None,
    protocols: Sequence[TerminalProtocol] | None = None,
    open_to_all: bool = False,
    max_pending_reports: int = 65_536,
    linger_s: float = 0.0,
    rate: ReportRate | None = None,
    retention_us: int = RETENTION_US,
) -> AsyncIterator[Rig]:
    counters, online, hub, clock = Counters(), OnlineTable(), LiveHub(), SystemClock()
    registration = Registration(database.pool)
    directory = Directory(
        b"a secret of the tests",
        open_to_all=open_to_all,
        reserve=registration.reserve,
        write_newcomers=registration.write_newcomers,
        write_strangers=registration.write_strangers,
        counters=counters,
    )
    await directory.refill()
    writer = GuardedWriter(Writer(database))
    writer.gate.set()
    committed: list[tuple[int, PositionBatch, int]] = []
    ingest = IngestLoop(
        writer,
        clock,
        lambda *entry: committed.append(entry),
        Preparation(RecentReports(), retention_us, actual_device=directory.actual_device),
        tick_seconds=60,
        max_pending_reports=max_pending_reports,
        linger_s=linger_s,
        live=hub,
        newcomers=Newcomers(directory.write_newcomers, directory.unregistered),
        count=counters.add,
    )
    delivery = CommandDelivery(CommandQueue(database.pool), online, clock, counters, hub)
    desk = Desk(ingest, clock, directory, online, counters, delivery.answered)
    desk.rate = rate or NoRate()
    door = TcpDoor(desk, protocols or [TinyProtocol(), OtherProtocol()], limits)
    rig = Rig(
        database, writer, ingest, directory, counters, online, door, delivery, hub, clock, committed
    )
    loop_task = asyncio.create_task(ingest.run())
    rig.port = await door.start("127.0.0.1", 0)
    try:
        yield rig
    finally:
        writer.gate.set()
        writer.broken = False
        await door.stop_listening()
        assert await ingest.stop()
        await loop_task
        await door.stop()
        await rig.hang_up()
        await writer.writer.close()
