"""The ingest loop over a real database, without sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from model.frames import Quarantined
from pipeline import ingest as module
from pipeline.newcomers import Newcomers
from storage.database import Database
from storage.problems import StorageAway
from tests.gateway.rig import running_rig, until
from tests.pipeline.submitter import Submitter


def entry(number: int) -> Quarantined:
    return Quarantined(1_800_000_000_000_000, "tiny", "p", None, None, "bad", str(number), b"x")


async def test_a_batch_is_what_arrived_during_the_previous_commit(
    database: Database,
) -> None:
    async with running_rig(database) as rig:
        sender = Submitter(rig, await rig.register("1"))
        rig.writer.gate.clear()
        now_us = rig.clock.now_us()
        sender.submit(now_us, 0)
        await until(lambda: rig.writer.tries == 1)
        for n in range(1, 10_001):
            sender.submit(now_us - n, n)
        rig.writer.gate.set()
        await until(lambda: len(sender.settled) == 10_001)
        assert [int(serial) for serial, _ in sender.settled] == list(range(10_001))
        sizes = [len(batch) for _, batch, _ in rig.committed]
        assert sizes == [1, 8_192, 1_808]
        journal = await rig.rows("SELECT id, rows FROM ingest_journal ORDER BY id")
        assert journal == [(1, 1), (2, 8_192), (3, 1_808)]
        frames = await rig.rows("SELECT count(*), bool_and(time = until) FROM raw_frames")
        assert frames == [(10_001, True)]


async def test_what_comes_during_a_commit_is_prepared_for_the_next(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE_REPORTS", 10)
    monkeypatch.setattr(module, "ENOUGH_REPORTS", 10)
    async with running_rig(plain_database) as rig:
        sender = Submitter(rig, await rig.register("1"))
        rig.writer.gate.clear()
        now_us = rig.clock.now_us()
        sender.submit(now_us, 0)
        await until(lambda: rig.writer.tries == 1)
        for n in range(1, 36):
            sender.submit(1_000_000 if n in (3, 14, 33) else now_us - n % 20, n)
        await until(lambda: len(rig.ingest._cut) == 30)
        assert rig.ingest.waiting == 35
        rig.writer.gate.set()
        await until(lambda: len(sender.settled) == 36)
        refused = [serial for serial, reason in sender.settled if reason == "time_out_of_range"]
        assert refused == ["3", "14", "33"]
        assert [int(serial) for serial, _ in sender.settled] == list(range(36))
        # Fix times come again after twenty: these are the same reports.
        assert len(await rig.positions()) == 20
        assert await rig.rows("SELECT sum(rows) FROM ingest_journal") == [(20,)]


async def test_ticks_never_claim_what_still_waits(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        sender = Submitter(rig, await rig.register("1"))
        rig.writer.gate.clear()
        now_us = rig.clock.now_us()
        sender.submit(now_us, "first")
        await until(lambda: rig.writer.tries == 1)
        for n in range(module.MAX_REPORTS_PER_COMMIT):
            sender.submit(now_us - 1 - n, n)
        await asyncio.sleep(0.05)
        between_us = rig.clock.now_us()
        await asyncio.sleep(0.05)
        sender.submit(now_us + 1, "last")
        last_received_us = rig.clock.now_us()
        await asyncio.sleep(0.05)
        rig.writer.gate.set()
        await until(lambda: len(rig.committed) == 3)
        ticks = [tick_us for _, _, tick_us in rig.committed]
        assert ticks == sorted(ticks)
        assert between_us <= ticks[1] <= last_received_us < ticks[2]


async def test_a_forced_tick_flushes_and_is_recorded(plain_database: Database) -> None:
    async with running_rig(plain_database, linger_s=5) as rig:
        sender = Submitter(rig, await rig.register("1"))
        await rig.ingest.tick()
        before_us = rig.clock.now_us()
        for n in range(10):
            sender.submit(before_us - n, n)
        await asyncio.wait_for(rig.ingest.tick(), 3)  # it does not linger
        assert len(sender.settled) == 10
        rows = await rig.rows(
            "SELECT (extract(epoch FROM tick) * 1000000)::bigint, rows FROM ingest_journal"
            " ORDER BY id"
        )
        assert [number for _, number in rows] == [0, 10]
        assert rows[-1][0] >= before_us


async def test_duplicates_are_acknowledged_and_stored_once(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        sender = Submitter(rig, await rig.register("1"))
        now_us = rig.clock.now_us()
        sender.submit(now_us, "a")
        sender.submit(now_us, "b")
        sender.submit(now_us, "c", longitude=5)
        await rig.ingest.tick()
        sender.submit(now_us, "d")
        sender.submit(now_us, "e", longitude=6)
        await rig.ingest.tick()
        assert sender.settled == [(serial, None) for serial in "abcde"]
        stored = [(row[2], row[4]) for row in await rig.positions()]
        assert stored == [(118_800_000, 0), (5, 1), (6, 2)]
        assert rig.counters["duplicates"] == 2
        assert await rig.rows("SELECT count(*) FROM raw_frames") == [(3,)]


async def test_duplicates_older_than_the_memory_are_stored_once_too(
    plain_database: Database,
) -> None:
    async with running_rig(plain_database) as first:
        device = await first.register("1")
        now_us = first.clock.now_us()
        sender = Submitter(first, device)
        sender.submit(now_us, "a")
        await first.ingest.tick()
    async with running_rig(plain_database) as second:  # a restart forgets
        second.ingest._journal_id = 1_000
        sender = Submitter(second, device)
        sender.submit(now_us, "a")
        sender.submit(now_us, "b", longitude=5)
        await second.ingest.tick()
        assert sender.settled == [("a", None), ("b", None)]
        assert [(row[2], row[4]) for row in await second.positions()] == [(118_800_000, 0), (5, 1)]


async def test_newcomers_wait_for_their_registration_and_nobody_for_them(
    plain_database: Database,
) -> None:
    async with running_rig(plain_database) as rig:
        known, new = [Submitter(rig, await rig.register(name)) for name in ("1", "2")]
        away = True

        async def register() -> None:
            if away:
                raise StorageAway("the test says so")

        rig.ingest._newcomers = Newcomers(
            register, lambda: {new.device.device_id} if away else set()
        )
        now_us = rig.clock.now_us()
        new.submit(now_us, "new")
        known.submit(now_us, "known")
        await until(lambda: known.settled)
        assert new.settled == []
        assert rig.committed[-1][2] <= rig.clock.now_us()
        away = False
        await until(lambda: new.settled)
        assert new.settled == [("new", None)]
        assert len(await rig.positions()) == 2


async def test_a_slow_registration_is_not_begun_anew_by_every_commit(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.newcomers.REGISTER_LIMIT_S", 0.02)
    async with running_rig(plain_database) as rig:
        known, new = [Submitter(rig, await rig.register(name)) for name in ("1", "2")]
        waiting, begun, may_end = {new.device.device_id}, 0, asyncio.Event()

        async def register() -> None:
            nonlocal begun
            if waiting:
                begun += 1
                await may_end.wait()
                waiting.clear()

        rig.ingest._newcomers = Newcomers(register, lambda: set(waiting))
        now_us = rig.clock.now_us()
        new.submit(now_us, "new")
        for number in range(3):
            known.submit(now_us + number * 1_000_000, f"known {number}")
            await until(lambda: len(known.settled) > number)  # noqa: B023
        assert (new.settled, begun) == ([], 1)
        may_end.set()
        await until(lambda: new.settled)
        assert begun == 1


async def test_refused_reports_settle_when_their_quarantine_is_stored(
    plain_database: Database,
) -> None:
    async with running_rig(plain_database) as rig:
        sender = Submitter(rig, await rig.register("1"))
        rig.writer.gate.clear()
        sender.submit(1_000_000, "old")
        settled: list[str] = []
        rig.ingest.quarantine(entry(1), lambda: settled.append("bad input"))
        await asyncio.sleep(0.1)
        assert (sender.settled, settled) == ([], [])
        rig.writer.gate.set()
        await rig.ingest.tick()
        assert sender.settled == [("old", "time_out_of_range")]
        assert settled == ["bad input"]
        rows = await rig.refused()
        assert sorted(reason for reason, *_ in rows) == ["bad", "time_out_of_range"]


async def test_the_quarantine_queue_drops_its_oldest(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        rig.writer.gate.clear()
        settled: list[int] = []
        number = module.MAX_QUARANTINE_QUEUE + 25
        for n in range(number):
            rig.ingest.quarantine(entry(n), lambda n=n: settled.append(n))
        assert settled == list(range(25))
        assert rig.counters["quarantine_dropped"] == 25
        rig.writer.gate.set()
        await rig.ingest.tick()
        kept: list[Any] = await rig.rows("SELECT count(*), min(detail::int) FROM quarantine")
        assert kept == [(module.MAX_QUARANTINE_QUEUE, 25)]
        assert settled == list(range(number))


async def test_what_cannot_be_committed_at_the_stop_is_not_acknowledged(
    plain_database: Database,
) -> None:
    async with running_rig(plain_database) as rig:
        sender = Submitter(rig, await rig.register("1"))
        rig.writer.broken = True
        sender.submit(rig.clock.now_us(), 1)
        await until(lambda: rig.writer.tries > 0)
        assert not await rig.ingest.stop(timeout_s=0.2)
        assert sender.settled == []
        sender.submit(rig.clock.now_us(), 2)
        assert rig.counters["reports_after_stop"] == 1


async def test_an_observer_that_fails_does_not_stop_the_loop(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        sender = Submitter(rig, await rig.register("1"))
        observed = rig.ingest._on_committed

        def fail(*_: object) -> None:
            rig.ingest._on_committed = observed
            raise ZeroDivisionError

        rig.ingest._on_committed = fail
        sender.submit(rig.clock.now_us(), 1)
        await rig.ingest.tick()
        sender.submit(rig.clock.now_us(), 2)
        await rig.ingest.tick()
        assert len(sender.settled) == 2
        assert rig.counters["observers_failed"] == 1
