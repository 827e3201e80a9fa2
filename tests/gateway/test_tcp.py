"""The TCP door on real sockets over a real database."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest

from gateway.connection import QUIET_BUFFERS
from gateway.tcp import TcpLimits
from storage.database import Database
from tests.gateway.rig import position, running_rig, until


async def test_no_reply_leaves_before_the_commit(database: Database) -> None:
    async with running_rig(database) as rig:
        device = await rig.register("1")
        client = await rig.login("1")
        rig.writer.gate.clear()
        now_us = rig.clock.now_us()
        client.send(position("1", now_us, 7), "$BEAT 1")
        assert await client.line() == "BEAT 1"  # a heartbeat does not wait
        assert await client.silent()
        assert await rig.positions() == []
        rig.writer.gate.set()
        assert await client.line() == "ACK 1 7 ok"
        assert await rig.positions() == [(device, now_us, 118_800_000, 32_050_000, 0, 1)]
        assert [len(batch) for _, batch, _ in rig.committed if len(batch)] == [1]


async def test_after_a_failed_commit_no_reply_leaves(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        client = await rig.login("1")
        rig.writer.broken = True
        client.send(position("1", rig.clock.now_us(), 1))
        await until(lambda: rig.writer.tries >= 2)
        assert await client.silent()
        assert rig.counters["commits_failed"] >= 1
        assert rig.committed == []
        rig.writer.broken = False
        assert await client.line() == "ACK 1 1 ok"
        assert len(await rig.positions()) == 1


async def test_replies_keep_the_order_of_the_reports(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        client = await rig.login("1")
        now_us = rig.clock.now_us()
        client.send(*(position("1", now_us - 1_000_000 * n, n) for n in range(500)))
        assert await client.lines(500) == [f"ACK 1 {n} ok" for n in range(500)]


@pytest.mark.parametrize("cut", [1, 7, 100_000])
async def test_good_frames_around_bad_ones_are_not_lost(plain_database: Database, cut: int) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        client = await rig.login("1")
        now_us = rig.clock.now_us()
        stream = b"".join(
            [
                f"{position('1', now_us, 'a')}\n".encode(),
                b"\x00\xffgarbage between\n",
                f"{position('1', now_us + 1, 'b')}\n".encode(),
                b"$POS 1 never 1 2 c\n",
                f"{position('1', 1_000_000, 'd')}\n".encode(),  # 1970
                f"{position('1', now_us + 86_400_000_000, 'e')}\n".encode(),  # tomorrow
                f"{position('1', now_us + 2, 'f', 180_000_001)}\n".encode(),
                f"{position('1', now_us + 3, 'g')}\n".encode(),
            ]
        )
        for start in range(0, len(stream), cut):
            client.send(stream[start : start + cut])
            await client.writer.drain()
            await asyncio.sleep(0)
        assert await client.lines(7) == [
            "ACK 1 a ok",
            "ACK 1 b ok",
            "ACK 1 c not_a_number",
            "ACK 1 d time_out_of_range",
            "ACK 1 e time_out_of_range",
            "ACK 1 f coordinates_out_of_range",
            "ACK 1 g ok",
        ]
        assert [row[1] - now_us for row in await rig.positions()] == [0, 1, 3]
        await rig.ingest.tick()
        reasons = sorted(reason for reason, _, _ in await rig.refused())
        assert reasons == [
            "coordinates_out_of_range",
            "garbage",
            "not_a_number",
            "time_out_of_range",
            "time_out_of_range",
        ]
        assert rig.counters["refused.garbage"] == 1
        assert rig.counters["refused.time_out_of_range"] == 2


async def test_a_decoder_with_a_fault_costs_one_frame(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        client = await rig.login("1")
        now_us = rig.clock.now_us()
        client.send(
            *(position("1", now_us + n, n) for n in range(10)),
            position("1", now_us, "explode"),
            *(position("1", now_us + n, n) for n in range(10, 20)),
        )
        lines = await client.lines(21)
        assert lines[10] == "ACK 1 explode decoder_failed"
        assert sum(line.endswith(" ok") for line in lines) == 20
        assert len(await rig.positions()) == 20


async def test_an_endless_line_is_refused_and_the_next_is_read(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        client = await rig.login("1")
        client.send(b"$" + b"x" * 5_000)
        await until(lambda: rig.counters["refused.too_long"])
        client.send(b"x\n", position("1", rig.clock.now_us(), 1))
        assert await client.line() == "ACK 1 1 ok"
        await rig.ingest.tick()
        assert {reason for reason, _, _ in await rig.refused()} <= {"too_long", "garbage"}
        assert rig.counters["refused.too_long"] >= 1


async def test_a_peer_that_speaks_nothing_we_know(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        client = await rig.connect()
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert await client.closed()
        await until(lambda: rig.counters["closed.unrecognised"] == 1)
        await rig.ingest.tick()
        assert await rig.refused() == [("unrecognised", b"GET / HTTP/1.1\r\n\r\n", None)]


async def test_recognition_awaits_bytes_that_decide(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1", protocol="other")
        client = await rig.connect()
        client.send(b"%")
        await asyncio.sleep(0.05)
        client.send(b"%\n", "$BEAT 1")
        assert await client.line() == "BEAT 1"


async def test_endless_bad_input_closes_the_connection(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        client = await rig.connect()
        client.send(b"$x\n" * 1_500)
        assert await client.closed()
        await until(lambda: rig.counters["closed.bad_input"] == 1)


async def test_a_peer_that_never_ends_a_frame(plain_database: Database) -> None:
    class Hoarder:
        """A session that keeps everything and says nothing."""

        def receive_data(self, data: bytes, now_us: int) -> list[object]:
            return []

    async with running_rig(plain_database, limits=TcpLimits(max_buffer_bytes=10_000)) as rig:
        rig.door.protocols = (type("P", (), {"name": "hoard", "session": lambda *_: Hoarder()})(),)
        client = await rig.connect()
        client.send(b"$" * (10_000 * QUIET_BUFFERS + 1))
        assert await client.closed()
        await until(lambda: rig.counters["closed.unparsed"] == 1)


async def test_too_many_connections(plain_database: Database) -> None:
    async with running_rig(plain_database, limits=TcpLimits(max_connections=2)) as rig:
        await rig.register("1")
        kept = [await rig.login("1"), await rig.connect()]
        await until(lambda: len(rig.door.connections) == 2)
        refused = await rig.connect()
        assert await refused.closed()
        assert rig.counters["closed.too_many_connections"] == 1
        kept[0].send("$BEAT 1")
        assert await kept[0].line() == "BEAT 1"
        for client in kept:
            client.writer.close()


async def test_silent_and_half_open_connections_are_closed(plain_database: Database) -> None:
    async with running_rig(plain_database, limits=TcpLimits(idle_timeout_s=0.3)) as rig:
        silent = await rig.connect()
        half = await rig.connect()
        half.send(b"$BEAT 1")  # a line that never ends
        assert await silent.closed()
        assert await half.closed()
        await until(lambda: rig.counters["closed.idle"] == 2)
        assert not rig.door.connections


async def test_silence_that_we_cause_is_not_idleness(plain_database: Database) -> None:
    limits = TcpLimits(idle_timeout_s=0.2)
    async with running_rig(plain_database, limits=limits, max_pending_reports=1) as rig:
        await rig.register("1")
        client = await rig.login("1")
        rig.writer.gate.clear()
        now_us = rig.clock.now_us()
        client.send(position("1", now_us, 1), position("1", now_us + 1, 2))
        client.send(position("1", now_us + 2, 3))
        await asyncio.sleep(0.6)
        rig.writer.gate.set()
        assert (await client.lines(3))[-1] == "ACK 1 3 ok"


async def test_a_client_that_never_reads(plain_database: Database) -> None:
    async with running_rig(plain_database, limits=TcpLimits(write_stall_s=0.3)) as rig:
        await rig.register("1")
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect(("127.0.0.1", rig.port))
        deaf.setblocking(False)
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):  # the server ends it at last
            async with asyncio.timeout(30):
                while True:
                    await loop.sock_sendall(deaf, b"$BEAT 1\n" * 1_000)
        await until(lambda: rig.counters["closed.write_stall"] == 1)
        deaf.close()
        good = await rig.login("1")
        good.send(position("1", rig.clock.now_us(), 1))
        assert await good.line() == "ACK 1 1 ok"


async def test_a_full_pipeline_pauses_sockets_and_loses_nothing(plain_database: Database) -> None:
    async with running_rig(plain_database, max_pending_reports=50) as rig:
        await rig.register("1")
        client = await rig.login("1")
        rig.writer.gate.clear()
        now_us = rig.clock.now_us()
        reports = [position("1", now_us - n, n) for n in range(30_000)]
        client.send(*reports)
        await until(lambda: rig.ingest.full)
        await asyncio.sleep(0.3)
        # What one read of a socket brings may exceed the cap, more does not come in.
        assert rig.ingest.waiting < 20_000
        assert rig.counters["bytes_received"] < sum(map(len, reports)) / 2
        rig.writer.gate.set()
        assert (await client.lines(30_000))[-1] == "ACK 1 29999 ok"
        assert len(await rig.positions()) == 30_000


async def test_half_closed_peers_still_get_their_replies(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        client = await rig.login("1")
        rig.writer.gate.clear()
        client.send(position("1", rig.clock.now_us(), 1))
        client.writer.write_eof()
        await asyncio.sleep(0.1)
        rig.writer.gate.set()
        assert await client.line() == "ACK 1 1 ok"
        assert await client.closed()
        await until(lambda: not rig.door.connections)


async def test_a_graceful_stop_commits_and_acknowledges_what_was_received(
    plain_database: Database,
) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        client = await rig.login("1")
        rig.writer.gate.clear()
        now_us = rig.clock.now_us()
        client.send(*(position("1", now_us - n, n) for n in range(100)))
        await until(lambda: rig.writer.tries)
        await rig.door.stop_listening()
        rig.writer.gate.set()
        assert await rig.ingest.stop()
        lines = await client.lines(100)
        assert lines[-1] == "ACK 1 99 ok"
        await rig.door.stop()
        assert await client.closed()
        assert len(await rig.positions()) == 100
