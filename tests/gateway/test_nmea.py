"""NMEA sentences through a real socket into a real database."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from gateway.options import GatewayOptions
from model.position import FixSource
from protocols.contract import Event
from protocols.nmea import encode_fix, login
from protocols.nmea.session import NmeaSession
from storage.database import Database
from tests.gateway.rig import running_rig, until
from tests.gateway.test_gateway import gateway_of
from tests.gateway.test_jt808 import streams

SECOND_US = 1_000_000


async def test_the_last_moment_is_stored_when_the_stream_ends(database: Database) -> None:
    async with running_rig(database, protocols=streams()) as rig:
        device = await rig.register("TRUCK-7", "nmea")
        now_us = rig.clock.now_us() // SECOND_US * SECOND_US
        client = await rig.connect()
        client.send(login("TRUCK-7"))
        for i in range(3):
            client.send(encode_fix(now_us - (2 - i) * SECOND_US, 121.5, 31.2 + i / 1e3))
        client.writer.write_eof()

        await until(lambda: sum(len(batch) for _, batch, _ in rig.committed) == 3)
        assert await rig.positions() == [
            (
                device,
                now_us - (2 - i) * SECOND_US,
                121_500_000,
                31_200_000 + i * 1_000,
                0,
                int(FixSource.GNSS),
            )
            for i in range(3)
        ]
        (frame,) = await rig.rows("SELECT frame FROM raw_frames ORDER BY time DESC LIMIT 1")
        stamp = datetime.fromtimestamp(now_us / 1e6, UTC)
        assert f"{stamp:%H%M%S}".encode() in frame[0]


async def test_a_fault_at_the_end_of_a_stream_takes_nothing_with_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(_session: NmeaSession, _now_us: int) -> list[Event]:
        raise ValueError("the decoder's own fault")

    monkeypatch.setattr(NmeaSession, "finish", faulty)
    async with running_rig(database, protocols=streams()) as rig:
        await rig.register("TRUCK-7", "nmea")
        client = await rig.connect()
        client.send(login("TRUCK-7"))
        client.writer.write_eof()
        assert await client.reader.read() == b""
        assert rig.counters.as_dict()["closed.session_failed"] == 1


async def test_a_stranger_is_listed(database: Database) -> None:
    async with running_rig(database, protocols=streams()) as rig:
        client = await rig.connect()
        client.send(login("NOBODY"))
        assert await client.reader.read() == b""
        await rig.directory.write_strangers()
        assert await rig.rows("SELECT protocol, identity FROM unregistered") == [("nmea", "NOBODY")]


async def test_a_receiver_is_named_by_the_port_it_sends_to(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        device = await rig.register("BOAT-1", "nmea")
        gateway = gateway_of(rig, GatewayOptions(port=0, udp=True, receivers={0: "BOAT-1"}))
        await gateway.start()
        try:
            port, now_us = gateway.ports["receiver BOAT-1"], rig.clock.now_us()
            stream = await rig.connect(port)
            stream.send(encode_fix(now_us, 121.5, 31.2))
            stream.writer.close()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(encode_fix(now_us - 5_000_000, 121.5, 31.2), ("127.0.0.1", port))
            await until(lambda: sum(len(batch) for _, batch, _ in rig.committed) == 2, 15)
            other = await rig.connect(gateway.ports["any"])
            other.send(encode_fix(now_us, 121.5, 31.2))
            assert await other.closed()
            assert [row[0] for row in await rig.positions()] == [device, device]
        finally:
            await gateway.stop(rig.ingest.tick)
