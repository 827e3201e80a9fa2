"""The spool between the ingest loop and a real database that stops, hangs, refuses or is full."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from model.position import PositionBatch
from pipeline.spooling import SpoolingWriter, spool_status
from storage.database import Database, open_database
from storage.migrate import migrate
from storage.problems import StorageAway
from storage.spool import Spool
from storage.writer import Writer
from tests.gateway.rig import until
from tests.storage.rows import NOON_US, fixes
from xunji.torture_database import TortureDatabase

PATIENCE_S = 0.3


@pytest.fixture(scope="module")
def mortal() -> Iterator[TortureDatabase]:
    """A database server that a test may stop, kill and fill."""
    folder = Path(tempfile.mkdtemp(prefix="xunji-mortal-"))
    database = TortureDatabase(folder / "database")
    database.open()
    yield database
    database.close()
    shutil.rmtree(folder, ignore_errors=True)


class Bench:
    """A spooling writer on the mortal database, and what it has told."""

    def __init__(self, url: str, database: Database, spool: Spool) -> None:
        self.url, self.database, self.spool = url, database, spool
        self.counts: Counter[str] = Counter()
        self.drained: list[tuple[int, int]] = []
        self.number = self.first = 0
        self.writer = Writer(database)
        self.spooling = SpoolingWriter(self.writer, spool, self._drained, self._count, PATIENCE_S)
        self.task = asyncio.create_task(self.spooling.run())

    def _drained(self, journal_id: int, batch: PositionBatch, tick_us: int) -> None:
        self.drained.append((journal_id, len(batch)))

    def _count(self, name: str, number: int) -> None:
        self.counts[name] += number

    async def send(self) -> bool:
        """Two fixes of their own; whether they went to the spool."""
        self.number += 1
        batch = fixes([10 * self.number, 10 * self.number + 1])
        async with asyncio.timeout(20):  # far below what a hanging database would take
            written = await self.spooling.write(batch, [], [], NOON_US + self.number, self.number)
        return written.spooled

    async def all_is_there(self) -> None:
        """The spool runs empty, everything is stored once, in order."""
        await until(lambda: not self.spooling._holds.is_set(), 30)
        conn = await self.database.connect()
        cursor = await conn.execute("SELECT count(*) FROM positions")
        assert await cursor.fetchone() == (2 * self.number,)
        cursor = await conn.execute("SELECT max(id), sum(rows) FROM ingest_journal")
        assert await cursor.fetchone() == (self.number, 2 * self.number)
        await conn.close()
        ids = [journal_id for journal_id, _ in self.drained]
        assert ids == sorted(ids)
        assert spool_status(self.spool)["state"] == "empty"

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.spooling.close()
        await self.writer.close()
        await self.spool.close()
        await self.database.close()


@pytest.fixture
async def bench(mortal: TortureDatabase, tmp_path: Path) -> AsyncIterator[Bench]:
    url = await asyncio.to_thread(mortal.url, f"test_{tmp_path.name[-30:]}")
    database = await open_database(url, tmp_path)
    await migrate(database)
    spool = Spool(tmp_path / "spool", 8 << 20, 1 << 20)
    await spool.open(0)
    made = Bench(url, database, spool)
    try:
        async with asyncio.timeout(30):
            while await made.send():  # a machine under load may be slow at first
                await made.all_is_there()
        made.first, made.drained = made.number, []
        yield made
    finally:
        await made.close()


async def test_a_database_that_stops_and_starts(mortal: TortureDatabase, bench: Bench) -> None:
    await asyncio.to_thread(mortal.stop)
    assert [await bench.send() for _ in range(4)] == [True] * 4
    assert spool_status(bench.spool) == {
        "state": "holding", "batches": 4, "positions": 8,
        "bytes": bench.spool.bytes_held, "since_us": NOON_US + bench.first + 1,
    }  # fmt: skip
    await asyncio.to_thread(mortal.start)
    await bench.all_is_there()
    first = bench.first + 1
    assert bench.drained == [(first, 2), (first + 3, 6)]  # the one that was tried goes alone
    assert bench.counts["spooled_positions"] >= 8


async def test_a_killed_database(mortal: TortureDatabase, bench: Bench) -> None:
    await asyncio.to_thread(mortal.kill)
    assert await bench.send()
    await asyncio.to_thread(mortal.start)
    async with asyncio.timeout(30):
        while await bench.send():  # until one is stored directly
            await asyncio.sleep(0.05)
    await bench.all_is_there()


async def test_a_database_that_hangs(bench: Bench) -> None:
    """The commit that is under way is not cut off: it counts when it is done at last."""
    conn = await bench.database.connect()
    async with conn.transaction():
        await conn.execute("LOCK TABLE positions IN ACCESS EXCLUSIVE MODE")
        assert [await bench.send() for _ in range(3)] == [True] * 3
        await asyncio.sleep(0.2)
        assert bench.drained == []
    await bench.all_is_there()
    assert bench.drained[0] == (bench.first + 1, 2)
    assert bench.counts["commits_failed"] == 0
    await conn.close()


async def test_a_database_that_is_read_only(bench: Bench) -> None:
    name = psycopg.conninfo.conninfo_to_dict(bench.url)["dbname"]
    conn = await bench.database.connect()

    async def read_only(value: str) -> None:
        await conn.execute("SET transaction_read_only = off")
        alter = f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}'
        await conn.execute(alter.encode())
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    await read_only("on")
    assert [await bench.send() for _ in range(3)] == [True] * 3
    await asyncio.sleep(0.3)
    assert bench.drained == []
    await read_only("off")
    await bench.all_is_there()
    await conn.close()


async def test_a_database_without_disk(mortal: TortureDatabase, bench: Bench) -> None:
    if not await asyncio.to_thread(mortal.fill_disk):
        pytest.skip(f"{mortal.disk}: a full disk was not tried")
    sent = [await bench.send() for _ in range(200)]
    assert any(sent)
    await asyncio.to_thread(mortal.free_disk)
    await bench.all_is_there()


async def test_a_full_spool_acknowledges_nothing(mortal: TortureDatabase, bench: Bench) -> None:
    bench.spool._max_bytes = 700
    await asyncio.to_thread(mortal.stop)
    with suppress(StorageAway):
        while True:
            await bench.send()
    assert bench.spool.batches > 0
    assert spool_status(bench.spool)["state"] == "full"
    await asyncio.to_thread(mortal.start)
    while True:  # as the ingest loop does: the same batch again
        bench.number -= 1
        with suppress(StorageAway):
            await bench.send()
            break
        await asyncio.sleep(0.1)
    await bench.all_is_there()


async def test_a_restart_brings_back_what_the_spool_holds(
    mortal: TortureDatabase, bench: Bench, tmp_path: Path
) -> None:
    """Also when some of it had been committed before the kill, unseen."""
    await asyncio.to_thread(mortal.stop)
    assert [await bench.send() for _ in range(5)] == [True] * 5
    bench.task.cancel()
    await asyncio.gather(bench.task, return_exceptions=True)
    entries = await bench.spool.oldest(3, 100)
    await bench.spool.close()
    await asyncio.to_thread(mortal.start)
    for entry in entries[:2]:
        await bench.writer.write(entry.batch, [], [], entry.tick_us, entry.journal_id)
    bench.spool = Spool(tmp_path / "spool", 8 << 20, 0)
    await bench.spool.open(entries[1].journal_id)
    assert bench.spool.batches == 3
    bench.spooling = SpoolingWriter(
        bench.writer, bench.spool, bench._drained, bench._count, PATIENCE_S
    )
    bench.task = asyncio.create_task(bench.spooling.run())
    assert await bench.send()  # behind what was there
    await bench.all_is_there()
    # The earlier run's batches do not share a group with this one's: their ticks stay apart.
    ids = [journal_id - bench.first for journal_id, _ in bench.drained]
    assert ids == [3, 5, 6]
